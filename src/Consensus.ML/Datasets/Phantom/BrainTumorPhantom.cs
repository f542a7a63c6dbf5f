using static Consensus.ML.Datasets.Phantom.PhantomShape;

namespace Consensus.ML.Datasets.Phantom;

/// <summary>
/// A glioma in MRI of four modalities (FLAIR, T1, T1 with contrast agent, T2), with the skull removed. The tumor has swelling around it, a
/// core, and a rim in the core that takes up the agent around dead tissue. Task 1 is the whole tumor with its swelling, task 2 the core,
/// task 3 the rim.
/// </summary>
internal static class BrainTumorPhantom
{
    /// <summary>FLAIR, T1, T1 with agent, T2.</summary>
    public const int Channels = 4;

    // One row for each tissue, one column for each modality.
    private static readonly double[] _fluid = [0.16, 0.22, 0.22, 1.0];
    private static readonly double[] _grey = [0.5, 0.5, 0.52, 0.56];
    private static readonly double[] _white = [0.41, 0.68, 0.7, 0.4];
    private static readonly double[] _swelling = [0.85, 0.5, 0.52, 0.8];
    private static readonly double[] _rim = [0.78, 0.46, 1.12, 0.66];
    private static readonly double[] _dead = [0.52, 0.3, 0.34, 0.94];

    public static PhantomAnatomy Draw(PhantomCanvas canvas, PhantomRandom random)
    {
        double halfWidth = random.Next(0.62, 0.69), halfHeight = random.Next(0.76, 0.83);
        var brain = new PhantomShape(0, 0, halfWidth, halfHeight, 0, 0.015, random);
        PhantomShape[] ventricles =
        [
            new(-0.085, -0.1, 0.04, 0.19, 0.2, 0.08, random), new(0.085, -0.1, 0.04, 0.19, -0.2, 0.08, random),
            new(-0.12, 0.2, 0.04, 0.13, -0.5, 0.08, random), new(0.12, 0.2, 0.04, 0.13, 0.5, 0.08, random),
        ];
        PhantomShape[] nuclei =
        [
            new(-0.22, -0.02, 0.085, 0.2, -0.2, 0.06, random), new(0.22, -0.02, 0.085, 0.2, 0.2, 0.06, random),
        ];

        double side = random.Next() < 0.5 ? -1 : 1;
        double angle = random.Next(-1.0, 1.0), reach = random.Next(0.3, 0.36);
        double tumorX = side * reach * Math.Cos(angle), tumorY = 1.2 * reach * Math.Sin(angle);
        double extent = random.Next(0.23, 0.31), core = extent * random.Next(0.58, 0.68), dead = core * random.Next(0.48, 0.6);
        var swelling = new PhantomShape(tumorX, tumorY, extent, extent * random.Next(0.85, 1.15), angle, 0.12, random, 2, 9);
        var coreShape = new PhantomShape(
            tumorX + random.Next(-0.03, 0.03), tumorY + random.Next(-0.03, 0.03), core,
            core * random.Next(0.85, 1.15), angle, 0.06, random);
        var deadShape = new PhantomShape(
            tumorX + random.Next(-0.02, 0.02), tumorY + random.Next(-0.02, 0.02), dead, dead * random.Next(0.85, 1.1), angle, 0.1, random);

        // A swollen hemisphere pushes the middle aside.
        double push = -0.05 * side * extent / 0.3;
        float[] warp = canvas.Noise(0.08, random);
        float[] brainMap = canvas.Map(brain.Distance);
        float[] ventricleMap = canvas.Map((x, y) => ventricles.Min(shape => shape.Distance(x - (push * Math.Exp(-y * y * 5)), y)));
        float[] nucleiMap = canvas.Map((x, y) => nuclei.Min(shape => shape.Distance(x - (push * Math.Exp(-y * y * 5)), y)));
        float[] middleMap = canvas.Map(
            (x, y) => Math.Abs(x - (push * Math.Exp(-y * y * 5)) - (0.01 * Math.Sin(9 * y))) + (0.35 * Math.Max(0, 0.3 - Math.Abs(y))));
        float[] swellingMap = canvas.Map(swelling.Distance);
        float[] coreMap = canvas.Map(coreShape.Distance);
        float[] deadMap = canvas.Map(deadShape.Distance);
        float[] sulci = canvas.Noise(0.1, random);
        float[] openness = canvas.Noise(0.25, random);
        float[] texture = canvas.Texture(0.09, 4, random);
        float[] mottle = canvas.Texture(0.07, 3, random);

        int pixels = canvas.Height * canvas.Width;
        var structures = new float[3][];
        var ambiguity = new float[3][];
        for (int task = 0; task < structures.Length; task++)
        {
            structures[task] = new float[pixels];
            ambiguity[task] = new float[pixels];
        }

        var shares = new double[5][];
        for (int tissue = 0; tissue < shares.Length; tissue++)
        {
            shares[tissue] = new double[pixels];
        }

        const double edge = 0.014;
        for (int i = 0; i < pixels; i++)
        {
            double depth = -brainMap[i] + (0.004 * warp[i]);
            double whole = Math.Max(swellingMap[i] + (0.025 * warp[i]), brainMap[i] + 0.02);
            double middle = Math.Max(coreMap[i] + (0.012 * warp[i]), whole + 0.015);
            double rim = Cut(middle, deadMap[i] + (0.012 * warp[i]), 0.01);
            double open = 0.4 + (1.2 * Inside(openness[i], 2));
            (structures[0][i], structures[1][i], structures[2][i]) = ((float)whole, (float)middle, (float)rim);
            (ambiguity[0][i], ambiguity[1][i], ambiguity[2][i]) = ((float)(0.023 * open), (float)(0.012 * open), (float)(0.0065 * open));

            // A furrow lies where the noise crosses 0 near the surface. Grey matter lines furrows and surface.
            double furrow = Math.Min(0.13, 0.055 * Math.Abs(sulci[i])) + (0.6 * Math.Max(0, depth - 0.2)) + (0.9 * Math.Max(0, -whole));
            double surface = Math.Min(Math.Min(depth, furrow), middleMap[i]);
            shares[0][i] = Math.Max(Inside(surface - 0.006, 0.012), Inside(ventricleMap[i] + (0.003 * warp[i]), edge));
            shares[1][i] = Math.Max(Inside(surface - 0.042, 0.03), 0.75 * Inside(nucleiMap[i], 0.03));
            shares[2][i] = Inside(whole, edge + (1.6 * ambiguity[0][i])) * (1 - (0.5 * shares[0][i]));
            shares[3][i] = Inside(middle, edge + (0.7 * ambiguity[1][i]));
            shares[4][i] = shares[3][i] * Inside(-rim, edge + (0.7 * ambiguity[2][i]));
        }

        var image = new float[Channels * pixels];
        for (int channel = 0; channel < Channels; channel++)
        {
            float[] shading = canvas.Noise(1.4, random);
            var plane = new float[pixels];
            for (int i = 0; i < pixels; i++)
            {
                double value = _white[channel] + (0.02 * texture[i]);
                value = Mix(value, _grey[channel] + (0.02 * texture[i]), shares[1][i]);
                value = Mix(value, _fluid[channel], shares[0][i]);
                value = Mix(value, _swelling[channel] + (0.06 * mottle[i]), shares[2][i]);
                value = Mix(value, _rim[channel] + (0.08 * mottle[i]), shares[3][i]);
                value = Mix(value, _dead[channel] + (0.05 * mottle[i]), shares[4][i]);
                plane[i] = (float)(value * (1 + (0.05 * shading[i])));
            }

            canvas.Blur(plane, 0.0065 * canvas.Unit);
            float[] grain = canvas.Noise(1.2 / canvas.Unit, random);
            double gain = random.Next(420, 780);
            for (int i = 0; i < pixels; i++)
            {
                // All values outside the brain are exactly 0, as in the real set.
                double signal = gain * Math.Max(0.01, plane[i] + (0.022 * grain[i]) + (0.008 * random.NextNormal()));
                image[(channel * pixels) + i] = brainMap[i] < 0.004 ? (float)signal : 0;
            }
        }

        return new PhantomAnatomy(image, structures, ambiguity);
    }
}
