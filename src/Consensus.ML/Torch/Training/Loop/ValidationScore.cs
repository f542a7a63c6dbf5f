using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;
using Consensus.ML.Options;
using Consensus.ML.Torch.Collectives;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;

namespace Consensus.ML.Torch.Training.Loop;

/// <summary>How good a model's maps of the cases set aside are.</summary>
/// <param name="cases">The cases.</param>
/// <param name="sampling">How their maps are sampled.</param>
/// <param name="augmentation">The random changes of the training; null for none.</param>
/// <param name="seed">The seed of the run.</param>
internal sealed class ValidationScore(
    IReadOnlyList<TrainingCase> cases,
    SamplingOptions sampling,
    AugmentationPolicy? augmentation,
    int seed)
{
    /// <summary>The processes that share the cases.</summary>
    public ICollective Processes { get; init; } = OneProcess.Instance;

    /// <summary>
    /// Mean soft Dice (5 thresholds) over the cases; the score of a case is the mean over its structures. Cases are predicted side by side
    /// where slices are small: several predictions with a thread each are faster than one after another with all threads.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public double Compute(SegmentationModel model, CancellationToken cancellation)
    {
        var mirroring = Mirroring.LearnedFrom(augmentation, MaskOffset.Mean(TrainingCase.MaskSizes(cases), model.Height, model.Width));
        var scores = new double[cases.Count];
        int[] own = [.. Enumerable.Range(0, cases.Count).Where(i => i % Processes.Size == Processes.Rank)];
        Processes.Together(() =>
        {
            PredictionShare share = PredictionShare.For(model, Math.Max(1, own.Length), TorchThreads.Current);
            int next = -1;
            using var threads = new MemberThreads(share.Workers, share.TorchThreads);
            threads.Run(_ =>
            {
                int done = 0;
                for (int at; (at = Interlocked.Increment(ref next)) < own.Length; done++)
                {
                    scores[own[at]] = Of(model, own[at], mirroring, cancellation);
                }

                return done;
            });
        });

        // Each score is added to zeros, so that the mean is that of one process to the bit.
        Processes.Sum(scores);
        return scores.Average();
    }

    private double Of(SegmentationModel model, int index, Mirroring mirroring, CancellationToken cancellation)
    {
        TrainingCase one = cases[index];
        ConsensusPrediction prediction = model.Predict(
            one.Features, sampling, SeededRandom.Seed(seed, SeededRandom.Purpose.Validation, index), mirroring, cancellation: cancellation);
        RaterMasks masks = Resampling.Nearest(one.Masks.Unpack(), model.Height, model.Width);
        return one.Structures.Where(structure => structure >= 0).Distinct().Average(structure => SoftDice.Mean(
            prediction.Of(structure).SoftMap, ConsensusLabels.SoftMap(one.MasksOf(masks, structure)), SoftDice.FiveThresholds));
    }
}
