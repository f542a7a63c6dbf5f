using static Consensus.ML.Datasets.Phantom.PhantomShape;

namespace Consensus.ML.Datasets.Phantom;

/// <summary>
/// The pelvis of a man in T2-weighted MRI: the prostate with a bright peripheral zone and a mottled central gland, the rectum behind it,
/// the bladder in front of it, and muscle, bone and fat around it. Task 1 is the whole prostate. Task 2 is the central gland, whose border
/// is more ambiguous.
/// </summary>
internal static class ProstatePhantom
{
    public static PhantomAnatomy Draw(PhantomCanvas canvas, PhantomRandom random)
    {
        double width = random.Next(0.30, 0.38), height = random.Next(0.25, 0.31), glandY = random.Next(-0.05, 0.03);
        var gland = new PhantomShape(0, glandY, width, height, 0, 0.025, random);
        double share = random.Next(0.62, 0.76);
        var central = new PhantomShape(
            random.Next(-0.015, 0.015), glandY - (0.2 * height), width * share, height * share * 0.98, 0, 0.04, random);
        double bladderY = glandY - height - random.Next(0.14, 0.2);
        var bladder = new PhantomShape(0, bladderY, random.Next(0.32, 0.46), random.Next(0.13, 0.19), 0, 0.03, random);
        double rectumY = glandY + height + random.Next(0.16, 0.2);
        var rectum = new PhantomShape(random.Next(-0.04, 0.04), rectumY, random.Next(0.16, 0.23), random.Next(0.12, 0.16), 0, 0.05, random);
        bool gas = random.Next() < 0.5;
        var symphysis = new PhantomShape(0, -0.98, 0.12, 0.22, 0, 0.05, random);
        PhantomShape[] bones =
        [
            new(-0.98, -0.3, 0.27, 0.3, 0.1, 0.04, random), new(0.98, -0.3, 0.27, 0.3, -0.1, 0.04, random),
            new(-0.36, -1.0, 0.26, 0.13, 0.35, 0.05, random), new(0.36, -1.0, 0.26, 0.13, -0.35, 0.05, random),
        ];
        PhantomShape[] muscles =
        [
            new(-0.64, -0.02, 0.1, 0.42, 0.12, 0.05, random), new(0.64, -0.02, 0.1, 0.42, -0.12, 0.05, random),
            new(-0.8, 0.88, 0.62, 0.2, 0.5, 0.05, random), new(0.8, 0.88, 0.62, 0.2, -0.5, 0.05, random),
            new(-0.97, 0.24, 0.17, 0.17, 0, 0.07, random), new(0.97, 0.24, 0.17, 0.17, 0, 0.07, random),
        ];
        PhantomShape[] sling =
        [
            new(-(width + 0.09), glandY + 0.17, 0.028, 0.27, -0.22, 0.05, random),
            new(width + 0.09, glandY + 0.17, 0.028, 0.27, 0.22, 0.05, random),
        ];
        PhantomShape[] bundles =
        [
            new(-0.8 * width, glandY + (0.9 * height), 0.035, 0.025, 0, 0.1, random),
            new(0.8 * width, glandY + (0.9 * height), 0.035, 0.025, 0, 0.1, random),
        ];
        double endY = rectumY + 0.42;
        var coccyx = new PhantomShape(0, endY, 0.1, 0.06, 0, 0.08, random);

        float[] warp = canvas.Noise(0.08, random);
        float[] glandMap = canvas.Map(gland.Distance);
        float[] centralMap = canvas.Map(central.Distance);
        float[] bladderMap = canvas.Map(bladder.Distance);
        float[] rectumMap = canvas.Map(rectum.Distance);
        float[] boneMap = canvas.Map((x, y) => Math.Min(bones.Min(shape => shape.Distance(x, y)), coccyx.Distance(x, y)));
        float[] symphysisMap = canvas.Map(symphysis.Distance);
        float[] muscleMap = canvas.Map((x, y) => muscles.Min(shape => shape.Distance(x, y)));
        float[] slingMap = canvas.Map((x, y) => sling.Min(shape => shape.Distance(x, y)));
        float[] bundleMap = canvas.Map((x, y) => bundles.Min(shape => shape.Distance(x, y)));
        float[] apex = canvas.Map((x, y) => y - (glandY - (0.7 * height)));
        float[] openness = canvas.Noise(0.25, random);
        float[] nodules = canvas.Texture(0.085, 3, random);
        float[] texture = canvas.Texture(0.1, 4, random);
        float[] fibres = canvas.Texture(0.2, 5, random);
        float[] shading = canvas.Noise(1.5, random);
        float[] coil = canvas.Map((x, y) => 1.12 * Math.Exp(-((x * x) + (y * y)) / 3.2));

        double gain = random.Next(380, 640), peripheral = random.Next(0.72, 0.86), inner = random.Next(0.36, 0.44);
        int pixels = canvas.Height * canvas.Width;
        var whole = new float[pixels];
        var centre = new float[pixels];
        var wholeOpen = new float[pixels];
        var centreOpen = new float[pixels];
        var image = new float[pixels];
        const double edge = 0.012;
        for (int i = 0; i < pixels; i++)
        {
            double outline = glandMap[i] + (0.007 * warp[i]);
            double border = Math.Max(centralMap[i] + (0.012 * warp[i]), outline + 0.02);
            double open = 0.4 + (1.2 * Inside(openness[i], 2));
            whole[i] = (float)outline;
            centre[i] = (float)border;

            // The front of the gland fades into muscle, so its border is not visible there.
            wholeOpen[i] = (float)(open * (0.0135 + (0.012 * Inside(apex[i], 0.1))));
            centreOpen[i] = (float)(open * 0.014);

            double value = 0.6 + (0.05 * texture[i]) - (0.10 * Math.Exp(-Square(fibres[i] / 0.12)));
            value = Mix(
                value, 0.17 + (0.02 * texture[i]) + (0.22 * Math.Max(0, fibres[i] - 1.1)), Inside(muscleMap[i] + (0.014 * warp[i]), 0.02));
            value = Mix(value, Mix(0.1, 0.58 + (0.05 * texture[i]), Inside(boneMap[i] + 0.03, 0.02)), Inside(
                boneMap[i] + (0.006 * warp[i]), 0.016));
            value = Mix(value, 0.2 + (0.04 * texture[i]), Inside(symphysisMap[i], 0.03));
            value = Mix(value, 0.19, Inside(slingMap[i] + (0.008 * warp[i]), 0.014));
            value = Mix(value, 0.28, Inside(bladderMap[i] - 0.022, 0.014));
            value = Mix(value, 1.02 + (0.015 * texture[i]), Inside(bladderMap[i] + (0.004 * warp[i]), 0.014));
            value = Mix(value, 0.36 + (0.05 * texture[i]), Inside(rectumMap[i] - 0.012 + (0.006 * warp[i]), 0.016));
            value = Mix(value, gas ? 0.05 : 0.52 + (0.13 * fibres[i]), Inside(rectumMap[i] + 0.035 + (0.01 * warp[i]), 0.02));
            value = Mix(value, 0.3 + (0.25 * Inside(-texture[i], 0.7)), Inside(bundleMap[i], 0.015));

            double organ = peripheral + (0.05 * texture[i]) + (0.04 * fibres[i]);
            double core = inner + (0.13 * nodules[i]) + (0.03 * texture[i]);
            core = Mix(core, 0.2, 0.7 * Inside(apex[i] - 0.02, 0.08));
            core = Mix(core, inner - 0.16, 0.7 * Math.Exp(-Square(border / 0.012)));
            organ = Mix(organ, core, Inside(border, edge + (0.7 * centreOpen[i])));
            organ = Mix(organ, 0.2, 0.75 * Math.Exp(-Square((outline + 0.004) / 0.009)));
            value = Mix(value, organ, Inside(outline, edge + (0.7 * wholeOpen[i])));
            image[i] = (float)(value * coil[i] * (1 + (0.05 * shading[i])));
        }

        canvas.Blur(image, 0.0045 * canvas.Unit);
        float[] grain = canvas.Noise(1.5 / canvas.Unit, random);
        for (int i = 0; i < pixels; i++)
        {
            image[i] = (float)Math.Round(gain * Math.Sqrt(Square(image[i] + (0.018 * grain[i])) + Square(0.012 * random.NextNormal())));
        }

        return new PhantomAnatomy(image, [whole, centre], [wholeOpen, centreOpen]);
    }

    private static double Square(double value) => value * value;
}
