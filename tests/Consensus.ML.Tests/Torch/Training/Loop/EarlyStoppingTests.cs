using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Loop;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Loop;

/// <summary>A run ends when its patience is used up, with the best weights, and not before.</summary>
public sealed class EarlyStoppingTests
{
    [Theory]
    [InlineData(false, 2, new double[0])]
    [InlineData(false, 2, new[] { 0.5, 0.4 })]
    [InlineData(true, 2, new[] { 0.5, 0.4, 0.45 })]
    [InlineData(true, 2, new[] { 0.5, 0.5, 0.5 })]
    [InlineData(false, 2, new[] { 0.5, 0.4, 0.6, 0.1 })]
    [InlineData(true, 2, new[] { 0.5, 0.4, 0.6, 0.1, 0.6 })]
    [InlineData(true, 1, new[] { 0.5, 0.4 })]
    [InlineData(false, null, new[] { 0.5, 0.4, 0.3, 0.2, 0.1 })]
    public void Patience_counts_validations_that_beat_nothing(bool due, int? patience, double[] scores) =>
        Assert.Equal(due, EarlyStopping.IsDue(patience, [.. scores.Select((score, i) => new ValidationPoint(i + 1, 0, score))]));

    [Fact]
    public void A_run_that_learns_nothing_ends_when_its_patience_does()
    {
        // At this rate the weights stay the same, and so does the score. The first validation is the best. The second and third are not
        // better.
        var options = new TrainingOptions
        {
            Steps = 40, BatchSize = 2, LearningRate = 1e-12, Threads = 1, Validations = 20, Patience = 2, ValidationFraction = 0.25,
            ValidationSampling = new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 1 },
        };
        var log = new List<string>();
        (ConsensusModel model, TrainingHistory history) = new ConsensusTrainer(
            Discs.Description(), options, new AugmentationPolicy(), [0f], 1, CPU)
            .Train(Discs.Cases(10), null, log.Add, CancellationToken.None);
        using (model)
        {
            Assert.Equal([2, 4, 6], history.Validations.Select(point => point.Step));
            Assert.Equal((6, false), (history.Steps, history.Cancelled));
            Assert.Contains("Training ended early, after 6 steps: the last 2 validations brought nothing better.", log);
        }
    }
}
