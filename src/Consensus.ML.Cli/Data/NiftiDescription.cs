using System.Globalization;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Cli.Output;
using Spectre.Console;

namespace Consensus.ML.Cli.Data;

/// <summary>Describes a NIfTI file. In JSON, min, max and mean are null when no value is finite.</summary>
internal sealed class NiftiDescription(NiftiHeader header, NiftiStatistics statistics)
{
    public string File { get; } = header.Path;

    public string Format { get; } = $"NIfTI-{header.Version}";

    public IReadOnlyList<long> Shape { get; } = header.Shape;

    public string Type { get; } = header.DataType;

    public string ByteOrder { get; } = header.BigEndian ? "big" : "little";

    public double Slope { get; } = header.Slope;

    public double Intercept { get; } = header.Intercept;

    /// <summary>The unit of length that the file names. Null where it names none; millimetres are then assumed.</summary>
    public string? StoredUnit { get; } = header.SpaceUnitName;

    /// <summary>The spacing: in millimetres along the axes of space, and as stored along further axes.</summary>
    public IReadOnlyList<double> Spacing { get; } =
    [
        .. header.Spacing.Select((length, axis) => axis < 3 ? header.InMillimeters(length) : length),
    ];

    /// <summary>The transformation from indices to millimetres.</summary>
    public IReadOnlyList<double[]> Affine { get; } =
        [.. header.Affine.Take(12).Select(header.InMillimeters).Concat(header.Affine.Skip(12)).Chunk(4)];

    public double Min { get; } = statistics.Minimum;

    public double Max { get; } = statistics.Maximum;

    public double Mean { get; } = statistics.Mean;

    public long Count { get; } = statistics.Count;

    public long NonFinite { get; } = statistics.NonFinite;

    public IEnumerable<Table> Table() => [PropertyTable.Create(Rows())];

    private IEnumerable<(string Name, string Value)> Rows()
    {
        yield return ("file", File);
        yield return ("format", Format);
        yield return ("shape", string.Join(" × ", Shape));
        yield return ("type", Slope == 1 && Intercept == 0
            ? Type
            : string.Create(CultureInfo.InvariantCulture, $"{Type} (× {Slope:R} + {Intercept:R})"));
        yield return ("byte order", ByteOrder);
        yield return ("unit", StoredUnit switch
        {
            null => "not stored: millimetre is assumed",
            "millimetre" => "millimetre",
            _ => $"millimetre (stored: {StoredUnit})",
        });
        yield return ("spacing", string.Join(" × ", Spacing.Select(value => value.ToString("0.####", CultureInfo.InvariantCulture))));
        for (int row = 0; row < 4; row++)
        {
            yield return (row == 0 ? "affine" : "", string.Join(
                "  ", Affine[row].Select(value => value.ToString("0.####", CultureInfo.InvariantCulture).PadLeft(10))));
        }

        yield return ("min", Min.ToString("G6", CultureInfo.InvariantCulture));
        yield return ("max", Max.ToString("G6", CultureInfo.InvariantCulture));
        yield return ("mean", Mean.ToString("G6", CultureInfo.InvariantCulture));
        if (NonFinite > 0)
        {
            yield return ("not finite", $"{NonFinite} of {Count} values, left out of min, max and mean");
        }
    }
}
