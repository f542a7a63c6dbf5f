namespace Consensus.ML.Torch.OnePass;

/// <summary>
/// The masks of all raters, and before them the mean of those masks with weights that are drawn for each image of each step and that the
/// network gets too. In half of the cases the raters count equally; in a third each counts by a number from 1 to 10; in a sixth a single
/// rater counts. Raters who have not drawn a case count for nothing.
/// </summary>
/// <param name="raters">Number of different raters.</param>
internal sealed class ExpertiseTarget(int raters) : OnePassTarget
{
    private const int MostPoints = 10;

    /// <inheritdoc/>
    public override int Count => 1 + raters;

    /// <inheritdoc/>
    public override int Inputs => raters;

    /// <inheritdoc/>
    public override bool CanBeMissing => true;

    /// <inheritdoc/>
    public override MapMeaning Meaning => MapMeaning.Raters;

    /// <inheritdoc/>
    /// <returns>The weight of each mask of the image; they sum to 1.</returns>
    public override float[] Draw(int raters, Random random)
    {
        int sixth = random.Next(6), single = random.Next(raters);
        int[] points = [.. Enumerable.Range(0, raters).Select(_ => random.Next(1, MostPoints + 1))];
        int[] chosen = sixth switch
        {
            < 3 => [.. points.Select(_ => 1)],
            < 5 => points,
            _ => [.. points.Select((_, mask) => mask == single ? 1 : 0)],
        };
        float sum = chosen.Sum();
        return [.. chosen.Select(point => point / sum)];
    }

    /// <inheritdoc/>
    public override void Fill(RatersOfImage masks, float[] drawn, TargetBuffers buffers)
    {
        Span<float> mean = buffers.Target(0);
        buffers.Present[0] = 1;
        for (int mask = 0; mask < masks.Count; mask++)
        {
            int rater = masks.Raters[mask];
            Span<float> target = buffers.Target(1 + rater);
            Copy(masks.Mask(mask), target);
            buffers.Present[1 + rater] = 1;
            buffers.Inputs[rater] = drawn[mask];
            for (int pixel = 0; pixel < mean.Length; pixel++)
            {
                mean[pixel] += drawn[mask] * target[pixel];
            }
        }

        // A sum of weights may pass 1 by a rounding, and cross-entropy refuses such a target on a GPU.
        for (int pixel = 0; pixel < mean.Length; pixel++)
        {
            mean[pixel] = Math.Min(mean[pixel], 1);
        }
    }
}
