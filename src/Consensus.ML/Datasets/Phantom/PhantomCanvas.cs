namespace Consensus.ML.Datasets.Phantom;

/// <summary>
/// The plane that a phantom is drawn on. Coordinates are in units of half the shorter side with the origin in the centre, x to the right
/// and y downwards, after a small random turn, shift and scale of the whole body. So one description of the anatomy serves every size.
/// </summary>
internal sealed class PhantomCanvas
{
    private readonly double _cosine;
    private readonly double _sine;
    private readonly double _shiftX;
    private readonly double _shiftY;

    public PhantomCanvas(int height, int width, PhantomRandom random)
    {
        Height = height;
        Width = width;
        Unit = Math.Min(height, width) / 2.0;
        double angle = random.Next(-0.12, 0.12);
        double scale = random.Next(0.94, 1.07);
        (_sine, _cosine) = Math.SinCos(angle);
        _sine /= scale;
        _cosine /= scale;
        _shiftX = random.Next(-0.05, 0.05);
        _shiftY = random.Next(-0.05, 0.05);
    }

    public int Height { get; }

    public int Width { get; }

    /// <summary>Number of pixels in one unit.</summary>
    public double Unit { get; }

    /// <summary>Evaluates a function of the position at every pixel, row by row.</summary>
    public float[] Map(Func<double, double, double> function)
    {
        var values = new float[Height * Width];
        for (int row = 0, i = 0; row < Height; row++)
        {
            for (int column = 0; column < Width; column++, i++)
            {
                double x = ((column + 0.5 - (Width / 2.0)) / Unit) - _shiftX;
                double y = ((row + 0.5 - (Height / 2.0)) / Unit) - _shiftY;
                values[i] = (float)function((_cosine * x) + (_sine * y), (_cosine * y) - (_sine * x));
            }
        }

        return values;
    }

    /// <summary>Smooth noise of mean 0 and standard deviation 1: random coefficients of a uniform cubic B-spline.</summary>
    /// <param name="wavelength">Distance of the coefficients, in units.</param>
    /// <param name="random">The source of the coefficients.</param>
    public float[] Noise(double wavelength, PhantomRandom random)
    {
        double step = Math.Max(1, wavelength * Unit);
        int rows = (int)(Height / step) + 5, columns = (int)(Width / step) + 5;
        var lattice = new float[rows * columns];
        for (int i = 0; i < lattice.Length; i++)
        {
            lattice[i] = (float)random.NextNormal();
        }

        // The mean of a cubic B-spline's squared weights is 151/315 along each axis. This factor brings the variance back to 1.
        const float gain = (float)(315.0 / 151.0);
        (int[] columnStart, float[] columnWeights) = SplineWeights(Width, step);
        (int[] rowStart, float[] rowWeights) = SplineWeights(Height, step);
        var values = new float[Height * Width];
        var line = new float[columns];
        for (int row = 0; row < Height; row++)
        {
            for (int c = 0; c < columns; c++)
            {
                float sum = 0;
                for (int k = 0; k < 4; k++)
                {
                    sum += rowWeights[(4 * row) + k] * lattice[((rowStart[row] + k) * columns) + c];
                }

                line[c] = sum * gain;
            }

            for (int column = 0; column < Width; column++)
            {
                int start = columnStart[column], weight = 4 * column;
                values[(row * Width) + column] = (columnWeights[weight] * line[start]) + (columnWeights[weight + 1] * line[start + 1])
                    + (columnWeights[weight + 2] * line[start + 2]) + (columnWeights[weight + 3] * line[start + 3]);
            }
        }

        return values;
    }

    /// <summary>
    /// Noise of several wavelengths, which resembles tissue. Each wavelength has half the length and half the strength of the previous.
    /// </summary>
    public float[] Texture(double wavelength, int octaves, PhantomRandom random)
    {
        float[] sum = Noise(wavelength, random);
        float strength = 1;
        double variance = 1;
        for (int octave = 1; octave < octaves; octave++)
        {
            wavelength /= 2;
            strength /= 2;
            variance += strength * strength;
            float[] finer = Noise(wavelength, random);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += strength * finer[i];
            }
        }

        float gain = (float)(1 / Math.Sqrt(variance));
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] *= gain;
        }

        return sum;
    }

    /// <summary>Blurs with a Gaussian of this standard deviation, in pixels; edges repeat.</summary>
    public void Blur(float[] plane, double sigma)
    {
        int reach = (int)Math.Ceiling(3 * sigma);
        if (reach < 1)
        {
            return;
        }

        var kernel = new float[(2 * reach) + 1];
        double total = 0;
        for (int k = -reach; k <= reach; k++)
        {
            double weight = Math.Exp(-k * k / (2 * sigma * sigma));
            kernel[k + reach] = (float)weight;
            total += weight;
        }

        for (int k = 0; k < kernel.Length; k++)
        {
            kernel[k] /= (float)total;
        }

        var line = new float[Math.Max(Height, Width)];
        for (int row = 0; row < Height; row++)
        {
            BlurLine(plane, row * Width, 1, Width, kernel, line);
        }

        for (int column = 0; column < Width; column++)
        {
            BlurLine(plane, column, Width, Height, kernel, line);
        }
    }

    private static void BlurLine(float[] plane, int start, int step, int length, float[] kernel, float[] line)
    {
        int reach = kernel.Length / 2;
        for (int i = 0; i < length; i++)
        {
            line[i] = plane[start + (i * step)];
        }

        for (int i = 0; i < length; i++)
        {
            float sum = 0;
            for (int k = -reach; k <= reach; k++)
            {
                sum += kernel[k + reach] * line[Math.Clamp(i + k, 0, length - 1)];
            }

            plane[start + (i * step)] = sum;
        }
    }

    private static (int[] Start, float[] Weights) SplineWeights(int length, double step)
    {
        var start = new int[length];
        var weights = new float[4 * length];
        for (int i = 0; i < length; i++)
        {
            double position = i / step;
            start[i] = (int)position;
            double t = position - start[i], u = 1 - t;
            weights[4 * i] = (float)(u * u * u / 6);
            weights[(4 * i) + 1] = (float)(((3 * t * t * t) - (6 * t * t) + 4) / 6);
            weights[(4 * i) + 2] = (float)(((3 * u * u * u) - (6 * u * u) + 4) / 6);
            weights[(4 * i) + 3] = (float)(t * t * t / 6);
        }

        return (start, weights);
    }
}
