using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;
using Consensus.ML.Options;
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
    /// <summary>
    /// Mean soft Dice (5 thresholds) over the cases. Cases are predicted side by side where slices are small: several predictions with a
    /// thread each are faster than one after another with all threads.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public double Compute(SegmentationModel model, CancellationToken cancellation)
    {
        var mirroring = Mirroring.LearnedFrom(augmentation, MaskOffset.Mean(TrainingCase.MaskSizes(cases), model.Height, model.Width));
        PredictionShare share = PredictionShare.For(model, cases.Count, TorchThreads.Current);
        var scores = new double[cases.Count];
        int next = -1;
        using (var threads = new MemberThreads(share.Workers, share.TorchThreads))
        {
            threads.Run(_ =>
            {
                int done = 0;
                for (int i; (i = Interlocked.Increment(ref next)) < scores.Length; done++)
                {
                    scores[i] = Of(model, i, mirroring, cancellation);
                }

                return done;
            });
        }

        return scores.Average();
    }

    private double Of(SegmentationModel model, int index, Mirroring mirroring, CancellationToken cancellation)
    {
        TrainingCase one = cases[index];
        ConsensusPrediction prediction = model.Predict(
            one.Features, sampling, SeededRandom.Seed(seed, SeededRandom.Purpose.Validation, index), mirroring, cancellation: cancellation);
        float[] truth = ConsensusLabels.SoftMap(Resampling.Nearest(one.Masks.Unpack(), model.Height, model.Width));
        return SoftDice.Mean(prediction.SoftMap, truth, SoftDice.FiveThresholds);
    }
}
