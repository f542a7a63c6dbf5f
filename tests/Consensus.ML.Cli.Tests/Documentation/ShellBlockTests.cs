using Consensus.ML.Tests.Shared;
using SkiaSharp;

namespace Consensus.ML.Cli.Tests.Documentation;

/// <summary>Every call of <c>consensus</c> in the repository's Markdown files is valid, and the calls in README.md run.</summary>
public sealed class ShellBlockTests
{
    public static TheoryData<string> Files => new(MarkdownFile.All().Where(file => ShellBlock.Lines(file).Any()).Select(file => file.Name));

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_call_is_understood(string name)
    {
        string[] complaints =
        [
            .. from line in ShellBlock.Lines(MarkdownFile.Read(name))
               from complaint in ShellBlock.Complaints(line.Arguments)
               select $"{name}, '{line.Text}': {complaint}",
        ];
        Assert.True(complaints.Length == 0, string.Join('\n', complaints));
    }

    [Fact]
    public void Calls_are_taken_apart_as_a_shell_does()
    {
        var block = new CodeBlock(
            "X.md",
            1,
            "console",
            "$ consensus dataset init --data \"a b\" \\\n  --images \"{case}.png\"  # a comment\nconsensus 0.1.0\n$ ls");
        ShellLine line = Assert.Single(ShellBlock.Lines(block));
        Assert.Equal(["dataset", "init", "--data", "a b", "--images", "{case}.png"], line.Arguments);
        Assert.Empty(ShellBlock.Complaints(line.Arguments));
        Assert.NotEmpty(ShellBlock.Complaints(["dataset", "init", "--dat", "a"]));
        IEnumerable<ShellLine> plain = ShellBlock.Lines(block with { Text = "consensus train\nconsensus predict" });
        Assert.Equal(["train", "predict"], plain.Select(call => call.Arguments[0]));
    }

    /// <summary>The calls, with shorter trainings. The study draws no curve over 25 generations, which takes longest.</summary>
    [Fact]
    public void The_calls_of_the_first_page_run_one_after_the_other()
    {
        using var workspace = new Workspace();
        string before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = workspace.Root;
        try
        {
            foreach (string eye in (string[])["eye01", "eye02", "eye03"])
            {
                DrawEye(eye);
            }

            File.Copy(Path.Combine("retina", "images", "eye01.jpg"), "new-patient.jpg");

            // A server does not end by itself: ServeTests run it.
            ShellLine[] lines = [.. ShellBlock.Lines(MarkdownFile.Read("README.md")).Where(line => line.Arguments[0] != "serve")];
            Assert.Equal(13, lines.Length);
            foreach (ShellLine line in lines)
            {
                string[] args = [.. line.Arguments];
                if (Array.IndexOf(args, "--minutes") is >= 0 and int minutes)
                {
                    (args[minutes], args[minutes + 1]) = ("--steps", "2");
                }

                CommandRun run = CommandRun.InProcess(args[0] == "study" ? [.. args, "--curve", "0"] : args);
                Assert.True(run.Code == 0, $"{line.Text}: {run.Out}{run.Error}");
            }

            Assert.True(File.Exists("report.json"));
            Assert.True(File.Exists("model.onnx"));
            Assert.True(File.Exists(Path.Combine("study", "report.html")));
            Assert.NotEmpty(Directory.GetFiles("maps", "*_soft.nii.gz"));
            Assert.True(File.Exists(Path.Combine("maps", "new-patient_soft.tif")));
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    /// <summary>A photograph with a disc, and the masks of two raters for the disc.</summary>
    private static void DrawEye(string name)
    {
        float center = 20 + name[^1] - '0';
        Draw(Path.Combine("retina", "images", $"{name}.jpg"), SKEncodedImageFormat.Jpeg, new(120, 40, 15), new(255, 235, 150), center, 9);
        foreach ((string rater, float radius) in (ReadOnlySpan<(string, float)>)[("Ann", 8), ("Ben", 10)])
        {
            string mask = Path.Combine("retina", "masks", $"{name}_{rater}.png");
            Draw(mask, SKEncodedImageFormat.Png, SKColors.Black, SKColors.White, center, radius);
        }

        static void Draw(string path, SKEncodedImageFormat format, SKColor around, SKColor inside, float center, float radius)
        {
            using var bitmap = new SKBitmap(64, 64, isOpaque: true);
            using (var canvas = new SKCanvas(bitmap))
            using (var paint = new SKPaint { Color = inside })
            {
                canvas.Clear(around);
                canvas.DrawCircle(center, center, radius, paint);
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using SKData data = bitmap.Encode(format, 95);
            using FileStream file = File.Create(path);
            data.SaveTo(file);
        }
    }
}
