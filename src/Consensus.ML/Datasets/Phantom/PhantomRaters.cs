namespace Consensus.ML.Datasets.Phantom;

/// <summary>
/// Imaginary raters. Each rater has the same habit in all cases (draws large or small, with a steady or an unsteady hand), follows the
/// outline with smooth deviations that grow where the image is ambiguous, and sometimes misses a part.
/// </summary>
internal static class PhantomRaters
{
    private const double Overlooks = 0.1;

    /// <summary>Draws every rater's mask of one structure.</summary>
    /// <param name="canvas">The plane.</param>
    /// <param name="distance">Distance of each pixel from the outline, negative inside.</param>
    /// <param name="ambiguity">The uncertainty of the outline in the image at each pixel.</param>
    /// <param name="raters">Number of raters.</param>
    /// <param name="seed">The data set's seed.</param>
    /// <param name="task">The task's name, which is part of the name of the raters' random numbers.</param>
    /// <param name="split">The split's folder.</param>
    /// <param name="number">The case's number.</param>
    /// <returns>For each rater height × width values of 0 or 1.</returns>
    public static byte[][] Draw(
        PhantomCanvas canvas,
        float[] distance,
        float[] ambiguity,
        int raters,
        int seed,
        string task,
        string split,
        int number)
    {
        double[] biases = Biases(raters, seed, task);
        var masks = new byte[raters][];
        for (int rater = 0; rater < raters; rater++)
        {
            var habit = new PhantomRandom(seed, $"habit/{task}", rater);
            double hand = habit.Next(0.7, 1.25), wavelength = habit.Next(0.1, 0.2);
            var random = new PhantomRandom(seed, $"rater/{task}/{split}", number, rater);
            double mood = 0.2 * random.NextNormal();
            float[] slow = canvas.Noise(2 * wavelength, random), fast = canvas.Noise(wavelength, random);
            double[]? overlooked = random.Next() < Overlooks ? Overlook(canvas, distance, random) : null;

            var mask = new byte[distance.Length];
            for (int i = 0; i < mask.Length; i++)
            {
                double deviation = biases[rater] + mood + (hand * ((0.6 * slow[i]) + (0.45 * fast[i])));
                double line = distance[i] - (ambiguity[i] * deviation) + (overlooked is null ? 0 : overlooked[i]);
                mask[i] = line < 0 ? (byte)1 : (byte)0;
            }

            masks[rater] = mask;
        }

        return masks;
    }

    /// <summary>
    /// The tendencies of the raters, from the smallest to the largest drawing. They are evenly spaced, and the seed assigns them to raters.
    /// So raters disagree by about the same amount with every seed.
    /// </summary>
    private static double[] Biases(int raters, int seed, string task)
    {
        const double largest = 0.75;
        var random = new PhantomRandom(seed, $"biases/{task}");
        var biases = new double[raters];
        for (int rater = 0; rater < raters; rater++)
        {
            biases[rater] = raters == 1 ? 0 : largest * ((2.0 * rater / (raters - 1)) - 1);
        }

        for (int last = raters - 1; last > 0; last--)
        {
            int other = random.NextIndex(last + 1);
            (biases[last], biases[other]) = (biases[other], biases[last]);
        }

        return biases;
    }

    /// <summary>A missed part around a random place on the outline, with soft edges: the values to add to the distance there.</summary>
    private static double[]? Overlook(PhantomCanvas canvas, float[] distance, PhantomRandom random)
    {
        double line = 1.5 / canvas.Unit;
        int inside = 0, candidates = 0;
        for (int i = 0; i < distance.Length; i++)
        {
            inside += distance[i] < 0 ? 1 : 0;
            candidates += distance[i] < 0 && distance[i] > -line ? 1 : 0;
        }

        if (candidates == 0)
        {
            return null;
        }

        int chosen = random.NextIndex(candidates), place = 0;
        for (int i = 0; i < distance.Length; i++)
        {
            if (distance[i] < 0 && distance[i] > -line && chosen-- == 0)
            {
                place = i;
                break;
            }
        }

        // Up to about a tenth of the structure's area.
        double radius = Math.Sqrt(inside / Math.PI) * random.Next(0.2, 0.42);
        double row = place / canvas.Width, column = place % canvas.Width;
        var bite = new double[distance.Length];
        for (int i = 0; i < bite.Length; i++)
        {
            double y = (i / canvas.Width) - row, x = (i % canvas.Width) - column;
            bite[i] = 2 * Math.Max(0, radius - Math.Sqrt((x * x) + (y * y))) / canvas.Unit;
        }

        return bite;
    }
}
