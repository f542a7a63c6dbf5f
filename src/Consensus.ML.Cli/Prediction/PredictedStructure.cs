using Consensus.Imaging;
using Consensus.Imaging.Pictures;
using Consensus.ML.Options;

namespace Consensus.ML.Cli.Prediction;

/// <summary>The predicted maps of a structure of an input.</summary>
/// <param name="Structure">The structure; without a name where the model has one.</param>
/// <param name="Soft">Its soft map.</param>
/// <param name="Raters">The predicted mask of each named rater, in the order of the raters, with a map for each slice.</param>
internal sealed record PredictedStructure(SegmentedStructure Structure, PredictedMaps Soft, IReadOnlyList<IReadOnlyList<Slice>> Raters)
{
    /// <summary>The picture of the soft map.</summary>
    public RgbImage Picture() => SliceOverlay.Draw(Soft.Shown, Soft.Maps[Soft.Best].Pixels);

    /// <summary>The picture of what each named rater would draw, with a legend; null where the model draws none.</summary>
    /// <param name="title">Its title.</param>
    public RgbImage? PictureOfRaters(string title) => Raters.Count == 0
        ? null
        : RaterPicture.Draw(
            Soft.Shown,
            new(
                Raters.Count, Soft.Shown.Height, Soft.Shown.Width,
                [.. Raters.SelectMany(maps => maps[Soft.Best].Pixels).Select(value => value > 0.5f ? (byte)1 : (byte)0)]),
            new() { Title = title, RaterNames = Structure.Raters });
}
