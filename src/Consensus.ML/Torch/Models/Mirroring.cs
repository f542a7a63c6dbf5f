using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Models;

/// <summary>Along which axes an image is mirrored.</summary>
[Flags]
internal enum Mirrored
{
    /// <summary>Along none.</summary>
    No = 0,

    /// <summary>The order of columns is reversed (a horizontal flip).</summary>
    Columns = 1,

    /// <summary>The order of rows is reversed (a vertical flip).</summary>
    Rows = 2,
}

/// <summary>The mirrored views of an image that a model was trained to know, for predictions that average over them.</summary>
/// <param name="Axes">The axes that training mirrored.</param>
/// <param name="Offset">How far the masks that training drew lie off their images.</param>
internal sealed record Mirroring(Mirrored Axes, MaskOffset Offset)
{
    /// <summary>The image alone.</summary>
    public static Mirroring None { get; } = new(Mirrored.No, MaskOffset.None);

    /// <summary>The views that augmentation has shown in training; none beside the image itself where it did not augment.</summary>
    public static Mirroring LearnedFrom(AugmentationPolicy? augmentation, MaskOffset offset) =>
        new(
            (augmentation?.HorizontalFlip > 0
                ? Mirrored.Columns
                : Mirrored.No) | (augmentation?.VerticalFlip > 0 ? Mirrored.Rows : Mirrored.No),
            offset);

    /// <summary>The image as it is, then every way to mirror it along some of <see cref="Axes"/>.</summary>
    public IEnumerable<Mirrored> Views =>
        new[] { Mirrored.No, Mirrored.Columns, Mirrored.Rows, Mirrored.Columns | Mirrored.Rows }.Where(view => (view & Axes) == view);

    /// <summary>The views that a sampling takes turns at: as many as it has generations to show them, or the image alone.</summary>
    public Mirrored[] ViewsFor(SamplingOptions sampling) => sampling.Mirror ? [.. Views.Take(sampling.Generations)] : [Mirrored.No];

    /// <summary>
    /// A view of images, B×C×H×W. A model draws a mask off its image by <see cref="Offset"/> whichever way that is mirrored; moved by
    /// twice as much before, a mirrored image gives a map that lies, mirrored back, where that of the image itself does. Owned by the
    /// surrounding dispose scope.
    /// </summary>
    public Tensor View(Tensor images, Mirrored view)
    {
        Tensor seen = Flip(images, view);
        seen = (view & Mirrored.Rows) != 0 ? Moved(seen, 2, -2 * Offset.Rows) : seen;
        return (view & Mirrored.Columns) != 0 ? Moved(seen, 3, -2 * Offset.Columns) : seen;
    }

    /// <summary>
    /// Mirrors images or maps, whose last dimensions are H×W; a second time, brings them back. Owned by the surrounding dispose scope.
    /// </summary>
    public static Tensor Flip(Tensor images, Mirrored view) => view switch
    {
        Mirrored.No => images.alias(),
        Mirrored.Columns => images.flip(-1),
        Mirrored.Rows => images.flip(-2),
        _ => images.flip(-2, -1),
    };

    /// <summary>
    /// Each pixel takes the value from <paramref name="ahead"/> pixels further on, 0 to 1, between two neighbours linearly;
    /// the last repeats itself.
    /// </summary>
    private static Tensor Moved(Tensor images, long axis, double ahead)
    {
        if (ahead == 0)
        {
            return images;
        }

        long length = images.shape[axis];
        Tensor next = cat([images.narrow(axis, 1, length - 1), images.narrow(axis, length - 1, 1)], axis);
        return images.Lerp(next, ahead);
    }
}
