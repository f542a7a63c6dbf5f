using System.Diagnostics;
using System.Text.RegularExpressions;
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
        File.Copy(tiny.Cases[0].ImagePath, folder["scan.nii.gz"]);
        string before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = folder.Path;
        try
        {
            (float[] softMap, ITransformer thorough) = ReadmeSnippets.Load();
            Assert.Equal(TinyModel.SoftMaps(tiny.Model, tiny.Data).First(), softMap);
            Assert.Equal(25, DeterminismTests.Segmentation(thorough).Sampling.Generations);
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
        Process? python = null;
        try
        {
            python = Process.Start(new ProcessStartInfo("python3", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"]) { RedirectStandardInput = true, RedirectStandardError = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("There is no python3 to parse it.");
        }

        using (python)
        {
            await python!.StandardInput.WriteAsync(block);
            python.StandardInput.Close();
            string errors = await python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await python.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(python.ExitCode == 0, errors);
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

    [GeneratedRegex(@"```python\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex PythonBlock();

    [GeneratedRegex(@"(?<!/)// <(\w+)>\n(.*?)\s*// </\1>", RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
