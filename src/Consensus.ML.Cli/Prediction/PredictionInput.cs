using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Cli.Prediction;

/// <summary>An input that gives one soft map: an image, or a volume whose slices are predicted one by one.</summary>
/// <param name="Case">The case as the user gave it.</param>
/// <param name="Axis">The axis along which its volume is cut; null for an image.</param>
/// <param name="Slices">The rows to predict: the case itself, or a row for each slice.</param>
internal sealed record PredictionInput(RaterCase Case, int? Axis, IReadOnlyList<RaterCase> Slices)
{
    public string Name => Case.Name;

    /// <summary>The axis of length 1 of an image that is a slice along the first or second axis; null for all other images.</summary>
    public int? LiesAlong { get; init; }

    /// <summary>Decides from the header whether a case is an image or a volume, and how the volume is cut.</summary>
    /// <param name="raterCase">The case. Each of its channels may be a volume of its own.</param>
    /// <param name="asked">The axis that the user gave. Null: a volume is cut like the volumes that the model was trained on.</param>
    /// <param name="model">The model that will predict it.</param>
    public static PredictionInput FromCase(RaterCase raterCase, int? asked, SegmentationTransformer model)
    {
        string path = raterCase.ImagePaths[0];
        SliceAddress address = SliceAddress.Parse(path);
        if (SliceReader.ReadFormat(path) != ImageFormat.Nifti)
        {
            return new(raterCase, null, [raterCase]);
        }

        NiftiHeader header = NiftiFile.ReadHeader(address.Path);
        if ((address.Axis ?? header.SliceAxis) is { } lies)
        {
            // The file is a single slice along some axis. It is never cut.
            bool isFile = address.Axis is null;
            string what = isFile
                ? $"'{path}' has shape {string.Join('×', header.Shape)}, one slice along axis {lies},"
                : $"'{path}' is a slice along axis {lies},";
            if (isFile && asked is { } said && said != lies)
            {
                throw new InvalidDataException($"{what} but --axis is {said}.");
            }

            return model.VolumeAxes.Count == 0 || model.VolumeAxes.Contains(lies)
                ? new(raterCase, null, [raterCase]) { LiesAlong = isFile && lies != 2 ? lies : null }
                : throw new InvalidDataException(
                    $"{what} but the model was trained on slices along axis {string.Join(" and ", model.VolumeAxes)} of their volumes.");
        }

        if (!header.IsVolume && (asked is null || header.Shape is not [_, _, > 1, ..]))
        {
            return new(raterCase, null, [raterCase]);
        }

        int? axis = asked ?? (model.VolumeAxes.Count <= 1
            ? model.VolumeAxes.Cast<int?>().FirstOrDefault()
            : throw new UsageException(
                $"The model was trained on slices along axes {string.Join(" and ", model.VolumeAxes)} of their volumes: "
                + $"say with --axis along which '{path}' is cut."));
        int along = axis ?? NiftiFile.ListSlices(path)[0].Axis!.Value;
        return new(
            raterCase,
            along,
            [.. SliceReader.ListSlices(raterCase.ImagePaths, along).Select(paths => raterCase with { ImagePaths = paths })]);
    }

    /// <summary>
    /// Reads a volume to its end, because its prediction takes much longer, and damage at its end would be found late. An image is read
    /// whole before it is predicted anyway.
    /// </summary>
    public void EnsureReadable()
    {
        if (Axis is null)
        {
            return;
        }

        _ = SliceReader.Read(Slices[0].ImagePaths);
        foreach (string path in Case.ImagePaths)
        {
            _ = NiftiFile.ReadStatistics(path);
        }
    }
}
