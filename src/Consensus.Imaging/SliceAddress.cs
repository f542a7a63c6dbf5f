using System.Globalization;
using System.Text.RegularExpressions;

namespace Consensus.Imaging;

/// <summary>
/// The address of a slice: a file that holds one slice, or the file of a volume with an axis and an index. Columns of paths hold addresses
/// as text. There, the axis and the index follow the file's name: <c>scan.nii.gz#axis=2,slice=12</c>.
/// </summary>
public sealed partial record SliceAddress
{
    /// <summary>
    /// The default axis to cut volumes along, if no axis has length 1. It is the third axis, which in most scans runs from foot to head.
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
    /// <param name="axis">The axis along which the volume is cut: 0, 1 or 2 of the stored array.</param>
    /// <param name="index">The number of the slice along this axis, from 0.</param>
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

    /// <summary>The axis along which the volume is cut: 0, 1 or 2 of the stored array. Null if the file holds one slice.</summary>
    public int? Axis { get; }

    /// <summary>The number of the slice along the axis, from 0. Null if the file holds one slice.</summary>
    public int? Index { get; }

    /// <summary>
    /// Reads an address from its text in a column of paths. If a file has this whole text as its name, the address is this file.
    /// </summary>
    /// <param name="text">
    /// A path, or a path followed by <c>#axis=A,slice=I</c>. In the short form <c>#slice=I</c>, the axis is <see cref="DefaultAxis"/>.
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

    /// <summary>The file of the volume if an image is a slice of a volume; null if it is not.</summary>
    /// <param name="paths">The image's files: one file, or one file per channel.</param>
    public static string? VolumeOf(IReadOnlyList<string> paths) => SliceOf(paths)?.Path;

    /// <summary>
    /// Puts the slices of each volume together, in their order in the volume, at the place of the first of them. Images that are no slices
    /// keep their order.
    /// </summary>
    /// <typeparam name="T">What has an image.</typeparam>
    /// <param name="images">The images.</param>
    /// <param name="paths">The files of an image, one for each channel.</param>
    public static IEnumerable<T> Together<T>(IEnumerable<T> images, Func<T, IReadOnlyList<string>> paths) => images
        .Select((image, place) => (Image: image, Place: place, Slice: SliceOf(paths(image))))
        .GroupBy(one => one.Slice is { } slice ? (slice.Path, -1) : ("", one.Place))
        .SelectMany(volume => volume.OrderBy(one => one.Slice?.Index ?? 0))
        .Select(one => one.Image);

    private static SliceAddress? SliceOf(IReadOnlyList<string> paths) =>
        paths is [{ Length: > 0 } first, ..] && Parse(first) is { Index: not null } slice ? slice : null;

    /// <summary>The address as text for a column of paths. <see cref="Parse"/> reads it.</summary>
    public override string ToString() =>
        Index is null ? Path : string.Create(CultureInfo.InvariantCulture, $"{Path}#axis={Axis},slice={Index}");

    [GeneratedRegex("(?<=.)#(axis=(?<axis>[0-2]),)?slice=(?<slice>[0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Fragment();
}
