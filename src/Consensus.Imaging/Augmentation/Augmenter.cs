using System.Numerics;
using Consensus.Imaging.Geometry;

namespace Consensus.Imaging.Augmentation;

/// <summary>
/// Applies a <see cref="DrawnAugmentation"/>. Each target pixel is looked up in the source: by interpolation for images, by the nearest
/// pixel for masks.
/// </summary>
internal static class Augmenter
{
    /// <summary>
    /// Moves one channel, and changes its grey values. Pixels from outside the slice get the value <paramref name="padding"/>, or that of
    /// their reflection (<see cref="DrawnAugmentation.Padding"/>).
    /// </summary>
    public static void Interpolate(
        ReadOnlySpan<float> source,
        Span<float> target,
        int height,
        int width,
        in DrawnAugmentation change,
        float padding)
    {
        var map = new SourceMap(change, height, width);
        float contrast = (float)change.Contrast, brightness = (float)change.Brightness;
        bool isReflected = change.Padding == PaddingMode.Reflection, isCubic = change.Interpolation == InterpolationMode.Cubic;
        for (int row = 0; row < height; row++)
        {
            for (int column = 0; column < width; column++)
            {
                (double y, double x) = map.Source(row, column);
                int y0 = (int)Math.Floor(y), x0 = (int)Math.Floor(x);
                float fy = (float)(y - y0), fx = (float)(x - x0);
                float value = isCubic
                    ? Cubic(source, y0, x0, CubicConvolution.Weights(fy), CubicConvolution.Weights(fx))
                    : Linear(source, y0, x0, fy, fx);
                target[(row * width) + column] = (contrast * value) + brightness;
            }
        }

        float Linear(ReadOnlySpan<float> pixels, int y, int x, float fy, float fx)
        {
            float top = (At(pixels, y, x) * (1 - fx)) + (At(pixels, y, x + 1) * fx);
            float bottom = (At(pixels, y + 1, x) * (1 - fx)) + (At(pixels, y + 1, x + 1) * fx);
            return (top * (1 - fy)) + (bottom * fy);
        }

        float Cubic(ReadOnlySpan<float> pixels, int y, int x, Vector4 rows, Vector4 columns)
        {
            var lines = default(Vector4);
            for (int line = 0; line < 4; line++)
            {
                int from = y + line - 1;
                lines[line] = Vector4.Dot(
                    columns, new(At(pixels, from, x - 1), At(pixels, from, x), At(pixels, from, x + 1), At(pixels, from, x + 2)));
            }

            return Vector4.Dot(rows, lines);
        }

        float At(ReadOnlySpan<float> pixels, int y, int x) =>
            (uint)y < (uint)height && (uint)x < (uint)width ? pixels[(y * width) + x]
            : isReflected ? pixels[(Reflected(y, height) * width) + Reflected(x, width)]
            : padding;
    }

    /// <summary>
    /// Moves masks and resizes them to the slice's size by the nearest pixel. Pixels from outside the slice are 0, or reflected as those of
    /// the image are.
    /// </summary>
    /// <param name="source">The masks at their own size, one after another.</param>
    /// <param name="sourceHeight">Their rows.</param>
    /// <param name="sourceWidth">Their columns.</param>
    /// <param name="target">
    /// Receives the moved masks, one after another. If the change is none, they equal the result of <see cref="Resampling.Nearest"/>.
    /// </param>
    /// <param name="height">Rows of the slice.</param>
    /// <param name="width">Columns of the slice.</param>
    /// <param name="change">The change, in pixels of the slice.</param>
    public static void Nearest(
        ReadOnlySpan<byte> source,
        int sourceHeight,
        int sourceWidth,
        Span<byte> target,
        int height,
        int width,
        in DrawnAugmentation change)
    {
        // All masks of an image move alike, so the source of each pixel is found once.
        var map = new SourceMap(change, height, width);
        double rowScale = (double)sourceHeight / height, columnScale = (double)sourceWidth / width;
        int size = height * width, sourceSize = sourceHeight * sourceWidth;
        bool isReflected = change.Padding == PaddingMode.Reflection;
        for (int pixel = 0; pixel < size; pixel++)
        {
            (double sourceRow, double sourceColumn) = map.Source(
                ResamplingWeights.TakenPosition(pixel / width, rowScale), ResamplingWeights.TakenPosition(pixel % width, columnScale));
            int y = (int)Math.Floor((sourceRow + 0.5) * rowScale), x = (int)Math.Floor((sourceColumn + 0.5) * columnScale);
            if (isReflected)
            {
                (y, x) = (Reflected(y, sourceHeight), Reflected(x, sourceWidth));
            }

            int from = (uint)y < (uint)sourceHeight && (uint)x < (uint)sourceWidth ? (y * sourceWidth) + x : -1;
            for (int mask = 0; mask * size < target.Length; mask++)
            {
                target[(mask * size) + pixel] = from < 0 ? (byte)0 : source[(mask * sourceSize) + from];
            }
        }
    }

    /// <summary>
    /// The index inside a side that an index outside it is reflected to. The edge between pixels is the mirror, so the last pixel comes
    /// twice; a side is repeated, mirrored each time, as often as needed.
    /// </summary>
    private static int Reflected(int index, int side)
    {
        int within = index % (2 * side);
        within = within < 0 ? within + (2 * side) : within;
        return within < side ? within : (2 * side) - 1 - within;
    }

    /// <summary>
    /// Finds the place in the source that a target pixel comes from. It undoes the deformation, then the affine map, then the flips.
    /// </summary>
    private readonly struct SourceMap
    {
        private readonly double _cosine, _sine, _centreRow, _centreColumn, _shiftRows, _shiftColumns;
        private readonly bool _flipRows, _flipColumns;
        private readonly int _height, _width;
        private readonly SmoothField? _deformation;

        public SourceMap(in DrawnAugmentation change, int height, int width)
        {
            (double sine, double cosine) = Math.SinCos(change.RotationDegrees * Math.PI / 180);
            (_cosine, _sine) = (cosine / change.Scale, sine / change.Scale);
            (_centreRow, _centreColumn) = ((height - 1) / 2.0, (width - 1) / 2.0);
            (_shiftRows, _shiftColumns) = (change.ShiftRows, change.ShiftColumns);
            (_flipRows, _flipColumns) = (change.FlipRows, change.FlipColumns);
            (_height, _width) = (height, width);
            _deformation = change.Deformation;
        }

        public (double Row, double Column) Source(double row, double column)
        {
            if (_deformation is not null)
            {
                (double rows, double columns) = _deformation.At(row, column);
                (row, column) = (row + rows, column + columns);
            }

            double y = row - _centreRow - _shiftRows, x = column - _centreColumn - _shiftColumns;
            double sourceColumn = (_cosine * x) + (_sine * y) + _centreColumn;
            double sourceRow = (_cosine * y) - (_sine * x) + _centreRow;
            return (_flipRows ? _height - 1 - sourceRow : sourceRow, _flipColumns ? _width - 1 - sourceColumn : sourceColumn);
        }
    }
}
