using System.Numerics;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Geometry;
using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;
using InterpolationMode = Consensus.Imaging.Augmentation.InterpolationMode;

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

/// <summary>The mirrored views of an image that a model saw in training. Predictions can average over them.</summary>
/// <param name="Axes">The axes that training mirrored.</param>
/// <param name="Offset">The offset between training masks and their images.</param>
internal sealed record Mirroring(Mirrored Axes, MaskOffset Offset)
{
    // Pixels that are added at each end of a side, as far as an image is moved at most and interpolation reaches.
    private const int Margin = 4;

    /// <summary>The image alone.</summary>
    public static Mirroring None { get; } = new(Mirrored.No, MaskOffset.None);

    /// <summary>The views that augmentation showed in training; the image alone without augmentation.</summary>
    public static Mirroring LearnedFrom(AugmentationPolicy? augmentation, MaskOffset offset) =>
        new(
            (augmentation?.HorizontalFlip > 0
                ? Mirrored.Columns
                : Mirrored.No) | (augmentation?.VerticalFlip > 0 ? Mirrored.Rows : Mirrored.No),
            offset);

    /// <summary>The image as it is, then mirrored along every combination of <see cref="Axes"/>.</summary>
    public IEnumerable<Mirrored> Views =>
        new[] { Mirrored.No, Mirrored.Columns, Mirrored.Rows, Mirrored.Columns | Mirrored.Rows }.Where(view => (view & Axes) == view);

    /// <summary>The views that the generations of a sampling take turns at: at most as many as generations, or the image alone.</summary>
    public Mirrored[] ViewsFor(SamplingOptions sampling) => sampling.Mirror ? [.. Views.Take(sampling.Generations)] : [Mirrored.No];

    /// <summary>
    /// A view of images, B×C×H×W. A model draws masks with <see cref="Offset"/> to the image it gets, also if that is mirrored. This method
    /// therefore moves a mirrored image by twice the offset. Its map, mirrored back, then lies at the place of the unmirrored image's map.
    /// Owned by the surrounding dispose scope.
    /// </summary>
    public Tensor View(Tensor images, Mirrored view, SamplingOptions sampling)
    {
        Tensor seen = Flip(images, view);
        seen = (view & Mirrored.Rows) != 0 ? Moved(seen, 2, -2 * Offset.Rows, sampling.MirrorInterpolation) : seen;
        return (view & Mirrored.Columns) != 0 ? Moved(seen, 3, -2 * Offset.Columns, sampling.MirrorInterpolation) : seen;
    }

    /// <summary>
    /// Mirrors images or maps, whose last dimensions are H×W. A second call mirrors them back. Owned by the surrounding dispose scope.
    /// </summary>
    public static Tensor Flip(Tensor images, Mirrored view) => view switch
    {
        Mirrored.No => images.alias(),
        Mirrored.Columns => images.flip(-1),
        Mirrored.Rows => images.flip(-2),
        _ => images.flip(-2, -1),
    };

    /// <summary><see cref="View"/> in a graph.</summary>
    public GraphValue EmitView(GraphValue images, Mirrored view, SamplingOptions sampling)
    {
        GraphValue seen = EmitFlip(images, view);
        seen = (view & Mirrored.Rows) != 0 ? EmitMoved(seen, 2, -2 * Offset.Rows, sampling.MirrorInterpolation) : seen;
        return (view & Mirrored.Columns) != 0 ? EmitMoved(seen, 3, -2 * Offset.Columns, sampling.MirrorInterpolation) : seen;
    }

    /// <summary><see cref="Flip"/> in a graph.</summary>
    public static GraphValue EmitFlip(GraphValue images, Mirrored view)
    {
        GraphValue seen = (view & Mirrored.Columns) != 0 ? images.Flipped(-1) : images;
        return (view & Mirrored.Rows) != 0 ? seen.Flipped(-2) : seen;
    }

    /// <summary>
    /// Each pixel takes the value <paramref name="ahead"/> pixels further on: 0 to 1 linearly, −2 to 2 cubically. The outermost pixels are
    /// repeated.
    /// </summary>
    private static Tensor Moved(Tensor images, int axis, double ahead, InterpolationMode interpolation)
    {
        if (ahead == 0)
        {
            return images;
        }

        long length = images.shape[axis];
        Tensor first = images.narrow(axis, 0, 1), last = images.narrow(axis, length - 1, 1);
        if (interpolation == InterpolationMode.Linear)
        {
            return images.Lerp(cat([images.narrow(axis, 1, length - 1), last], axis), ahead);
        }

        Tensor widened = cat([.. Enumerable.Repeat(first, Margin), images, .. Enumerable.Repeat(last, Margin)], axis);
        (int from, Vector4 weights) = Reach(ahead);
        Tensor sum = widened.narrow(axis, from, length).Times(weights[0]);
        for (int tap = 1; tap < 4; tap++)
        {
            sum.PlusInPlace(widened.narrow(axis, from + tap, length).Times(weights[tap]));
        }

        return sum;
    }

    /// <summary><see cref="Moved"/> in a graph, in the same order of operations.</summary>
    private static GraphValue EmitMoved(GraphValue images, int axis, double ahead, InterpolationMode interpolation)
    {
        if (ahead == 0)
        {
            return images;
        }

        long length = images.Shape[axis];
        GraphValue first = images.Part(axis, 0, 1), last = images.Part(axis, length - 1, 1);
        if (interpolation == InterpolationMode.Linear)
        {
            GraphValue next = GraphValue.Join([images.Part(axis, 1, length - 1), last], axis);

            // Torch's interpolation too begins at the nearer end.
            return ahead < 0.5
                ? images.Plus(next.Minus(images).Times(ahead))
                : next.Minus(next.Minus(images).Times(1 - ahead));
        }

        GraphValue widened = GraphValue.Join(
            [.. Enumerable.Repeat(first, Margin), images, .. Enumerable.Repeat(last, Margin)], axis);
        (int from, Vector4 weights) = Reach(ahead);
        GraphValue sum = widened.Part(axis, from, length).Times(weights[0]);
        for (int tap = 1; tap < 4; tap++)
        {
            sum = sum.Plus(widened.Part(axis, from + tap, length).Times(weights[tap]));
        }

        return sum;
    }

    /// <summary>The first of the four pixels that make a moved one, counted from the first added pixel; and their weights.</summary>
    private static (int From, Vector4 Weights) Reach(double ahead)
    {
        int whole = (int)Math.Floor(ahead);
        return (whole + Margin - 1, CubicConvolution.Weights((float)(ahead - whole)));
    }
}
