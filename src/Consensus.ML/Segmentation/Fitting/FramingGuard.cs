using Consensus.Imaging;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>
/// Refuses pictures that an earlier step of the pipeline cut or padded. Masks are always resized as a whole, so they would not lie on
/// what they mark in such a picture.
/// </summary>
/// <param name="picture">Returns the row's picture at its own size, or null where the row has none.</param>
/// <param name="column">The column of the features, for messages.</param>
/// <param name="height">Rows of the features.</param>
/// <param name="width">Columns of the features.</param>
internal sealed class FramingGuard(Func<Slice?> picture, string column, int height, int width)
{
    // All cases go through the same steps. So a few pictures show how these fit pictures of another shape, and the others need not be
    // read twice.
    private const int MostPicturesLookedAt = 3;

    private int _looked;

    /// <summary>Checks a case. Only the first few pictures whose shape differs from the model's are looked at.</summary>
    /// <param name="name">The case, for messages.</param>
    /// <param name="source">The picture's file or column, for messages; null where it is not known.</param>
    /// <param name="masks">The masks. They have the size of the picture.</param>
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
        if (PictureFraming.CutOrPadded(whole, features, height, width) is { } framing)
        {
            throw new InvalidDataException(
                $"{name} has a picture of {whole.Height}×{whole.Width} pixels (height × width){(source is null ? "" : $", {source},")} "
                + $"that was {framing} to fit {height}×{width} in column '{column}'; masks are fitted whole and would lie beside what "
                + "they mark. Give ResizeImages 'resizing: ImageResizingEstimator.ResizingKind.Fill'.");
        }
    }
}
