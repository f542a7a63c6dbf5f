using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats;
using Consensus.ML.Cli.Output;
using Spectre.Console;

namespace Consensus.ML.Cli.Data;

/// <summary>
/// Describes a slice, in any file format. Min, max and mean are NaN (null in JSON) when no value is finite.
/// </summary>
internal sealed class SliceDescription
{
    public SliceDescription(string file, ImageFormat format, Slice slice)
    {
        (File, Format, Channels, Height, Width, Count) = (
            file, format.Name(), slice.Channels, slice.Height, slice.Width, slice.Pixels.LongLength);
        double sum = 0;
        foreach (float value in slice.Pixels)
        {
            if (float.IsFinite(value))
            {
                (Min, Max) = (double.IsNaN(Min) ? value : Math.Min(Min, value), double.IsNaN(Max) ? value : Math.Max(Max, value));
                sum += value;
            }
            else
            {
                NonFinite++;
            }
        }

        Mean = sum / (Count - NonFinite); // 0/0 is NaN
    }

    public string File { get; }

    public string Format { get; }

    public int Channels { get; }

    public int Height { get; }

    public int Width { get; }

    public double Min { get; } = double.NaN;

    public double Max { get; } = double.NaN;

    public double Mean { get; }

    public long Count { get; }

    public long NonFinite { get; }

    public IEnumerable<Table> Table() => [PropertyTable.Create(Rows("file"))];

    /// <summary>The rows of a table.</summary>
    /// <param name="fileName">The name of the row with the file.</param>
    public IEnumerable<(string Name, string Value)> Rows(string fileName)
    {
        yield return (fileName, File);
        yield return ("format", Format);
        yield return ("size", $"{Height} × {Width} (height × width)");
        yield return ("channels", $"{Channels}");
        yield return ("min", Min.ToString("G6", CultureInfo.InvariantCulture));
        yield return ("max", Max.ToString("G6", CultureInfo.InvariantCulture));
        yield return ("mean", Mean.ToString("G6", CultureInfo.InvariantCulture));
        if (NonFinite > 0)
        {
            yield return ("not finite", $"{NonFinite} of {Count} values, left out of min, max and mean");
        }
    }
}
