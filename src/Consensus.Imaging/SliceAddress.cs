using System.Globalization;
using System.Text.RegularExpressions;

namespace Consensus.Imaging;

/// <summary>
/// Where a slice is: a file that holds one slice, or a volume's file with an axis and an index in it. As text, which is how it stands in
/// columns of paths, a slice of a volume is written behind the file's name: <c>scan.nii.gz#axis=2,slice=12</c>.
/// </summary>
public sealed partial record SliceAddress
{
    /// <summary>
    /// The axis that volumes are cut along where nothing else is said and none has length 1: the third, which in most scans
    /// runs from foot to head.
    /// </summary>
    public const int DefaultAxis = 2;

    /// <summary>A file that holds one slice.</summary>
    /// <param name="path">The file.</param>
    public SliceAddress(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = path;
    }

    /// <summary>One slice of a volume.</summary>
    /// <param name="path">The volume's file.</param>
    /// <param name="axis">The axis that is cut, as stored: 0, 1 or 2.</param>
    /// <param name="index">Which slice along it, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2, or the index is negative.</exception>
    public SliceAddress(string path, int axis, int index)
        : this(path)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(axis);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(axis, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        (Axis, Index) = (axis, index);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The axis of the volume that is cut, as stored: 0, 1 or 2; null where the file holds one slice.</summary>
    public int? Axis { get; }

    /// <summary>Which slice along the axis, from 0; null where the file holds one slice.</summary>
    public int? Index { get; }

    /// <summary>Reads an address as it stands in a column of paths. A file whose own name looks like an address is that file.</summary>
    /// <param name="text">
    /// A path, or a path with <c>#axis=A,slice=I</c> (or <c>#slice=I</c>, along <see cref="DefaultAxis"/>) behind it.
    /// </param>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    public static SliceAddress Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        Match match = Fragment().Match(text);
        return match.Success
            && int.TryParse(match.Groups["slice"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && !File.Exists(text)
            ? new(text[..match.Index], match.Groups["axis"].Success ? match.Groups["axis"].Value[0] - '0' : DefaultAxis, index)
            : new(text);
    }

    /// <summary>The file of the volume that an image is a slice of; null where it is none.</summary>
    /// <param name="paths">The image's files, one or one a channel.</param>
    public static string? VolumeOf(IReadOnlyList<string> paths) =>
        paths is [{ Length: > 0 } first, ..] && Parse(first) is { Index: not null } slice ? slice.Path : null;

    /// <summary>The address as it stands in a column of paths; <see cref="Parse"/> reads it.</summary>
    public override string ToString() =>
        Index is null ? Path : string.Create(CultureInfo.InvariantCulture, $"{Path}#axis={Axis},slice={Index}");

    [GeneratedRegex("(?<=.)#(axis=(?<axis>[0-2]),)?slice=(?<slice>[0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Fragment();
}
