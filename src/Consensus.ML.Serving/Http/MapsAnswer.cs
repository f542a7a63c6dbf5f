namespace Consensus.ML.Serving.Http;

/// <summary>Maps as JSON. A browser draws them without a library: values are single-precision numbers, little-endian, as base64.</summary>
internal sealed record MapsAnswer
{
    /// <summary>"native" or "model".</summary>
    public required string Size { get; init; }

    /// <summary>Slices, rows and columns of the maps; 1 slice for an image.</summary>
    public required IReadOnlyList<int> Shape { get; init; }

    /// <summary>The structure that the maps are of; empty where the model has one without a name.</summary>
    public required string Structure { get; init; }

    /// <summary>Levels of consensus.</summary>
    public required int Levels { get; init; }

    /// <summary>The raters whose masks the model draws, in the order of the map "raters"; empty for none.</summary>
    public required IReadOnlyList<string> Raters { get; init; }

    /// <summary>The axis that the volume was cut along; null for an image.</summary>
    public required int? Axis { get; init; }

    /// <summary>Where the first slice lies.</summary>
    public required GeometryAnswer Geometry { get; init; }

    /// <summary>The maps that were asked for, by the names "soft", "levels", "uncertainty" and "raters".</summary>
    public required IReadOnlyDictionary<string, ArrayAnswer> Maps { get; init; }

    /// <summary>How much each level marks, from what one rater would mark to what all would.</summary>
    public required IReadOnlyList<LevelAnswer> Areas { get; init; }

    /// <summary>Seconds that the prediction took, without the wait before it.</summary>
    public required double Seconds { get; init; }
}

/// <summary>Where a slice lies.</summary>
/// <param name="Spacing">
/// Distance between rows, between columns and, for a volume, between slices, in millimetres; null where the image does not tell it.
/// </param>
/// <param name="Affine">
/// The 4×4 matrix from (row, column, slice, 1) to world coordinates in millimetres, row by row; null where the image does not tell it.
/// </param>
internal sealed record GeometryAnswer(IReadOnlyList<double>? Spacing, IReadOnlyList<double>? Affine);

/// <summary>An array of numbers.</summary>
/// <param name="Shape">The lengths of its axes; the last one counts columns.</param>
/// <param name="Type">"float32".</param>
/// <param name="ByteOrder">"little".</param>
/// <param name="Values">The values, the last axis fastest, as base64.</param>
internal sealed record ArrayAnswer(IReadOnlyList<int> Shape, string Type, string ByteOrder, byte[] Values);

/// <summary>How much one level marks: where its map is above one half.</summary>
/// <param name="Level">The level, from 1: at least so many raters agree.</param>
/// <param name="Share">The level by the number of levels.</param>
/// <param name="Pixels">Pixels over all slices.</param>
/// <param name="SquareMillimetres">The area, over all slices; null where the spacing is not known.</param>
/// <param name="CubicMillimetres">The volume; null for a single slice and where the spacing is not known.</param>
/// <param name="PixelsOfSlices">Pixels of each slice.</param>
internal sealed record LevelAnswer(
    int Level,
    double Share,
    long Pixels,
    double? SquareMillimetres,
    double? CubicMillimetres,
    IReadOnlyList<int> PixelsOfSlices);

/// <summary>An image as JSON, decoded for display.</summary>
/// <param name="Shape">Slices, channels, rows and columns.</param>
/// <param name="Axis">The axis that the volume was cut along; null for an image.</param>
/// <param name="Geometry">Where the first slice lies.</param>
/// <param name="Range">The smallest and the largest finite value; null where there is none.</param>
/// <param name="Values">The values in the units of the file, slice by slice.</param>
internal sealed record ImageAnswer(
    IReadOnlyList<int> Shape,
    int? Axis,
    GeometryAnswer Geometry,
    IReadOnlyList<double>? Range,
    ArrayAnswer Values);
