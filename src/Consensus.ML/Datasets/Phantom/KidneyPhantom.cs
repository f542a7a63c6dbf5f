using static Consensus.ML.Datasets.Phantom.PhantomShape;

namespace Consensus.ML.Datasets.Phantom;

/// <summary>
/// A kidney in contrast-enhanced CT, in Hounsfield units, with its surroundings: fat, liver, psoas, spine, bowel, a great vessel, ribs and
/// the body wall. The kidney is the structure. Its outline is ambiguous towards the liver and at the hilum.
/// </summary>
internal static class KidneyPhantom
{
    private const double Air = -1024;

    public static PhantomAnatomy Draw(PhantomCanvas canvas, PhantomRandom random)
    {
        double turn = random.Next(-0.75, -0.15), radiusLong = random.Next(0.33, 0.41), radiusShort = random.Next(0.23, 0.28);
        double kidneyX = random.Next(-0.12, 0.02), kidneyY = random.Next(0.04, 0.16);
        var kidney = new PhantomShape(kidneyX, kidneyY, radiusShort, radiusLong, turn, 0.025, random);
        double hilumX = kidneyX + (radiusShort * 1.05), hilumY = kidneyY - (0.25 * radiusLong);
        var hilum = new PhantomShape(hilumX, hilumY, random.Next(0.10, 0.14), random.Next(0.055, 0.085), turn * 0.5, 0.1, random);
        var sinus = new PhantomShape(
            hilumX - (0.55 * radiusShort), hilumY + 0.03, random.Next(0.085, 0.115), random.Next(0.12, 0.15), turn, 0.14, random, 2, 9);
        int pyramids = 6 + random.NextIndex(4);
        double pyramidPhase = random.Next(0, 6.2);

        var body = new PhantomShape(0.65, -0.2, random.Next(1.48, 1.6), random.Next(1.22, 1.32), 0, 0.008, random);
        var liver = new PhantomShape(random.Next(-0.15, 0.05), random.Next(-0.84, -0.76), 0.85, random.Next(0.48, 0.56), 0.1, 0.04, random);
        var vertebra = new PhantomShape(1.0, 0.3, 0.32, 0.27, 0, 0.03, random);
        var process = new PhantomShape(0.97, 0.72, 0.09, 0.22, 0.1, 0.05, random);
        var psoas = new PhantomShape(random.Next(0.5, 0.56), 0.42, random.Next(0.13, 0.17), 0.22, 0.25, 0.05, random);
        var quadratus = new PhantomShape(0.33, 0.69, 0.22, 0.085, 0.15, 0.05, random);
        var erector = new PhantomShape(0.63, 0.87, 0.28, 0.13, -0.05, 0.04, random);
        var vessel = new PhantomShape(random.Next(0.66, 0.74), random.Next(-0.12, -0.02), 0.095, 0.085, 0, 0.04, random);
        var duodenum = new PhantomShape(random.Next(0.32, 0.42), random.Next(-0.28, -0.22), 0.15, 0.11, -0.3, 0.08, random);
        var bowel = new PhantomShape(random.Next(0.72, 0.85), random.Next(-0.5, -0.4), 0.2, 0.16, 0.4, 0.08, random);
        double gasLevel = random.Next(-0.55, -0.45);
        PhantomShape[] ribs =
        [
            Rib(body, random, 2.72), Rib(body, random, 2.25), Rib(body, random, 1.78),
        ];
        double fatLayer = random.Next(0.07, 0.13), wall = random.Next(0.09, 0.12);
        double cortexValue = random.Next(160, 210), medulla = cortexValue - random.Next(25, 60), liverValue = random.Next(95, 130);

        float[] warp = canvas.Noise(0.09, random);
        float[] bodyMap = canvas.Map(body.Distance);
        float[] liverMap = canvas.Map(liver.Distance);
        float[] kidneyMap = canvas.Map((x, y) => Cut(kidney.Distance(x, y), hilum.Distance(x, y), 0.05));
        float[] bowlMap = canvas.Map(kidney.Distance);
        float[] sinusMap = canvas.Map((x, y) => Join(sinus.Distance(x, y), hilum.Distance(x, y), 0.05));
        float[] pyramidMap = canvas.Map((x, y) => Math.Cos((pyramids * Math.Atan2(y - kidneyY, x - kidneyX)) + pyramidPhase));
        float[] spineMap = canvas.Map((x, y) => Math.Min(vertebra.Distance(x, y), process.Distance(x, y)));
        float[] muscleMap = canvas.Map(
            (x, y) => Math.Min(Math.Min(psoas.Distance(x, y), quadratus.Distance(x, y)), erector.Distance(x, y)));
        float[] veinMap = canvas.Map((x, y) => Join(vessel.Distance(x, y), Vein(x, y, hilumX, hilumY), 0.05));
        float[] bowelMap = canvas.Map((x, y) => Math.Min(duodenum.Distance(x, y), bowel.Distance(x, y)));
        float[] gasMap = canvas.Map((x, y) => Math.Max(bowel.Distance(x, y) + 0.03, y - gasLevel));
        float[] ribMap = canvas.Map((x, y) => ribs.Min(rib => rib.Distance(x, y)));
        float[] hilumMap = canvas.Map(hilum.Distance);
        float[] openness = canvas.Noise(0.25, random);
        float[] texture = canvas.Texture(0.12, 4, random);
        float[] vessels = canvas.Noise(0.22, random);
        float[] strands = canvas.Texture(0.16, 4, random);

        int pixels = canvas.Height * canvas.Width;
        var outline = new float[pixels];
        var ambiguity = new float[pixels];
        var image = new float[pixels];
        const double edge = 0.012;
        for (int i = 0; i < pixels; i++)
        {
            double structure = kidneyMap[i] + (0.006 * warp[i]);
            outline[i] = (float)structure;
            double open = 0.5 + Inside(openness[i], 2);
            double touching = Inside(liverMap[i] - 0.03, 0.06), door = Inside(hilumMap[i] - 0.02, 0.12);
            ambiguity[i] = (float)(open * (0.011 + (0.012 * touching) + (0.019 * door)));

            double depth = bodyMap[i];
            double value = Air + 20;
            value = Mix(value, -105 + (12 * texture[i]), Inside(depth, edge));
            double muscle = 55 + (9 * texture[i]) - (35 * Math.Max(0, strands[i] - 1));
            value = Mix(value, muscle, Inside(Math.Max(depth + fatLayer, -(depth + fatLayer + wall)) + (0.012 * warp[i]), 0.02));
            double cavity = depth + fatLayer + wall + 0.015;

            // Where the noise crosses 0, strands of vessel and fascia run through the fat.
            double strand = Math.Exp(-Square(strands[i] / 0.09)) * Inside(cavity, 0.02);
            value += 45 * strand;
            value = Mix(value, muscle, Inside(muscleMap[i] + (0.01 * warp[i]), 0.018));
            double hepatic = Math.Exp(-Square(vessels[i] / 0.10)) * Inside(0.4 - texture[i], 1.5);
            value = Mix(
                value, liverValue + (6 * texture[i]) + (38 * hepatic), Inside(Math.Max(liverMap[i], cavity) + (0.004 * warp[i]), 0.016));
            value = Mix(value, 45 + (10 * strands[i]), Inside(bowelMap[i], 0.014));
            value = Mix(value, 15 + (18 * texture[i]), Inside(bowelMap[i] + 0.03, 0.02));
            value = Mix(value, -850, Inside(gasMap[i], 0.014));
            value = Mix(value, 150 + (4 * texture[i]), Inside(veinMap[i], 0.014));
            double bone = Mix(520, 190 + (45 * strands[i]), Inside(Math.Max(spineMap[i] + 0.03, 0.03 - 1), 0.02));
            value = Mix(value, bone, Inside(spineMap[i] + (0.004 * warp[i]), 0.014));
            value = Mix(value, Mix(600, 260, Inside(ribMap[i] + 0.016, 0.012)), Inside(ribMap[i], 0.012));

            double into = -bowlMap[i];
            double columns = Inside(-pyramidMap[i] - 0.1, 0.8) * Inside(0.055 - into, 0.02) * Inside(into - 0.17, 0.03);
            double organ = Mix(cortexValue, medulla, columns) + (6 * texture[i]);
            organ = Mix(organ, -60 + (60 * Inside(0.6 - strands[i], 0.8)), Inside(sinusMap[i] + (0.012 * warp[i]), 0.025));
            value = Mix(value, organ, Inside(structure, edge + (0.6 * ambiguity[i])));
            image[i] = (float)value;
        }

        canvas.Blur(image, 0.0042 * canvas.Unit);
        float[] noise = canvas.Noise(1.6 / canvas.Unit, random);
        double dose = random.Next(9, 15);
        for (int i = 0; i < pixels; i++)
        {
            image[i] = (float)Math.Clamp(Math.Round(image[i] + (dose * noise[i]) + (0.4 * dose * random.NextNormal())), Air, 3071);
        }

        return new PhantomAnatomy(image, [outline], [ambiguity]);
    }

    /// <summary>The renal vein: a tube from the hilum to the great vessel.</summary>
    private static double Vein(double x, double y, double hilumX, double hilumY)
    {
        double fromX = hilumX - 0.02, toX = 0.7, share = Math.Clamp((x - fromX) / (toX - fromX), 0, 1);
        double middle = Mix(hilumY, -0.06, share) - (0.03 * Math.Sin(Math.PI * share));
        double beyond = Math.Max(0, Math.Max(fromX - x, x - toX));
        return Math.Sqrt(Square(y - middle) + Square(beyond)) - Mix(0.025, 0.04, share);
    }

    private static PhantomShape Rib(PhantomShape body, PhantomRandom random, double angle)
    {
        angle += random.Next(-0.12, 0.12);

        // From outside inwards until the wall is reached.
        double reach = 1.7;
        while (body.Distance(0.65 + (reach * Math.Cos(angle)), -0.2 + (reach * Math.Sin(angle))) > -0.17)
        {
            reach -= 0.01;
        }

        return new PhantomShape(
            0.65 + (reach * Math.Cos(angle)), -0.2 + (reach * Math.Sin(angle)), random.Next(0.06, 0.1), random.Next(0.03, 0.04),
            angle + (Math.PI / 2), 0.05, random);
    }

    private static double Square(double value) => value * value;
}
