using static Consensus.ML.Datasets.Phantom.PhantomShape;

namespace Consensus.ML.Datasets.Phantom;

/// <summary>
/// A newborn's brain in T2-weighted MRI, with the skull removed: bright fluid around the brain and in the ventricles, a dark thin cortex,
/// and a grey band of unmyelinated white matter between cortex and deep nuclei. The band is the structure. Its inner border is ambiguous.
/// </summary>
internal static class BrainGrowthPhantom
{
    public static PhantomAnatomy Draw(PhantomCanvas canvas, PhantomRandom random)
    {
        double maturity = random.Next();
        double halfWidth = random.Next(0.58, 0.66), halfHeight = random.Next(0.72, 0.79);
        var head = new PhantomShape(0, 0, halfWidth, halfHeight, 0, 0.012, random);
        double rim = random.Next(0.035, 0.11);
        var brain = new PhantomShape(0, 0, halfWidth - rim, halfHeight - rim, 0, 0.012, random);

        // Sylvian fissures left and right, and gyri that grow with age.
        double left = Math.PI - random.Next(-0.25, 0.1), right = random.Next(-0.25, 0.1);
        double leftDepth = random.Next(0.04, 0.16), rightDepth = random.Next(0.04, 0.16), notch = random.Next(0.1, 0.18);
        var gyri = new PhantomShape(0, 0, 1, 1, 0, 0.014 + (0.026 * maturity), random, lowest: 6, highest: 15);
        brain.Reshape(theta =>
        {
            double ripple = -gyri.Distance(Math.Cos(theta), Math.Sin(theta));
            return 1 + ripple - (leftDepth * Bump(Angle(theta - left) / notch)) - (rightDepth * Bump(Angle(theta - right) / notch));
        });

        double nucleiX = random.Next(0.12, 0.15), nucleiWidth = random.Next(0.17, 0.21), nucleiHeight = random.Next(0.27, 0.33);
        double tilt = random.Next(-0.1, 0.25);
        var leftNucleus = new PhantomShape(-nucleiX, 0.02, nucleiWidth, nucleiHeight, -tilt, 0.05, random);
        var rightNucleus = new PhantomShape(nucleiX, 0.02, nucleiWidth, nucleiHeight, tilt, 0.05, random);
        double ventricles = random.Next(0.65, 1.35);
        PhantomShape[] fluid =
        [
            Horn(random, -0.155, -0.32, 0.07 * ventricles, 0.15 * Math.Sqrt(ventricles), 0.22),
            Horn(random, 0.155, -0.32, 0.07 * ventricles, 0.15 * Math.Sqrt(ventricles), -0.22),
            Horn(random, -0.085, 0.27, 0.032 * ventricles, 0.12, 0.5),
            Horn(random, 0.085, 0.27, 0.032 * ventricles, 0.12, -0.5),
            Horn(random, 0, 0.03, 0.014 * ventricles, 0.085, 0),
        ];
        double fissureWidth = random.Next(0.014, 0.032), frontEnd = -random.Next(0.2, 0.3), backEnd = random.Next(0.36, 0.44);
        double sway = random.Next(-0.02, 0.02), swayPhase = random.Next(0, 6.2);

        double Fissure(double x, double y)
        {
            double middle = Math.Abs(x - (sway * Math.Sin(5 * y)) - (0.006 * Math.Sin((19 * y) + swayPhase)));
            double front = Math.Max(middle - (fissureWidth * (0.35 + (0.65 * Math.Clamp((frontEnd - y) / 0.4, 0, 1)))), y - frontEnd);
            double back = Math.Max(middle - (fissureWidth * (0.3 + (0.5 * Math.Clamp((y - backEnd) / 0.3, 0, 1)))), backEnd - y);
            return Math.Min(front, back);
        }

        double Fluid(double x, double y)
        {
            double nearest = double.MaxValue;
            foreach (PhantomShape shape in fluid)
            {
                nearest = Math.Min(nearest, shape.Distance(x, y));
            }

            return nearest;
        }

        float[] warp = canvas.Noise(0.12, random);
        float[] headMap = canvas.Map(head.Distance);
        float[] tissueMap = canvas.Map((x, y) => Cut(brain.Distance(x, y), Fissure(x, y), 0.02));
        float[] nucleiMap = canvas.Map((x, y) => Join(leftNucleus.Distance(x, y), rightNucleus.Distance(x, y), 0.12));
        float[] fluidMap = canvas.Map(Fluid);
        float[] openness = canvas.Noise(0.3, random);
        float[] whiteTexture = canvas.Texture(0.1, 4, random);
        float[] nucleiTexture = canvas.Texture(0.13, 3, random);
        float[] fluidTexture = canvas.Texture(0.16, 3, random);
        float[] shading = canvas.Noise(1.3, random);

        double cortex = random.Next(0.016, 0.026), contrast = random.Next(0.8, 1.1), white = random.Next(0.5, 0.58);
        double gain = random.Next(520, 980);
        const double edge = 0.0125;
        int pixels = canvas.Height * canvas.Width;
        var band = new float[pixels];
        var ambiguity = new float[pixels];
        var image = new float[pixels];
        for (int i = 0; i < pixels; i++)
        {
            double nuclei = nucleiMap[i] + (0.018 * warp[i]);
            double tissue = Math.Max(tissueMap[i] + (0.004 * warp[i]), headMap[i] + 0.016);
            double ventricle = fluidMap[i] + (0.003 * warp[i]);
            double open = 0.3 + (1.4 * Inside(openness[i] - 0.3, 2));
            double inner = 0.05 * open;
            band[i] = (float)Math.Max(tissue, -Math.Min(nuclei, ventricle));

            // No rater draws outside the head.
            ambiguity[i] = (float)(Inside(headMap[i] + 0.01, 0.02) * open
                * Mix(0.0125, 0.028, Inside(nuclei - ventricle + tissue + 0.03, 0.12) * Inside(nuclei - 0.06, 0.05)));

            double value = 0.006;
            value = Mix(value, 0.86 + (0.05 * fluidTexture[i]), Inside(headMap[i], edge));
            double parenchyma = white + (0.045 * whiteTexture[i]);
            double ribbon = Math.Exp(-Square((tissue + cortex) / cortex));
            parenchyma = Mix(parenchyma, white - (0.30 * contrast), 0.85 * ribbon);
            parenchyma = Mix(parenchyma, white - (0.19 * contrast) + (0.04 * nucleiTexture[i]), Inside(nuclei, inner));
            value = Mix(value, parenchyma, Inside(tissue, edge));
            value = Mix(value, 0.93 + (0.03 * fluidTexture[i]), Inside(ventricle, edge * 1.3) * Inside(tissue, edge));
            image[i] = (float)(value * (1 + (0.07 * shading[i])));
        }

        canvas.Blur(image, 0.0055 * canvas.Unit);
        float[] grain = canvas.Noise(1.2 / canvas.Unit, random);
        for (int i = 0; i < pixels; i++)
        {
            // A scanner gives the magnitude of a noisy signal.
            image[i] = (float)Math.Round(gain * Math.Sqrt(
                Square(image[i] + ((0.004 + (0.014 * Math.Min(1, 3 * image[i]))) * grain[i])) + Square(0.004 * random.NextNormal())));
        }

        return new PhantomAnatomy(image, [band], [ambiguity]);
    }

    private static PhantomShape Horn(PhantomRandom random, double x, double y, double radiusX, double radiusY, double angle)
        => new(
            x + random.Next(-0.012, 0.012), y + random.Next(-0.02, 0.02), radiusX * random.Next(0.85, 1.15),
            radiusY * random.Next(0.9, 1.1), angle + random.Next(-0.1, 0.1), 0.06, random);

    private static double Angle(double difference) => Math.IEEERemainder(difference, 2 * Math.PI);

    private static double Bump(double position) => Math.Exp(-0.5 * position * position);

    private static double Square(double value) => value * value;
}
