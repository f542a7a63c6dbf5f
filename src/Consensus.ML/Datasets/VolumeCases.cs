using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;

namespace Consensus.ML.Datasets;

/// <summary>Makes a case of each slice of a volume.</summary>
internal static class VolumeCases
{
    /// <summary>
    /// The slices of a case whose files are volumes, in order. The name of each is the name of the case followed by the number of the
    /// slice.
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// A path is the address of a slice, or a file is not a volume; the message names it.
    /// </exception>
    /// <exception cref="IOException">A file is missing or cannot be opened.</exception>
    public static IEnumerable<RaterCase> Slices(RaterCase volume, VolumeSlicing slicing)
    {
        foreach (string path in volume.ImagePaths.Concat(volume.AnnotationPaths))
        {
            if (SliceAddress.Parse(path).Index is not null)
            {
                throw new InvalidDataException(
                    $"'{path}' is a slice already, but case '{volume.Name}' is said to be a volume that is to be cut.");
            }
        }

        NiftiHeader header = NiftiFile.ReadHeader(volume.ImagePaths[0]);
        int axis = NiftiCut.ChooseAxis(header, slicing.Axis);
        NiftiCut cut = NiftiCut.Along(header, axis);
        int count = cut.Count;
        foreach (string path in volume.ImagePaths.Skip(1).Concat(volume.AnnotationPaths))
        {
            VolumeGrids.Check(header, axis, NiftiFile.ReadHeader(path));
        }

        bool[]? marked = slicing.Slices == VolumeSlices.Marked ? Marked(volume, cut) : null;
        string digits = new('0', (count - 1).ToString(CultureInfo.InvariantCulture).Length);
        for (int index = 0; index < count; index++)
        {
            if (marked?[index] ?? true)
            {
                yield return volume with
                {
                    Name = $"{volume.Name}_slice{index.ToString(digits, CultureInfo.InvariantCulture)}",
                    ImagePaths = Cut(volume.ImagePaths, axis, index),
                    AnnotationPaths = Cut(volume.AnnotationPaths, axis, index),
                };
            }
        }
    }

    private static string[] Cut(IReadOnlyList<string> paths, int axis, int index) =>
        [.. paths.Select(path => new SliceAddress(path, axis, index).ToString())];

    private static bool[] Marked(RaterCase volume, NiftiCut cut)
    {
        var marked = new bool[cut.Count];
        using var volumes = new OpenVolumes();
        for (int index = 0; index < cut.Count; index++)
        {
            SliceGrid grid = SliceGrid.FromCut(cut, index);
            for (int rater = 0; rater < volume.AnnotationPaths.Count && !marked[index]; rater++)
            {
                string path = new SliceAddress(volume.AnnotationPaths[rater], cut.Axis, index).ToString();
                Slice mask = SliceReader.ReadOnto(grid, path, rater, volume.AnnotationPaths.Count, volumes);
                marked[index] = mask.Pixels.AsSpan().IndexOfAnyExcept(0f) >= 0;
            }
        }

        return marked;
    }
}
