using System.CommandLine;
using Consensus.ML.Imaging;
using Spectre.Console;

namespace Consensus.ML.Cli.Commands;

/// <summary><c>consensus inspect</c>: what an image file holds.</summary>
internal static class InspectCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> file = new Argument<string>("FILE") { Description = "A NIfTI file (.nii, .nii.gz, .hdr/.img)." }.RefusingOptions();
        var json = new Option<bool>("--json") { Description = "Print JSON instead of a table." };
        var command = new Command("inspect", "Show what an image file holds: shape, type, geometry and range of values.") { file, json };
        command.SetAction(parsed =>
        {
            string path = parsed.Require(file);
            var contents = new Contents(NiftiFile.ReadHeader(path), NiftiFile.ReadStatistics(path));
            if (parsed.GetValue(json))
            {
                terminal.Out.WriteLine(JsonOutput.Text(contents));
            }
            else
            {
                terminal.Console.Write(Table(contents));
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static Table Table(Contents contents)
    {
        var table = new Table { Border = TableBorder.Simple, ShowHeaders = false };
        table.AddColumn("name").AddColumn("value");
        Row("file", contents.File);
        Row("format", contents.Format);
        Row("shape", string.Join(" × ", contents.Shape));
        Row("type", contents.Slope == 1 && contents.Intercept == 0 ? contents.Type : $"{contents.Type} (× {contents.Slope:R} + {contents.Intercept:R})");
        Row("byte order", contents.ByteOrder);
        Row("spacing", string.Join(" × ", contents.Spacing.Select(value => value.ToString("0.####"))));
        for (int row = 0; row < 4; row++)
        {
            Row(row == 0 ? "affine" : "", string.Join("  ", contents.Affine[row].Select(value => value.ToString("0.####").PadLeft(10))));
        }

        Row("min", contents.Min.ToString("G6"));
        Row("max", contents.Max.ToString("G6"));
        Row("mean", contents.Mean.ToString("G6"));
        if (contents.NonFinite > 0)
        {
            Row("not finite", $"{contents.NonFinite} of {contents.Count} values, left out of min, max and mean");
        }

        return table;

        void Row(string name, string value) => table.AddRow(Markup.Escape(name), Markup.Escape(value));
    }

    /// <summary>What is shown; in JSON, min, max and mean are null when no value is finite.</summary>
    private sealed class Contents(NiftiHeader header, NiftiStatistics statistics)
    {
        public string File { get; } = header.Path;

        public string Format { get; } = $"NIfTI-{header.Version}";

        public IReadOnlyList<long> Shape { get; } = header.Shape;

        public string Type { get; } = header.DataType;

        public string ByteOrder { get; } = header.BigEndian ? "big" : "little";

        public double Slope { get; } = header.Slope;

        public double Intercept { get; } = header.Intercept;

        public IReadOnlyList<double> Spacing { get; } = header.Spacing;

        public IReadOnlyList<double[]> Affine { get; } = [.. header.Affine.Chunk(4)];

        public double Min { get; } = statistics.Minimum;

        public double Max { get; } = statistics.Maximum;

        public double Mean { get; } = statistics.Mean;

        public long Count { get; } = statistics.Count;

        public long NonFinite { get; } = statistics.NonFinite;
    }
}
