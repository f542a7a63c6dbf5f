using System.Text;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Tests.Torch.Training;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Loop;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>The image enters the first convolution beside x_t. The U-Net is also tested alone.</summary>
public sealed class ConditioningTests
{
    private static readonly NetworkOptions Small = SmallNetwork.Options with { EncoderWidth = 8, EncoderGrowth = 4 };
    private static readonly NetworkOptions Concatenated = Small with { Conditioning = Conditioning.Concatenation };

    [Fact]
    public void Concatenation_changes_the_first_convolution_and_leaves_the_encoder_out()
    {
        Dictionary<string, long[]> with = Shapes(new ConsensusNetwork(Small, 16, 3, 2, false).Layout),
            without = Shapes(new ConsensusNetwork(Concatenated, 16, 3, 2, false).Layout);
        Assert.Equal(with.Keys.Where(name => !name.StartsWith("rrdb.", StringComparison.Ordinal)), without.Keys);
        Assert.Equal([32, 1, 3, 3], with["input_blocks.0.0.weight"]);
        Assert.Equal([32, 4, 3, 3], without["input_blocks.0.0.weight"]);
        Assert.All(without.Keys.Where(name => name != "input_blocks.0.0.weight"), name => Assert.Equal(with[name], without[name]));
    }

    [Fact]
    public void The_U_Net_alone_has_the_published_names_without_embeddings()
    {
        var layout = new WeightLayout();
        _ = new UNet(layout, Small, 16, inputs: 3, outputs: 7, embedding: null);
        Dictionary<string, long[]> published = Shapes(new ConsensusNetwork(Small, 16, 3, 2, false).Layout), alone = Shapes(layout);
        string[] left = ["time_embed.", "label_emb.", "rrdb."];
        Assert.Equal(
            published.Keys.Where(name => !left.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))
                && !name.Contains(".emb_layers.", StringComparison.Ordinal)),
            alone.Keys);
        Assert.Equal([32, 3, 3, 3], alone["input_blocks.0.0.weight"]);
        Assert.Equal([7, 32, 3, 3], alone["out.2.weight"]);
        Assert.Equal([7], alone["out.2.bias"]);
    }

    /// <summary>A GPU's norm needs weights of its input's type; they are rounded once, not in each call.</summary>
    [Fact]
    public void Weights_of_norms_can_be_prepared_in_the_format_of_their_input()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var network = new ConsensusNetwork(Small, 16, 1, 2, false);
        using WeightSet weights = WeightSet.Initialize(network.Layout, CPU, 1);
        using var generator = new Generator(5, CPU);
        foreach (Tensor weight in weights.Weights)
        {
            weight.copy_(randn(weight.shape, generator: generator).TimesInPlace(0.05));
        }

        using PreparedWeights plain = weights.Prepare(Precision.BFloat16), prepared = weights.Prepare(Precision.BFloat16, norms: true);
        int norms = 0;
        for (int i = 0; i < weights.Weights.Count; i++)
        {
            string name = network.Layout.Specs[i].Name;
            bool isNorm = network.Layout.Specs[i].Shape.Length == 1
                && (name.Contains("layers.0.", StringComparison.Ordinal) || name.Contains("norm", StringComparison.Ordinal)
                    || name.StartsWith("out.0.", StringComparison.Ordinal));
            norms += isNorm ? 1 : 0;
            Assert.Equal(isNorm ? ScalarType.BFloat16 : plain.Weights[i].dtype, prepared.Weights[i].dtype);
            Assert.Equal(
                weights.Weights[i].to_type(prepared.Weights[i].dtype).to_type(ScalarType.Float32).data<float>().ToArray(),
                prepared.Weights[i].to_type(ScalarType.Float32).data<float>().ToArray());
        }

        // Eight residual blocks (two down, two in the middle, four up) with two norms each, an attention in the middle and at the three
        // blocks of side 8, and the last norm: each has a weight and a bias.
        Assert.Equal(2 * ((8 * 2) + 4 + 1), norms);
        Tensor image = randn([1, 1, 16, 16], generator: generator), noisy = randn([2, 1, 16, 16], generator: generator),
            times = tensor(new long[] { 1, 2 });
        float[] expected = Run(plain), actual = Run(prepared);
        double scale = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(Math.Abs(pair.First - pair.Second) / scale, 0, 0.05));

        float[] Run(PreparedWeights used)
        {
            var context = new ForwardContext(used.Weights, Training: false);
            return [.. network.Forward(context, noisy, network.EncodeImage(context, image), times, times).data<float>()];
        }
    }

    /// <summary>Sampling names the view of each pass, and copies no features.</summary>
    [Theory]
    [InlineData(Conditioning.Encoder)]
    [InlineData(Conditioning.Concatenation)]
    public void Passes_that_name_their_images_have_the_bits_of_passes_with_a_copy_of_the_features_each(object conditioning)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var network = new ConsensusNetwork(Small with { Conditioning = (Conditioning)conditioning }, 16, 1, 2, false);
        using WeightSet weights = WeightSet.Initialize(network.Layout, CPU, 1);
        using var generator = new Generator(5, CPU);
        foreach (Tensor weight in weights.Weights)
        {
            // Also those that begin at zero, so that everything shows in the output.
            weight.copy_(randn(weight.shape, generator: generator).TimesInPlace(0.05));
        }

        var context = new ForwardContext(weights.Weights, Training: false);
        Tensor features = network.EncodeImage(context, randn([3, 1, 16, 16], generator: generator)),
            noisy = randn([5, 1, 16, 16], generator: generator), times = tensor(new long[] { 3, 1, 4, 1, 5 }),
            levels = tensor(new long[] { 1, 2, 1, 2, 1 });
        int[] seen = [2, 0, 0, 1, 2];
        Tensor copied = features.index_select(0, tensor(seen.Select(image => (long)image).ToArray()));
        Assert.Equal(
            network.Forward(context, noisy, copied, times, levels).data<float>().ToArray(),
            network.Forward(context, noisy, features, times, levels, seen).data<float>().ToArray());
    }

    [Fact]
    public void Every_map_of_an_image_sees_that_image_which_comes_before_it()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var network = new ConsensusNetwork(Concatenated, 16, 2, 2, false);
        using WeightSet weights = WeightSet.Initialize(network.Layout, CPU, seed: 1);
        using var generator = new Generator(3, CPU);

        // The last convolution begins at zero, and then all outputs would be equal.
        Tensor last = weights.Weights[Place(network.Layout, "out.2.weight")],
            first = weights.Weights[Place(network.Layout, "input_blocks.0.0.weight")];
        last.copy_(randn(last.shape, generator: generator));
        var context = new ForwardContext(weights.Weights, Training: false);
        Tensor images = randn([2, 2, 16, 16], generator: generator), noisy = randn([6, 1, 16, 16], generator: generator);
        Tensor times = tensor(new long[] { 1, 2, 3, 4, 5, 6 }), levels = tensor(new long[] { 1, 2, 1, 2, 1, 2 });
        Tensor together = network.Forward(context, noisy, network.EncodeImage(context, images), times, levels);
        for (int map = 0; map < 6; map++)
        {
            Tensor alone = network.Forward(
                context, noisy.narrow(0, map, 1), network.EncodeImage(context, images.narrow(0, map / 3, 1)), times.narrow(0, map, 1),
                levels.narrow(0, map, 1));
            Assert.True((alone - together.narrow(0, map, 1)).abs().max().item<float>() < 1e-4);
        }

        // Without its last input the convolution no longer sees x_t. Without the other inputs it sees no image.
        Tensor kept = first.clone();
        first.narrow(1, 2, 1).zero_();
        Assert.Equal(Values(noisy, images), Values(noisy.flip(0), images));
        Assert.NotEqual(Values(noisy, images), Values(noisy, images.flip(0)));
        first.copy_(kept);
        first.narrow(1, 0, 2).zero_();
        Assert.Equal(Values(noisy, images), Values(noisy, images.flip(0)));
        Assert.NotEqual(Values(noisy, images), Values(noisy.flip(0), images));

        float[] Values(Tensor maps, Tensor pictures) =>
            network.Forward(context, maps, network.EncodeImage(context, pictures), zeros_like(times), ones_like(levels))
                .contiguous()
                .data<float>()
                .ToArray();
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void A_model_without_encoder_trains_the_same_from_one_seed_and_leaves_no_tensor_behind(object precision)
    {
        byte[] first = Run();
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Assert.Equal(first, Run());
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        byte[] Run()
        {
            ModelDescription description = Discs.Description(TrainingTarget.AnyAnnotator) with { Network = Concatenated };
            var options = new TrainingOptions
            {
                Steps = 2,
                BatchSize = 2,
                PairsPerImage = 2,
                ValidationFraction = 0,
                Threads = 1,
                Precision = (Precision)precision,
            };
            using ConsensusModel model = new ConsensusTrainer(description, options, new AugmentationPolicy(), [0f], 1, CPU)
                .Train(Discs.Cases(4), null, null, CancellationToken.None).Model;
            Assert.Equal(256, model.Predict(
                Discs.Cases(1)[0].Features,
                new SamplingOptions { Generations = 2, Steps = 2, BatchSize = 3, Precision = (Precision)precision },
                1).SoftMap.Length);
            return model.SaveWeights();
        }
    }

    [Fact]
    public void Manifests_and_checkpoints_from_before_there_was_a_choice_mean_the_encoder()
    {
        string json = Encoding.UTF8.GetString(ManifestJson.Write(Discs.Manifest(Concatenated)));
        Assert.Contains("\"conditioning\": \"concatenation\"", json, StringComparison.Ordinal);
        Assert.Equal(Conditioning.Concatenation, ManifestJson.Read<DiffusionManifest>(Encoding.UTF8.GetBytes(json)).Network.Conditioning);
        string older = json.Replace("\"conditioning\": \"concatenation\",", "", StringComparison.Ordinal);
        Assert.NotEqual(json, older);
        Assert.Equal(Conditioning.Encoder, ManifestJson.Read<DiffusionManifest>(Encoding.UTF8.GetBytes(older)).Network.Conditioning);

        TrainingFingerprint checkpoint = Discs.Fingerprint(Small).Before("Network.Conditioning");
        Assert.Null(Discs.Fingerprint(Small).DifferencesFrom(checkpoint));
        Assert.Contains("Network.Conditioning", Discs.Fingerprint(Concatenated).DifferencesFrom(checkpoint), StringComparison.Ordinal);
    }

    private static Dictionary<string, long[]> Shapes(WeightLayout layout) =>
        layout.Specs.ToDictionary(spec => spec.Name, spec => spec.Shape);

    private static int Place(WeightLayout layout, string name) =>
        Enumerable.Range(0, layout.Specs.Count).Single(i => layout.Specs[i].Name == name);
}
