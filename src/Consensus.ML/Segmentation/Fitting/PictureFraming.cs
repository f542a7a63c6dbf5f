using Consensus.Imaging;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>
/// Finds out from the pixels whether a picture was cut or padded when it was resized to the model's size. Masks are resized as a whole,
/// but ML.NET's ResizeImages cuts or pads pictures of another shape by default, and the schema does not show it. Training would then
/// silently learn from masks that do not lie on what they mark.
/// </summary>
internal static class PictureFraming
{
    // Other loaders place pixels up to half a pixel differently. Only a larger shift of the edges shows that a picture was cut or padded.
    private const double SmallestShift = 1;

    // The least correlation at which a picture counts as recognised. It is not enough that the cut or padded picture fits better than the
    // whole picture: other steps may have changed the pixels beyond recognition.
    private const double Recognised = 0.8;

    // How many times more of the variance the whole picture must leave unexplained than the cut or padded one. Where a pattern repeats,
    // both leave the same.
    private const double ClearlyBetter = 2;

    // Where the whole picture leaves less than this unexplained, it was not cut or padded. In smooth pictures every part looks alike.
    private const double Whole = 0.05;

    // In a constant picture, single precision leaves differences of this size, relative to the mean.
    private const double Rounding = 1e-5;

    // When ML.NET fills, it takes the pixel in the middle of each new pixel: 1 point. When it cuts or pads, it averages, and 4 × 4 points
    // in each new pixel are enough to imitate that.
    private static readonly int[] PixelsPerSide = [1, 4];

    /// <summary>Whether cutting or padding would move the picture against its masks by at least one pixel of the features.</summary>
    /// <param name="pictureHeight">Rows of the picture at its own size.</param>
    /// <param name="pictureWidth">Columns of the picture at its own size.</param>
    /// <param name="height">Rows of the features.</param>
    /// <param name="width">Columns of the features.</param>
    public static bool Matters(int pictureHeight, int pictureWidth, int height, int width)
    {
        double shape = (double)pictureWidth / pictureHeight * height / width;
        return (1 - Math.Min(shape, 1 / shape)) / 2 * (shape > 1 ? width : height) >= SmallestShift;
    }

    /// <summary>
    /// How a picture was resized where it was not resized as a whole: "cut" or "padded". Null where it was resized as a whole, and where
    /// the pixels do not show it.
    /// </summary>
    /// <param name="picture">The picture at its own size; its channels are summed.</param>
    /// <param name="features">
    /// The pixels at the model's size, scaled and shifted in any way: channels × height × width; their channels are summed.
    /// </param>
    /// <param name="height">Rows of the features.</param>
    /// <param name="width">Columns of the features.</param>
    public static string? CutOrPadded(Slice picture, ReadOnlySpan<float> features, int height, int width)
    {
        if (!Matters(picture.Height, picture.Width, height, width))
        {
            return null;
        }

        float[] seen = Sum(features, height * width), grey = Sum(picture.Pixels, picture.Height * picture.Width);
        var whole = new Part(0, 0, picture.Height, picture.Width);
        double scaleOfRows = (double)picture.Height / height, scaleOfColumns = (double)picture.Width / width;

        // Some loaders, such as PyTorch, take the first pixel of each new pixel, which is half a new pixel before the middle.
        double filled = Math.Max(Likeness(whole), Likeness(whole with { Top = -scaleOfRows / 2, Left = -scaleOfColumns / 2 })), cut = 0;
        foreach (double anchor in (ReadOnlySpan<double>)[0.5, 0, 1])
        {
            cut = Math.Max(cut, Likeness(Around(Math.Min(scaleOfRows, scaleOfColumns), anchor)));
        }

        double padded = Likeness(Around(Math.Max(scaleOfRows, scaleOfColumns), 0.5)), best = Math.Max(cut, padded);
        bool isClear = best >= Recognised && Unexplained(filled) > Whole && Unexplained(filled) > ClearlyBetter * Unexplained(best);
        return !isClear ? null : cut >= padded ? "cut" : "padded";

        Part Around(double scale, double anchor) =>
            new((picture.Height - (scale * height)) * anchor, (picture.Width - (scale * width)) * anchor, scale * height, scale * width);

        double Likeness(Part part) =>
            PixelsPerSide.Max(side => Correlation(seen, Fitted(grey, picture.Height, picture.Width, part, height, width, side)));
    }

    /// <summary>The share of the variance that a correlation does not explain.</summary>
    private static double Unexplained(double correlation) => 1 - (Math.Max(correlation, 0) * Math.Max(correlation, 0));

    private static float[] Sum(ReadOnlySpan<float> channels, int size)
    {
        float[] sum = channels[..size].ToArray();
        for (int i = size; i < channels.Length; i++)
        {
            sum[i % size] += channels[i];
        }

        return sum;
    }

    /// <summary>A part of the picture, resized to the model's size. Where the part reaches beyond the picture, it is black.</summary>
    private static float[] Fitted(float[] picture, int pictureHeight, int pictureWidth, Part part, int height, int width, int side)
    {
        int[] rows = Places(part.Top, part.Height, height * side), columns = Places(part.Left, part.Width, width * side);
        float[] fitted = new float[height * width];
        for (int row = 0; row < rows.Length; row++)
        {
            if ((uint)rows[row] >= (uint)pictureHeight)
            {
                continue;
            }

            ReadOnlySpan<float> line = picture.AsSpan(rows[row] * pictureWidth, pictureWidth);
            Span<float> output = fitted.AsSpan(row / side * width, width);
            for (int column = 0; column < columns.Length; column++)
            {
                if ((uint)columns[column] < (uint)line.Length)
                {
                    output[column / side] += line[columns[column]];
                }
            }
        }

        return fitted;
    }

    /// <summary>The pixels at the middles of equal pieces.</summary>
    private static int[] Places(double start, double length, int count) =>
        [.. Enumerable.Range(0, count).Select(i => (int)Math.Floor(start + ((i + 0.5) * length / count)))];

    /// <summary>Pearson's correlation; 0 where one of the pictures is constant.</summary>
    private static double Correlation(float[] left, float[] right)
    {
        double leftMean = left.Average(value => (double)value), rightMean = right.Average(value => (double)value);
        double products = 0, leftSquares = 0, rightSquares = 0;
        for (int i = 0; i < left.Length; i++)
        {
            double a = left[i] - leftMean, b = right[i] - rightMean;
            products += a * b;
            leftSquares += a * a;
            rightSquares += b * b;
        }

        return Varies(leftSquares, leftMean) && Varies(rightSquares, rightMean) ? products / Math.Sqrt(leftSquares * rightSquares) : 0;

        bool Varies(double squares, double mean) => Math.Sqrt(squares / left.Length) > Rounding * Math.Abs(mean);
    }

    /// <summary>A rectangle in pixels of the picture. It may reach beyond the picture.</summary>
    private readonly record struct Part(double Top, double Left, double Height, double Width);
}
