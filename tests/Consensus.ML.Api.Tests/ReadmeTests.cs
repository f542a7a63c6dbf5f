using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Consensus.ML.Imaging;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;

namespace Consensus.ML.Api.Tests;

/// <summary>README.md says what is so: its C# is compiled, and its first command runs.</summary>
[Collection(nameof(TinyModel))]
public sealed partial class ReadmeTests(TinyModel tiny)
{
    [Fact]
    public void Every_csharp_block_is_compiled_word_for_word()
    {
        string[] blocks = [.. CSharpBlock().Matches(File.ReadAllText(Path.Combine(RepositoryFolder.Find(), "README.md"))).Select(match => WithoutUsings(match.Groups[1].Value))];
        string[] compiled = [.. Snippet().Matches(File.ReadAllText(Path.Combine(RepositoryFolder.Find(), "tests", "Consensus.ML.Api.Tests", "ReadmeSnippets.cs"))).Select(match => Dedented(match.Groups[2].Value))];
        Assert.NotEmpty(blocks);
        Assert.Equal(compiled, blocks);
    }

    [Fact]
    public void The_test_command_is_the_one_that_CI_runs()
    {
        string command = TestCommand().Match(File.ReadAllText(Path.Combine(RepositoryFolder.Find(), "README.md"))).Value;
        Assert.NotEmpty(command);
        Assert.Contains($"\n{command} ", File.ReadAllText(Path.Combine(RepositoryFolder.Find(), ".ci", "run")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_loading_block_predicts_from_a_file_name()
    {
        using var folder = new TemporaryFolder();
        tiny.Context.Model.Save(tiny.Model, tiny.Data.Schema, folder["brain-growth.zip"]);
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.Seed = 2;
        ITransformer second = tiny.Fit(options);
        using (second as IDisposable)
        {
            tiny.Context.Model.Save(second, tiny.Data.Schema, folder["second.zip"]);
        }

        File.Copy(tiny.Cases[0].ImagePath, folder["scan.nii.gz"]);
        string before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = folder.Path;
        try
        {
            (float[] softMap, ITransformer thorough, ITransformer together) = ReadmeSnippets.Load();
            Assert.Equal(TinyModel.SoftMaps(tiny.Model, tiny.Data).First(), softMap);
            Assert.Equal(25, DeterminismTests.Segmentation(thorough).Sampling.Generations);
            Assert.Equal(2, DeterminismTests.Segmentation(together).Members);
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    [Fact]
    public void The_data_blocks_load_what_the_manifest_describes()
    {
        string manifest = JsonBlock().Match(File.ReadAllText(Path.Combine(RepositoryFolder.Find(), "README.md"))).Groups[1].Value;
        Assert.Empty(JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "dataset.schema.json")).Violations(JsonDocument.Parse(manifest).RootElement));
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["dataset.json"], manifest);
        File.WriteAllText(folder["cases.csv"], "Case,ImagePath,Ann,Ben,Cleo\neye01,eye01.jpg,Ann.png,Ben.png,Cleo.png\neye02,eye02.jpg,Ann.png,,Cleo.png\n");
        Directory.CreateDirectory(folder["discs"]);
        foreach ((string rater, int marked) in new[] { ("Ann", 10), ("Ben", 10), ("Cleo", 5) })
        {
            var mask = new RgbImage(8, 8);
            mask.Pixels.AsSpan(0, 3 * marked).Fill(255);
            mask.SavePng(folder[$"{rater}.png"]);
            File.Copy(folder[$"{rater}.png"], folder[Path.Combine("discs", $"eye01_{rater}.png")]);
        }

        // A slice of 4×48 becomes a volume of 4×4×12 by its header: dim, from byte 40 on.
        NiftiFile.WriteSlice(folder["scan.nii"], new Slice(1, 4, 48, new float[4 * 48]));
        byte[] scan = File.ReadAllBytes(folder["scan.nii"]);
        MemoryMarshal.AsBytes<short>([3, 4, 4, 12]).CopyTo(scan.AsSpan(40));
        using (var compressed = new GZipStream(File.Create(folder["scan.nii.gz"]), CompressionLevel.Fastest))
        {
            compressed.Write(scan);
        }

        string before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = folder.Path;
        try
        {
            RaterReport report = ReadmeSnippets.Data();
            Assert.Equal(["Ann", "Ben", "Cleo"], report.Raters.Select(rater => rater.Name));

            // Ann and Ben mark the same 10 pixels, Cleo 5 of them: (1 + 10/15 + 10/15) / 3.
            Assert.Equal(7 / 9.0, report.MeanPairwiseDice, 1e-4);
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    [Fact]
    public async Task The_python_block_is_python()
    {
        string block = PythonBlock().Match(File.ReadAllText(Path.Combine(RepositoryFolder.Find(), "README.md"))).Groups[1].Value;
        Assert.Contains("save_file(", block, StringComparison.Ordinal);
        ChildProcess? python = null;
        try
        {
            python = ChildProcess.Start(new("python3", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"]) { RedirectStandardInput = true, RedirectStandardError = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("There is no python3 to parse it.");
        }

        using (python)
        {
            await python!.Process.StandardInput.WriteAsync(block);
            python.Process.StandardInput.Close();
            (int code, _, string errors) = await python.FinishAsync();
            Assert.True(code == 0, errors);
        }
    }

    [Fact]
    public async Task The_first_command_does_the_main_job()
    {
        using var folder = new TemporaryFolder();
        string output = await SampleRun.InFolder(folder, "QuickStart", "3");
        Assert.Contains("mean:   soft Dice 0.", output, StringComparison.Ordinal);
        Assert.Equal(6, Directory.GetFiles(folder.Path, "case*.png", SearchOption.AllDirectories).Length);
    }

    private static string WithoutUsings(string block) => Dedented(string.Join('\n', block.Split('\n').Where(line => !line.StartsWith("using ", StringComparison.Ordinal) || !line.EndsWith(';') || line.Contains('=', StringComparison.Ordinal))));

    private static string Dedented(string text)
    {
        string[] lines = [.. text.ReplaceLineEndings("\n").Trim('\n').TrimEnd().Split('\n')];
        int indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => (line.Length >= indent ? line[indent..] : "").TrimEnd()));
    }

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"^dotnet test .*$", RegexOptions.Multiline)]
    private static partial Regex TestCommand();

    [GeneratedRegex(@"```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex JsonBlock();

    [GeneratedRegex(@"```python\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex PythonBlock();

    [GeneratedRegex(@"(?<!/)// <(\w+)>\n(.*?)\s*// </\1>", RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
