using Consensus.ML.Options;
using Consensus.ML.Tests.Torch.Training;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;
using InterpolationMode = Consensus.Imaging.Augmentation.InterpolationMode;

namespace Consensus.ML.Tests.Torch.Models;

/// <summary>Slices that a GPU predicts together have the maps of each alone.</summary>
public sealed class SlicesTogetherTests
{
    // Convolutions of a larger batch may add float32 numbers in another order.
    private const float Rounding = 1e-5f;

    private static readonly Mirroring Mirroring = new(Mirrored.Columns | Mirrored.Rows, new(0.25, -0.25));

    [Theory]
    [InlineData(SamplerKind.Ddpm, Conditioning.Encoder, TrainingTarget.Consensus)]
    [InlineData(SamplerKind.Ddim, Conditioning.Concatenation, TrainingTarget.SoftLabel)]
    public void Maps_are_those_of_each_slice_alone(object sampler, object conditioning, object target)
    {
        using ConsensusModel model = Model((Conditioning)conditioning, (TrainingTarget)target);
        var sampling = new SamplingOptions
        {
            Generations = 3, Sampler = (SamplerKind)sampler, Steps = 3, Mirror = true, BatchSize = 7,
            MirrorInterpolation = InterpolationMode.Cubic,
        };
        float[][] slices = [.. Discs.Cases(3).Select(one => one.Features)];
        ulong[] seeds = [5, 6, 5];
        ConsensusPrediction[] together = model.Predict(slices, sampling, seeds, Mirroring, keepSamples: true);
        Assert.Equal(3, together.Length);
        for (int i = 0; i < slices.Length; i++)
        {
            ConsensusPrediction alone = model.Predict(slices[i], sampling, seeds[i], Mirroring, keepSamples: true);
            AssertEqual(alone.Samples!, together[i].Samples!);
            AssertEqual(alone.ConsensusMaps, together[i].ConsensusMaps);
        }

        Assert.NotEqual(together[0].ConsensusMaps, together[1].ConsensusMaps);
    }

    [Fact]
    public void They_are_sent_and_read_once_and_fill_a_batch()
    {
        using ConsensusModel model = Model(Conditioning.Encoder, TrainingTarget.Consensus);
        var sampling = new SamplingOptions { Generations = 2, Sampler = SamplerKind.Ddim, Steps = 2, BatchSize = 17 };
        float[][] slices = [.. Discs.Cases(4).Select(one => one.Features)];
        model.Predict(slices[0], sampling, 1);
        using var count = new TransferCount();
        model.Predict(slices, sampling, [1, 2, 3, 4]);

        // The images, and the noise of all slices.
        Assert.Equal((1, 2), (count.ReadBacks, count.Uploads));

        // A slice has four passes: two generations of two levels.
        Assert.Equal(4, model.SlicesAtOnce(sampling));
        Assert.Equal(1, model.SlicesAtOnce(sampling with { BatchSize = 3 }));
        Assert.Equal(64, model.SlicesAtOnce(sampling with { BatchSize = 4096 }));
        Assert.Equal(1, model.SlicesAtOnce(sampling with { Tolerance = 0.1 }));
    }

    private static void AssertEqual(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, Rounding));
    }

    /// <summary>A model whose weights are all random: a new network begins with zeros and draws the same for every slice.</summary>
    private static ConsensusModel Model(Conditioning conditioning, TrainingTarget target)
    {
        ModelDescription description = Discs.Description(target, new() { Steps = 10, Prediction = PredictionType.XStart });
        description = description with { Network = description.Network with { Conditioning = conditioning } };
        ConsensusNetwork network = description.CreateNetwork();
        WeightSet weights = WeightSet.Initialize(network.Layout, CPU, 1);
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var generator = new Generator(3, CPU);
        foreach (Tensor weight in weights.Weights)
        {
            weight.copy_(weight.Plus(randn(weight.shape, generator: generator).Times(0.05)));
        }

        return ConsensusModel.FromWeights(description, network, [weights], CPU);
    }
}
