using Consensus.Imaging;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>
/// Refuses pictures that a step before ours cut or padded, of which masks, fitted whole, would lie beside what they mark.
/// </summary>
/// <param name="picture">The row's picture at its own size; null from it where the row does not tell.</param>
/// <param name="column">The column of the features, for messages.</param>
/// <param name="height">Rows of the features.</param>
/// <param name="width">Columns of the features.</param>
internal sealed class FramingGuard(Func<Slice?> picture, string column, int height, int width)
{
    // All cases go through one chain, so that a few show how it fits pictures of another shape; the others are not read twice.
    private const int MostPicturesLookedAt = 3;

    private int _looked;

    /// <summary>Looks at the first few pictures whose shape is another than the model's.</summary>
    /// <param name="name">The case, for messages.</param>
    /// <param name="source">Where the picture is from, for messages; null where that is not known.</param>
    /// <param name="masks">The masks, whose size is the picture's.</param>
    /// <param name="features">The pixels at the model's size.</param>
    /// <exception cref="InvalidDataException">The picture was cut or padded; the message says what to set.</exception>
    public void Check(string name, string? source, RaterMasks masks, ReadOnlySpan<float> features)
    {
        if (_looked >= MostPicturesLookedAt
            || !PictureFraming.Matters(masks.Height, masks.Width, height, width)
            || picture() is not { } whole)
        {
            return;
        }

        _looked++;
        if (PictureFraming.Find(whole, features, height, width) is { } framing)
        {
            throw new InvalidDataException(
                $"{name} has a picture of {whole.Height}×{whole.Width} pixels (height × width){(source is null ? "" : $", {source},")} "
                + $"that was {framing} to fit {height}×{width} in column '{column}'; masks are fitted whole and would lie beside what they "
                + "mark. Give ResizeImages 'resizing: ImageResizingEstimator.ResizingKind.Fill'.");
        }
    }
}
