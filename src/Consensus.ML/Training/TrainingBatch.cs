using Consensus.ML.Imaging;
using Consensus.ML.Labels;
using Consensus.ML.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Training;

/// <summary>The samples of one step: B images and B·P (map, level, time) triples, those of an image one after another.</summary>
/// <param name="Images">B×C×H×W, normalised and augmented.</param>
/// <param name="Starts">x_0: (B·P)×1×H×W in [−1, 1].</param>
/// <param name="Levels">B·P levels from 1; null where the target has none.</param>
/// <param name="Steps">B·P diffusion steps.</param>
internal sealed record TrainingBatch(Tensor Images, Tensor Starts, Tensor? Levels, Tensor Steps)
{
    /// <summary>Some of its images, with all their triples: views, owned by the surrounding dispose scope.</summary>
    public TrainingBatch Slice(long first, long count)
    {
        long pairs = Starts.shape[0] / Images.shape[0];
        return new(Images.narrow(0, first, count), Part(Starts), Levels is null ? null : Part(Levels), Part(Steps));

        Tensor Part(Tensor triples) => triples.narrow(0, first * pairs, count * pairs);
    }
}

/// <summary>Draws the samples of a step; the same step of the same seed draws the same.</summary>
internal sealed class BatchSource(ModelDescription description, TrainingOptions options, AugmentationPolicy? augmentation, IReadOnlyList<float> padding, int seed, IReadOnlyList<TrainingCase> cases)
{
    private readonly CaseSampler _cases = new(description.Height, description.Width, description.ImageChannels, options.BatchSize, augmentation, padding, seed, cases);

    /// <summary>The batch of a step, from 0; its tensors belong to the surrounding dispose scope.</summary>
    public TrainingBatch Draw(long step, Device device)
    {
        using var scope = NewDisposeScope();
        int batch = options.BatchSize, pairs = options.PairsPerImage, pixels = description.Height * description.Width;
        var starts = new float[batch * pairs * pixels];
        var levels = new long[batch * pairs];
        var steps = new long[batch * pairs];
        Tensor images = _cases.Draw(step, device, (i, source, moved, random) =>
        {
            // The pairs of an image take different levels (or raters) as long as there are any: each is as likely as before, and the gradient is less noisy.
            bool byRater = description.Target is TrainingTarget.Annotator or TrainingTarget.AnyAnnotator;
            int[] shuffled = [.. Enumerable.Range(0, byRater ? source.Masks.Raters : description.Levels)];
            random.Shuffle(shuffled);
            for (int pair = 0; pair < pairs; pair++)
            {
                int at = (i * pairs) + pair, drawn = shuffled[pair % shuffled.Length];
                levels[at] = (byRater ? source.Raters[drawn] : drawn) + 1;
                steps[at] = DrawTime(random);
                Span<float> start = starts.AsSpan(at * pixels, pixels);
                if (byRater)
                {
                    DrawMask(moved.Slice(drawn * pixels, pixels), start);
                }
                else
                {
                    DrawVotes(moved, source.Masks.Raters, drawn + 1, start);
                }
            }
        });

        Tensor? levelTensor = description.HasLevelEmbedding ? levels.ToTensor(device) : null;
        return new(
            images.MoveToOuterDisposeScope(),
            starts.ToTensor(device, batch * pairs, 1, description.Height, description.Width).MoveToOuterDisposeScope(),
            levelTensor?.MoveToOuterDisposeScope(),
            steps.ToTensor(device).MoveToOuterDisposeScope());
    }

    /// <summary>x_0 = 2·mask − 1.</summary>
    private static void DrawMask(ReadOnlySpan<byte> mask, Span<float> start)
    {
        for (int pixel = 0; pixel < start.Length; pixel++)
        {
            start[pixel] = (2 * mask[pixel]) - 1;
        }
    }

    /// <summary>x_0 = 2·target − 1 (the paper's Table 2), where the target is a level of agreement or the share of raters.</summary>
    private void DrawVotes(ReadOnlySpan<byte> masks, int raters, int level, Span<float> start)
    {
        int pixels = start.Length, needed = ConsensusLabels.VotesNeeded(level, description.Levels, raters);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            int votes = 0;
            for (int rater = 0; rater < raters; rater++)
            {
                votes += masks[(rater * pixels) + pixel];
            }

            start[pixel] = description.Target == TrainingTarget.Consensus ? (votes >= needed ? 1 : -1) : (2f * votes / raters) - 1;
        }
    }

    private long DrawTime(Random random)
    {
        int steps = description.Diffusion.Steps;
        return (long)(steps * Math.Pow(random.NextDouble(), 1 / (1 + options.TimePower)));
    }
}
