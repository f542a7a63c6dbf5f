namespace Consensus.ML.Datasets.Phantom;

/// <summary>
/// A closed outline as a function of the position: approximately the distance from the outline in the canvas's units, negative inside and 0
/// on the outline.
/// </summary>
internal sealed class PhantomShape
{
    private const int TableSize = 1024;

    private readonly double _centreX;
    private readonly double _centreY;
    private readonly float[] _radii = new float[TableSize + 1];

    /// <summary>A turned ellipse with an irregular edge.</summary>
    /// <param name="centreX">Centre, to the right.</param>
    /// <param name="centreY">Centre, downwards.</param>
    /// <param name="radiusX">Half of the width before turning.</param>
    /// <param name="radiusY">Half of the height before turning.</param>
    /// <param name="angle">Turn in radians, from x towards y.</param>
    /// <param name="roughness">Standard deviation of the radius, as a share of it.</param>
    /// <param name="random">The source of the irregularity.</param>
    /// <param name="lowest">Slowest wave around the outline.</param>
    /// <param name="highest">Fastest wave around the outline.</param>
    public PhantomShape(
        double centreX,
        double centreY,
        double radiusX,
        double radiusY,
        double angle,
        double roughness,
        PhantomRandom random,
        int lowest = 2,
        int highest = 7)
    {
        _centreX = centreX;
        _centreY = centreY;
        int waves = highest - lowest + 1;
        var amplitude = new double[waves];
        var phase = new double[waves];
        double power = 0;
        for (int k = 0; k < waves; k++)
        {
            // Slow waves are the strongest, as in natural shapes.
            amplitude[k] = random.NextNormal() * lowest / (lowest + (0.7 * k));
            phase[k] = random.Next(0, 2 * Math.PI);
            power += 0.5 * (lowest / (lowest + (0.7 * k))) * (lowest / (lowest + (0.7 * k)));
        }

        double gain = roughness / Math.Sqrt(power);
        for (int i = 0; i < TableSize; i++)
        {
            double theta = (2 * Math.PI * i / TableSize) - Math.PI;
            (double sine, double cosine) = Math.SinCos(theta - angle);
            double radius = radiusX * radiusY / Math.Sqrt((radiusY * radiusY * cosine * cosine) + (radiusX * radiusX * sine * sine));
            double wave = 0;
            for (int k = 0; k < waves; k++)
            {
                wave += amplitude[k] * Math.Cos(((lowest + k) * theta) + phase[k]);
            }

            _radii[i] = (float)(radius * Math.Max(0.3, 1 + (gain * wave)));
        }

        _radii[TableSize] = _radii[0];
    }

    /// <summary>The radius of the outline by angle (−π to π, from x towards y), so that notches can be cut.</summary>
    public void Reshape(Func<double, double> factor)
    {
        for (int i = 0; i < TableSize; i++)
        {
            _radii[i] *= (float)factor((2 * Math.PI * i / TableSize) - Math.PI);
        }

        _radii[TableSize] = _radii[0];
    }

    /// <summary>The approximate distance from the outline, negative inside.</summary>
    public double Distance(double x, double y)
    {
        x -= _centreX;
        y -= _centreY;
        double rho = Math.Sqrt((x * x) + (y * y));
        double position = (Math.Atan2(y, x) + Math.PI) * (TableSize / (2 * Math.PI));
        int index = Math.Clamp((int)position, 0, TableSize - 1);
        double share = position - index;
        double radius = (_radii[index] * (1 - share)) + (_radii[index + 1] * share);

        // Where the outline is steep, the radial gap is larger than the distance.
        double slope = (_radii[index + 1] - _radii[index]) * TableSize / (2 * Math.PI) / radius;
        return (rho - radius) / Math.Sqrt(1 + (slope * slope));
    }

    /// <summary>The union of two distances, with inner corners rounded over <paramref name="radius"/>.</summary>
    public static double Join(double first, double second, double radius)
    {
        double blend = Math.Max(radius - Math.Abs(first - second), 0) / radius;
        return Math.Min(first, second) - (blend * blend * radius / 4);
    }

    /// <summary>The first distance without the second, with corners rounded over <paramref name="radius"/>.</summary>
    public static double Cut(double first, double second, double radius) => -Join(-first, second, radius);

    /// <summary>
    /// Share of the inside at a distance: 1 deep inside, ½ on the outline, 0 outside, over about <paramref name="width"/>.
    /// </summary>
    public static double Inside(double distance, double width) => 1 / (1 + Math.Exp(Math.Clamp(4 * distance / width, -40, 40)));

    /// <summary>Interpolates between two values.</summary>
    public static double Mix(double from, double to, double share) => from + ((to - from) * share);
}
