using Consensus.ML.Imaging;

namespace Consensus.ML.Cli;

/// <summary>What becomes one soft map: an image, or a volume whose slices are predicted one by one.</summary>
/// <param name="Case">The case as it was given.</param>
/// <param name="Axis">The axis that its volume is cut along; null for an image.</param>
/// <param name="Slices">The rows to predict: the case itself, or one for each slice.</param>
internal sealed record PredictionInput(RaterCase Case, int? Axis, IReadOnlyList<RaterCase> Slices)
{
    public string Name => Case.Name;

    /// <summary>Tells images from volumes by their headers.</summary>
    /// <param name="one">The case; its channels may lie in volumes of their own.</param>
    /// <param name="axis">The axis the user asked for; null to cut along the third what cannot be one slice.</param>
    public static PredictionInput Of(RaterCase one, int? axis)
    {
        if (!IsVolume(one.ImagePaths[0], always: axis is not null))
        {
            return new(one, null, [one]);
        }

        int along = axis ?? SliceAddress.DefaultAxis;
        return new(one, along, [.. NiftiFile.ListSlices(one.ImagePaths, along).Select(paths => one with { ImagePaths = paths })]);
    }

    /// <summary>Reads everything once.</summary>
    public void EnsureReadable()
    {
        _ = SliceReader.Read(Slices[0].ImagePaths);
        if (Axis is not null)
        {
            foreach (string path in Case.ImagePaths)
            {
                _ = NiftiFile.ReadStatistics(path);
            }
        }
    }

    private static bool IsVolume(string path, bool always) =>
        SliceAddress.Parse(path).Index is null && SliceReader.ReadFormat(path) == ImageFormat.Nifti && NiftiFile.ReadHeader(path) is var header
        && (header.IsVolume || (always && header.Shape is [_, _, > 1, ..]));
}
