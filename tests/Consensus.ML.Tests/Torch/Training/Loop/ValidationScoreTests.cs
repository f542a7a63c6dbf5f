using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Loop;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Loop;

/// <summary>Cases of a validation that are predicted side by side have the score of predictions one after another.</summary>
public sealed class ValidationScoreTests
{
    private static readonly SamplingOptions Sampling = new() { Generations = 1, Steps = 2, Sampler = SamplerKind.Ddim };

    [Fact]
    public void The_score_is_that_of_predictions_one_after_another_with_as_many_threads_each()
    {
        TrainingCase[] cases = [.. Discs.Cases(5)];
        using ConsensusModel model = ConsensusModel.Create(Discs.Description(), CPU, seed: 3);
        double together, expected;
        using (TorchThreads.Use(2))
        {
            Assert.Equal(new PredictionShare(2, 1), PredictionShare.For(model, cases.Length, TorchThreads.Current));
            together = new ValidationScore(cases, Sampling, null, seed: 9).Compute(model, CancellationToken.None);
        }

        using (TorchThreads.Use(1))
        {
            expected = cases.Select((one, at) => SoftDiceOf(model, one, at)).Average();
        }

        Assert.Equal(expected, together);
    }

    [Fact]
    public void A_cancelled_score_ends_with_the_exception_of_its_token()
    {
        using ConsensusModel model = ConsensusModel.Create(Discs.Description(), CPU, seed: 3);
        using TorchThreads threads = TorchThreads.Use(2);
        var score = new ValidationScore([.. Discs.Cases(5)], Sampling, null, seed: 9);
        var cancelled = new CancellationToken(canceled: true);
        Assert.Equal(
            cancelled, Assert.ThrowsAny<OperationCanceledException>(() => score.Compute(model, cancelled)).CancellationToken);
    }

    [Theory]
    [InlineData(11, 2, 2, 1)]
    [InlineData(4, 16, 4, 1)]
    [InlineData(1, 16, 1, 16)]
    [InlineData(9, 1, 1, 1)]
    [InlineData(0, 2, 1, 2)]
    [InlineData(40, 16, 16, 1)]
    public void Several_predictions_have_one_thread_each_and_a_single_one_has_all(
        int predictions, int threads, int workers, int threadsEach) =>
        Assert.Equal(new PredictionShare(workers, threadsEach), PredictionShare.Of(predictions, threads));

    private static double SoftDiceOf(ConsensusModel model, TrainingCase one, int at)
    {
        float[] map = model.Predict(one.Features, Sampling, SeededRandom.Seed(9, SeededRandom.Purpose.Validation, at)).SoftMap;
        return SoftDice.Mean(map, ConsensusLabels.SoftMap(one.Masks.Unpack()), SoftDice.FiveThresholds);
    }
}
