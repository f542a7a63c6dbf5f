using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Batches;

/// <summary>
/// The samples of one step: B images, and B·P passes with M maps each (one map, or the maps of all levels). The P passes of an image follow
/// one another.
/// </summary>
/// <param name="Images">B×C×H×W, normalised and augmented.</param>
/// <param name="Starts">x_0: (B·P)×M×H×W in [−1, 1].</param>
/// <param name="Levels">B·P levels from 1; null if the network has no level input.</param>
/// <param name="Steps">B·P diffusion steps.</param>
/// <param name="Present">
/// (B·P)×M: 1 if there is a map, 0 if a rater has not drawn the case (x_0 is then 0); null if all maps are there.
/// </param>
internal sealed record TrainingBatch(Tensor Images, Tensor Starts, Tensor? Levels, Tensor Steps, Tensor? Present)
{
    /// <summary>Some of its images, with all their passes: views, owned by the surrounding dispose scope.</summary>
    public TrainingBatch Slice(long first, long count)
    {
        long pairs = Starts.shape[0] / Images.shape[0];
        return new(
            Images.narrow(0, first, count), Part(Starts), Levels is null ? null : Part(Levels), Part(Steps),
            Present is null ? null : Part(Present));

        Tensor Part(Tensor passes) => passes.narrow(0, first * pairs, count * pairs);
    }
}

/// <summary>Draws the samples of a step; the same step and seed always give the same samples.</summary>
internal sealed class BatchSource(
    ModelDescription description,
    TrainingOptions options,
    AugmentationPolicy? augmentation,
    IReadOnlyList<float> padding,
    int seed,
    IReadOnlyList<TrainingCase> cases,
    BatchPart? part = null)
{
    private readonly BatchPart _part = part ?? BatchPart.WholeOf(options.BatchSize);
    private readonly CaseSampler _cases = new(
        description.Height, description.Width, description.ImageChannels, part ?? BatchPart.WholeOf(options.BatchSize), augmentation,
        padding, seed, cases);

    private readonly MapTargets _targets = new(description);

    /// <summary>Draws the batch of a step, from 0, without tensors, so that any thread can do it.</summary>
    /// <returns>A function that puts the batch on a device. Its tensors belong to the dispose scope around that call.</returns>
    public Func<Device, TrainingBatch> Draw(long step)
    {
        int batch = _part.Count, pairs = options.PairsPerImage, pixels = description.Height * description.Width;
        int maps = description.MapsPerPass;
        var starts = new float[batch * pairs * maps * pixels];
        var present = new float[batch * pairs * maps];
        var levels = new long[batch * pairs];
        var steps = new long[batch * pairs];
        float[] images = _cases.Draw(step, Choose, (i, source, moved, choice) =>
        {
            for (int pair = 0; pair < pairs; pair++)
            {
                int at = (i * pairs) + pair;
                steps[at] = choice.Times[pair];
                foreach (int drawn in maps == 1 ? choice.Shuffled.AsSpan(pair % choice.Shuffled.Length, 1) : choice.Shuffled)
                {
                    int map = maps == 1 ? at : (at * maps) + drawn;
                    levels[at] = drawn + 1;
                    present[map] = 1;
                    _targets.Draw(drawn, source, moved, starts.AsSpan(map * pixels, pixels));
                }
            }
        });

        return device =>
        {
            using var scope = NewDisposeScope();
            return new(
                images.ToTensor(device, batch, description.ImageChannels, description.Height, description.Width).MoveToOuterDisposeScope(),
                starts.ToTensor(device, batch * pairs, maps, description.Height, description.Width).MoveToOuterDisposeScope(),
                description.HasLevelEmbedding ? levels.ToTensor(device).MoveToOuterDisposeScope() : null,
                steps.ToTensor(device).MoveToOuterDisposeScope(),
                present.Contains(0) ? present.ToTensor(device, batch * pairs, maps).MoveToOuterDisposeScope() : null);
        };
    }

    /// <summary>
    /// Draws the maps and times of an image. Its passes take different maps until all are used, unless each pass takes all of them. Each
    /// map is as likely as with independent draws, and the gradient is less noisy.
    /// </summary>
    private (int[] Shuffled, long[] Times) Choose(TrainingCase source, Random random)
    {
        int[] shuffled = _targets.Of(source);
        random.Shuffle(shuffled);
        var times = new long[options.PairsPerImage];
        for (int pair = 0; pair < times.Length; pair++)
        {
            times[pair] = DrawTime(random);
        }

        return (shuffled, times);
    }

    private long DrawTime(Random random)
    {
        int steps = description.Diffusion.Steps;
        return (long)(steps * Math.Pow(random.NextDouble(), 1 / (1 + options.TimePower)));
    }
}
