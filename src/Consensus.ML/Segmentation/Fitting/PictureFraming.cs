using Consensus.Imaging;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>
/// Tells by the pixels which part of a picture was fitted to the model's size. Masks are fitted whole, but ML.NET's ResizeImages cuts or
/// pads pictures of another shape unless it is told not to, which leaves no trace in the schema: training would silently learn masks that
/// lie beside what they mark.
/// </summary>
internal static class PictureFraming
{
    // Other loaders place pixels up to half a pixel differently, so that only what moves the edges by more can be told from them.
    private const double SmallestShift = 1;

    // A cut or padded picture must be recognised, not merely be nearer than the whole one: other steps may have changed the
    // pixels beyond recognition.
    private const double Recognised = 0.8;

    // What the whole picture leaves unexplained, as a multiple of what the other part leaves. Equal where a pattern repeats.
    private const double ClearlyBetter = 2;

    // A picture whose whole explains nearly all is whole: in smooth ones every part looks alike.
    private const double Whole = 0.05;

    // Single precision leaves differences of this size, relative to the mean, in a constant picture.
    private const double Rounding = 1e-5;

    // ML.NET fills by taking the pixel in the middle of each new one, and cuts and pads by averaging, which 4 × 4 pixels of each
    // are enough to follow.
    private static readonly int[] PixelsPerSide = [1, 4];

    /// <summary>Whether a cut or padded picture would lie beside its masks by a pixel of the features or more.</summary>
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
    /// How a picture was fitted when that was not as a whole: "cut" or "padded"; null when it was fitted as a whole, and when
    /// the pixels do not tell.
    /// </summary>
    /// <param name="picture">The picture at its own size; its channels are summed.</param>
    /// <param name="features">
    /// The pixels at the model's size, scaled and shifted in any way: channels × height × width; their channels are summed.
    /// </param>
    /// <param name="height">Rows of the features.</param>
    /// <param name="width">Columns of the features.</param>
    public static string? Find(Slice picture, ReadOnlySpan<float> features, int height, int width)
    {
        if (!Matters(picture.Height, picture.Width, height, width))
        {
            return null;
        }

        float[] seen = Sum(features, height * width), grey = Sum(picture.Pixels, picture.Height * picture.Width);
        var whole = new Part(0, 0, picture.Height, picture.Width);
        double scaleOfRows = (double)picture.Height / height, scaleOfColumns = (double)picture.Width / width;

        // Other loaders take the first pixel of each new one, as PyTorch does, which is half a new pixel before the middle.
        double filled = Math.Max(Likeness(whole), Likeness(whole with { Top = -scaleOfRows / 2, Left = -scaleOfColumns / 2 })), cut = 0;
        foreach (double anchor in (ReadOnlySpan<double>)[0.5, 0, 1])
        {
            cut = Math.Max(cut, Likeness(Around(Math.Min(scaleOfRows, scaleOfColumns), anchor)));
        }

        double padded = Likeness(Around(Math.Max(scaleOfRows, scaleOfColumns), 0.5)), best = Math.Max(cut, padded);
        bool told = best >= Recognised && Unexplained(filled) > Whole && Unexplained(filled) > ClearlyBetter * Unexplained(best);
        return !told ? null : cut >= padded ? "cut" : "padded";

        Part Around(double scale, double anchor) =>
            new((picture.Height - (scale * height)) * anchor, (picture.Width - (scale * width)) * anchor, scale * height, scale * width);

        double Likeness(Part part) =>
            PixelsPerSide.Max(side => Correlation(seen, Fitted(grey, picture.Height, picture.Width, part, height, width, side)));
    }

    /// <summary>The share of the variance that a correlation leaves open.</summary>
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

    /// <summary>A part of the picture at the model's size; what of it lies beside the picture is black.</summary>
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

    /// <summary>Pearson's; 0 where one of both is constant.</summary>
    private static double Correlation(float[] one, float[] other)
    {
        double meanOne = one.Average(value => (double)value), meanOther = other.Average(value => (double)value), both = 0, squaresOne = 0,
            squaresOther = 0;
        for (int i = 0; i < one.Length; i++)
        {
            double a = one[i] - meanOne, b = other[i] - meanOther;
            both += a * b;
            squaresOne += a * a;
            squaresOther += b * b;
        }

        return Varies(squaresOne, meanOne) && Varies(squaresOther, meanOther) ? both / Math.Sqrt(squaresOne * squaresOther) : 0;

        bool Varies(double squares, double mean) => Math.Sqrt(squares / one.Length) > Rounding * Math.Abs(mean);
    }

    /// <summary>A rectangle in pixels of the picture; it may reach beyond it.</summary>
    private readonly record struct Part(double Top, double Left, double Height, double Width);
}
