using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Cli.Prediction;

/// <summary>What becomes one soft map: an image, or a volume whose slices are predicted one by one.</summary>
/// <param name="Case">The case as it was given.</param>
/// <param name="Axis">The axis that its volume is cut along; null for an image.</param>
/// <param name="Slices">The rows to predict: the case itself, or one for each slice.</param>
internal sealed record PredictionInput(RaterCase Case, int? Axis, IReadOnlyList<RaterCase> Slices)
{
    public string Name => Case.Name;

    /// <summary>The axis of length 1 of an image that is one slice along another axis than the third; null of all others.</summary>
    public int? LiesAlong { get; init; }

    /// <summary>Tells images from volumes by their headers.</summary>
    /// <param name="one">The case; its channels may lie in volumes of their own.</param>
    /// <param name="asked">The axis the user asked for; null to cut what cannot be one slice as the model's volumes were.</param>
    /// <param name="model">The model that is to predict it.</param>
    public static PredictionInput Of(RaterCase one, int? asked, SegmentationTransformer model)
    {
        string path = one.ImagePaths[0];
        SliceAddress address = SliceAddress.Parse(path);
        if (SliceReader.ReadFormat(path) != ImageFormat.Nifti)
        {
            return new(one, null, [one]);
        }

        NiftiHeader header = NiftiFile.ReadHeader(address.Path);
        if ((address.Axis ?? header.SliceAxis) is { } lies)
        {
            // One slice, wherever it lies: it is never cut.
            bool isFile = address.Axis is null;
            string what = isFile
                ? $"'{path}' has shape {string.Join('×', header.Shape)}, one slice along axis {lies},"
                : $"'{path}' is a slice along axis {lies},";
            if (isFile && asked is { } said && said != lies)
            {
                throw new InvalidDataException($"{what} but --axis is {said}.");
            }

            return model.VolumeAxes.Count == 0 || model.VolumeAxes.Contains(lies)
                ? new(one, null, [one]) { LiesAlong = isFile && lies != 2 ? lies : null }
                : throw new InvalidDataException(
                    $"{what} but the model was trained on slices along axis {string.Join(" and ", model.VolumeAxes)} of their volumes.");
        }

        if (!header.IsVolume && (asked is null || header.Shape is not [_, _, > 1, ..]))
        {
            return new(one, null, [one]);
        }

        int? axis = asked ?? (model.VolumeAxes.Count <= 1
            ? model.VolumeAxes.Cast<int?>().FirstOrDefault()
            : throw new UsageException(
                $"The model was trained on slices along axes {string.Join(" and ", model.VolumeAxes)} of their volumes: "
                + $"say with --axis along which '{path}' is cut."));
        int along = axis ?? NiftiFile.ListSlices(path)[0].Axis!.Value;
        return new(one, along, [.. SliceReader.ListSlices(one.ImagePaths, along).Select(paths => one with { ImagePaths = paths })]);
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
}
