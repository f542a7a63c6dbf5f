using System.Globalization;

namespace Consensus.Imaging.Geometry;

/// <summary>
/// Changes the number of rows and columns. Bilinear (align_corners = false, no antialiasing) and nearest (floor) do the same as PyTorch's
/// <c>interpolate</c>, so images and masks are equal to those that the published implementation trains on.
/// </summary>
public static class Resampling
{
    private delegate void PlaneResizing(
        ReadOnlySpan<float> source, int sourceHeight, int sourceWidth, Span<float> target, int targetHeight, int targetWidth);

    /// <summary>
    /// Resizes every channel of a slice bilinearly. Spacing and affine are adapted, so that the corners of the slice stay at the same
    /// place in space.
    /// </summary>
    /// <param name="slice">The slice.</param>
    /// <param name="height">New number of rows, at least 1.</param>
    /// <param name="width">New number of columns, at least 1.</param>
    /// <returns>A new slice, or the given slice if the size is the same.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    public static Slice Bilinear(Slice slice, int height, int width) => Resize(slice, height, width, Bilinear);

    /// <summary>
    /// Resizes every channel of a slice. Along a side that is reduced, a new pixel is the mean of the old pixels that it covers, each with
    /// the share of it that it covers (PyTorch's <c>area</c> mode where the sides are multiples of each other). Bilinear interpolation
    /// reads two pixels of each side alone: reduced to a quarter, three of four pixels do not count, and noise and fine detail turn into
    /// false structure (aliasing). Along a side that is not reduced, it is bilinear. Reduced to a half, both are the same.
    /// </summary>
    /// <param name="slice">The slice.</param>
    /// <param name="height">New number of rows, at least 1.</param>
    /// <param name="width">New number of columns, at least 1.</param>
    /// <returns>A new slice, or the given slice if the size is the same. Spacing and affine are adapted as for Bilinear.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    public static Slice Antialiased(Slice slice, int height, int width) => Resize(slice, height, width, Antialiased);

    /// <summary>Resizes one plane bilinearly.</summary>
    /// <param name="source">sourceHeight × sourceWidth values, row by row.</param>
    /// <param name="sourceHeight">Rows of <paramref name="source"/>, at least 1.</param>
    /// <param name="sourceWidth">Columns of <paramref name="source"/>, at least 1.</param>
    /// <param name="target">Receives targetHeight × targetWidth values, row by row.</param>
    /// <param name="targetHeight">Rows of <paramref name="target"/>, at least 1.</param>
    /// <param name="targetWidth">Columns of <paramref name="target"/>, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    /// <exception cref="ArgumentException">The length of a span is not its height × width.</exception>
    internal static void Bilinear(
        ReadOnlySpan<float> source,
        int sourceHeight,
        int sourceWidth,
        Span<float> target,
        int targetHeight,
        int targetWidth)
    {
        CheckPlane(source.Length, sourceHeight, sourceWidth, nameof(source));
        CheckPlane(target.Length, targetHeight, targetWidth, nameof(target));
        if (sourceHeight == targetHeight && sourceWidth == targetWidth)
        {
            source.CopyTo(target);
            return;
        }

        Interpolate(
            source, sourceWidth, target, ResamplingWeights.CentreNeighbours(sourceHeight, targetHeight),
            ResamplingWeights.CentreNeighbours(sourceWidth, targetWidth));
    }

    /// <summary>Resizes one plane without aliasing, as <see cref="Antialiased(Slice, int, int)"/> says.</summary>
    /// <param name="source">sourceHeight × sourceWidth values, row by row.</param>
    /// <param name="sourceHeight">Rows of <paramref name="source"/>, at least 1.</param>
    /// <param name="sourceWidth">Columns of <paramref name="source"/>, at least 1.</param>
    /// <param name="target">Receives targetHeight × targetWidth values, row by row.</param>
    /// <param name="targetHeight">Rows of <paramref name="target"/>, at least 1.</param>
    /// <param name="targetWidth">Columns of <paramref name="target"/>, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    /// <exception cref="ArgumentException">The length of a span is not its height × width.</exception>
    internal static void Antialiased(
        ReadOnlySpan<float> source,
        int sourceHeight,
        int sourceWidth,
        Span<float> target,
        int targetHeight,
        int targetWidth)
    {
        if (targetHeight >= sourceHeight && targetWidth >= sourceWidth)
        {
            Bilinear(source, sourceHeight, sourceWidth, target, targetHeight, targetWidth);
            return;
        }

        CheckPlane(source.Length, sourceHeight, sourceWidth, nameof(source));
        CheckPlane(target.Length, targetHeight, targetWidth, nameof(target));
        Average(source, sourceWidth, target, Shares(sourceHeight, targetHeight), Shares(sourceWidth, targetWidth));

        static WeightedSpan[] Shares(int source, int target) => target < source
            ? ResamplingWeights.OffsetShares(source, target, offset: 0)
            : [.. ResamplingWeights.CentreNeighbours(source, target).Select(AsSpan)];
    }

    /// <summary>
    /// Enlarges a map that was learned from masks reduced by <see cref="Nearest"/> to the size of the masks. Each value is put at the
    /// place that its pixel was taken from. That place is up to half a reduced pixel away from the centre of the reduced pixel. Between
    /// these places, values are interpolated linearly.
    /// </summary>
    /// <param name="source">sourceHeight × sourceWidth values, row by row.</param>
    /// <param name="sourceHeight">Rows of <paramref name="source"/>, at least 1.</param>
    /// <param name="sourceWidth">Columns of <paramref name="source"/>, at least 1.</param>
    /// <param name="target">Receives targetHeight × targetWidth values, row by row.</param>
    /// <param name="targetHeight">Rows of <paramref name="target"/>, at least 1.</param>
    /// <param name="targetWidth">Columns of <paramref name="target"/>, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    /// <exception cref="ArgumentException">The length of a span is not its height × width.</exception>
    internal static void UndoNearest(
        ReadOnlySpan<float> source,
        int sourceHeight,
        int sourceWidth,
        Span<float> target,
        int targetHeight,
        int targetWidth)
    {
        CheckPlane(source.Length, sourceHeight, sourceWidth, nameof(source));
        CheckPlane(target.Length, targetHeight, targetWidth, nameof(target));
        Interpolate(
            source, sourceWidth, target, ResamplingWeights.TakenNeighbours(sourceHeight, targetHeight),
            ResamplingWeights.TakenNeighbours(sourceWidth, targetWidth));
    }

    /// <summary>
    /// Brings a model's map to the size of its image. If the image is reduced by the same scale as the training images, this does the same
    /// as <see cref="UndoNearest"/>. If not, each value is put at its place on the image, moved by the offset of the training masks, and
    /// values are interpolated linearly in between. If the image has fewer pixels than the map, each pixel gets the mean of the values
    /// that lie on it.
    /// </summary>
    /// <param name="source">sourceHeight × sourceWidth values, row by row.</param>
    /// <param name="sourceHeight">Rows of <paramref name="source"/>, at least 1.</param>
    /// <param name="sourceWidth">Columns of <paramref name="source"/>, at least 1.</param>
    /// <param name="target">Receives targetHeight × targetWidth values, row by row.</param>
    /// <param name="targetHeight">Rows of <paramref name="target"/>, at least 1.</param>
    /// <param name="targetWidth">Columns of <paramref name="target"/>, at least 1.</param>
    /// <param name="placement">
    /// Where the model's maps lie. Null if this is not known; then the maps are assumed to lie like reduced masks.
    /// </param>
    internal static void Restore(
        ReadOnlySpan<float> source,
        int sourceHeight,
        int sourceWidth,
        Span<float> target,
        int targetHeight,
        int targetWidth,
        MapPlacement? placement)
    {
        CheckPlane(source.Length, sourceHeight, sourceWidth, nameof(source));
        CheckPlane(target.Length, targetHeight, targetWidth, nameof(target));
        double? rows = OtherOffset(placement?.Rows, sourceHeight, targetHeight),
            columns = OtherOffset(placement?.Columns, sourceWidth, targetWidth);
        if ((rows is null || targetHeight >= sourceHeight) && (columns is null || targetWidth >= sourceWidth))
        {
            Interpolate(
                source, sourceWidth, target, Neighbours(rows, sourceHeight, targetHeight), Neighbours(columns, sourceWidth, targetWidth));
        }
        else
        {
            Average(source, sourceWidth, target, Shares(rows, sourceHeight, targetHeight), Shares(columns, sourceWidth, targetWidth));
        }

        static double? OtherOffset(AxisPlacement? placement, int source, int target) =>
            placement is { } known && !known.IsAsTrained(target, source) ? known.Offset : null;

        static WeightedPair[] Neighbours(double? offset, int source, int target) =>
            offset is { } known
                ? ResamplingWeights.OffsetNeighbours(source, target, known)
                : ResamplingWeights.TakenNeighbours(source, target);

        static WeightedSpan[] Shares(double? offset, int source, int target) => offset is { } known && target < source
            ? ResamplingWeights.OffsetShares(source, target, known)
            : [.. Neighbours(offset, source, target).Select(AsSpan)];
    }

    /// <summary>
    /// Brings a soft map to the size of its image, by <see cref="Restore"/>. If it is the share of rounded levels, each level is brought
    /// there and rounded there, so that its outline lies between the map's pixels where the level crosses one half. The rounded map itself
    /// has steps, and interpolation of a step crosses a threshold such as 0.3 at another place.
    /// </summary>
    /// <param name="softMap">sourceHeight × sourceWidth values, row by row.</param>
    /// <param name="levels">
    /// Levels × sourceHeight × sourceWidth values, level by level, if the map is the share of them above one half; null otherwise.
    /// </param>
    /// <param name="sourceHeight">Rows of the map, at least 1.</param>
    /// <param name="sourceWidth">Columns of the map, at least 1.</param>
    /// <param name="target">Receives targetHeight × targetWidth values, row by row.</param>
    /// <param name="targetHeight">Rows of <paramref name="target"/>, at least 1.</param>
    /// <param name="targetWidth">Columns of <paramref name="target"/>, at least 1.</param>
    /// <param name="placement">Where the model's maps lie, as for <see cref="Restore"/>.</param>
    internal static void RestoreSoftMap(
        ReadOnlySpan<float> softMap,
        float[]? levels,
        int sourceHeight,
        int sourceWidth,
        Span<float> target,
        int targetHeight,
        int targetWidth,
        MapPlacement? placement)
    {
        if (levels is null || (sourceHeight == targetHeight && sourceWidth == targetWidth))
        {
            Restore(softMap, sourceHeight, sourceWidth, target, targetHeight, targetWidth, placement);
            return;
        }

        int size = sourceHeight * sourceWidth, count = levels.Length / size;
        var level = new float[target.Length];
        target.Clear();
        for (int index = 0; index < count; index++)
        {
            Restore(levels.AsSpan(index * size, size), sourceHeight, sourceWidth, level, targetHeight, targetWidth, placement);
            for (int pixel = 0; pixel < level.Length; pixel++)
            {
                target[pixel] += level[pixel] > 0.5f ? 1 : 0;
            }
        }

        // A quotient, as in the raters' own map: a product would round some shares to the other side of a threshold.
        for (int pixel = 0; pixel < target.Length; pixel++)
        {
            target[pixel] /= count;
        }
    }

    /// <summary>Resizes every mask. Each new pixel takes the old pixel whose index is the scaled index, rounded down.</summary>
    /// <param name="masks">The masks.</param>
    /// <param name="height">New number of rows, at least 1.</param>
    /// <param name="width">New number of columns, at least 1.</param>
    /// <returns>New masks, or the given masks if the size is the same.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    public static RaterMasks Nearest(RaterMasks masks, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (height == masks.Height && width == masks.Width)
        {
            return masks;
        }

        var columns = new int[width];
        for (int column = 0; column < width; column++)
        {
            columns[column] = ResamplingWeights.NearestIndex(column, masks.Width, width);
        }

        var pixels = new byte[checked(masks.Raters * height * width)];
        for (int rater = 0; rater < masks.Raters; rater++)
        {
            ReadOnlySpan<byte> source = masks.Rater(rater);
            for (int row = 0; row < height; row++)
            {
                ReadOnlySpan<byte> line = source.Slice(
                    ResamplingWeights.NearestIndex(row, masks.Height, height) * masks.Width, masks.Width);
                Span<byte> output = pixels.AsSpan(((rater * height) + row) * width, width);
                for (int column = 0; column < output.Length; column++)
                {
                    output[column] = line[columns[column]];
                }
            }
        }

        return new RaterMasks(masks.Raters, height, width, pixels);
    }

    private static Slice Resize(Slice slice, int height, int width, PlaneResizing resize)
    {
        ArgumentNullException.ThrowIfNull(slice);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (height == slice.Height && width == slice.Width)
        {
            return slice;
        }

        var pixels = GC.AllocateUninitializedArray<float>(checked(slice.Channels * height * width));
        for (int channel = 0; channel < slice.Channels; channel++)
        {
            resize(
                slice.Pixels.AsSpan(channel * slice.Height * slice.Width, slice.Height * slice.Width),
                slice.Height,
                slice.Width,
                pixels.AsSpan(channel * height * width, height * width),
                height,
                width);
        }

        return new Slice(slice.Channels, height, width, pixels, Rescale(slice, height, width), slice.Source) { Axis = slice.Axis };
    }

    private static WeightedSpan AsSpan(WeightedPair between) =>
        new(between.Lower, between.Upper > between.Lower ? [1 - between.UpperWeight, between.UpperWeight] : [1]);

    private static void Interpolate(
        ReadOnlySpan<float> source,
        int sourceWidth,
        Span<float> target,
        WeightedPair[] rows,
        WeightedPair[] columns)
    {
        for (int row = 0; row < rows.Length; row++)
        {
            (int above, int below, float belowWeight) = rows[row];
            float aboveWeight = 1 - belowWeight;
            ReadOnlySpan<float> upper = source.Slice(above * sourceWidth, sourceWidth);
            ReadOnlySpan<float> lower = source.Slice(below * sourceWidth, sourceWidth);
            Span<float> output = target.Slice(row * columns.Length, columns.Length);
            for (int column = 0; column < output.Length; column++)
            {
                (int left, int right, float weight) = columns[column];
                float other = 1 - weight;
                output[column] = (aboveWeight * ((other * upper[left]) + (weight * upper[right])))
                    + (belowWeight * ((other * lower[left]) + (weight * lower[right])));
            }
        }
    }

    private static void Average(
        ReadOnlySpan<float> source,
        int sourceWidth,
        Span<float> target,
        WeightedSpan[] rows,
        WeightedSpan[] columns)
    {
        for (int row = 0; row < rows.Length; row++)
        {
            for (int column = 0; column < columns.Length; column++)
            {
                double sum = 0;
                for (int above = 0; above < rows[row].Weights.Length; above++)
                {
                    ReadOnlySpan<float> line = source.Slice((rows[row].First + above) * sourceWidth, sourceWidth)[columns[column].First..];
                    for (int left = 0; left < columns[column].Weights.Length; left++)
                    {
                        sum += (double)rows[row].Weights[above] * columns[column].Weights[left] * line[left];
                    }
                }

                target[(row * columns.Length) + column] = (float)sum;
            }
        }
    }

    private static void CheckPlane(int length, int height, int width, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1, name);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1, name);
        if (length != (long)height * width)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"A plane of {height}×{width} has {(long)height * width} values, but {length} were given."), name);
        }
    }

    /// <summary>
    /// The new pixel i lies at the old position (i + ½)·s − ½. So steps become s times as long, and the origin moves by (s − 1)/2 old
    /// steps.
    /// </summary>
    private static SliceGeometry Rescale(Slice slice, int height, int width)
    {
        double rows = (double)slice.Height / height;
        double columns = (double)slice.Width / width;
        double[] affine = [.. slice.Geometry.Affine];
        for (int i = 0; i < 3; i++)
        {
            double stepRows = affine[4 * i], stepColumns = affine[(4 * i) + 1];
            affine[4 * i] = stepRows * rows;
            affine[(4 * i) + 1] = stepColumns * columns;
            affine[(4 * i) + 3] += (stepRows * (rows - 1) / 2) + (stepColumns * (columns - 1) / 2);
        }

        return slice.Geometry with
        {
            SpacingRows = slice.Geometry.SpacingRows * rows,
            SpacingColumns = slice.Geometry.SpacingColumns * columns,
            Affine = affine,
        };
    }
}
