using System.Text;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Tests.Torch.Training;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Loop;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>A network that turns patches of pixels into channels equals the published network on slices that were folded before.</summary>
public sealed class PatchTests
{
    [Fact]
    public void The_pixels_of_a_patch_become_channels_row_by_row_and_pixels_again()
    {
        using var scope = NewDisposeScope();
        Tensor pixels = TensorArithmetic.Range(0, 16, ScalarType.Float32, CPU).view(1, 1, 4, 4);
        Tensor folded = Patches.Fold(pixels, 2);
        Assert.Equal([1, 4, 2, 2], folded.shape);
        Assert.Equal([0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15], folded.data<float>().ToArray());
        Assert.Equal(pixels.data<float>().ToArray(), Patches.Unfold(folded, 2).data<float>().ToArray());
        Assert.Same(pixels, Patches.Fold(pixels, 1));
        Assert.Same(pixels, Patches.Unfold(pixels, 1));
    }

    [Theory]
    [InlineData(2, Conditioning.Encoder)]
    [InlineData(4, Conditioning.Encoder)]
    [InlineData(2, Conditioning.Concatenation)]
    public void A_pass_is_that_of_the_plain_network_on_folded_slices(int patch, object conditioning)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var generator = new Generator(3, CPU);
        const int side = 32, maps = 2, channels = 3;
        var plain = new NetworkOptions
        {
            ModelChannels = 32, ChannelMultipliers = [1, 2], ResidualBlocks = 1, AttentionResolutions = [side / patch / 2],
            EncoderBlocks = 1, EncoderWidth = 8, EncoderGrowth = 4, Conditioning = (Conditioning)conditioning,
        };
        ConsensusNetwork patched = new(plain with { PatchSize = patch }, side, channels, levels: null, learnedVariance: true, maps);
        ConsensusNetwork folded = new(
            plain, side / patch, channels * patch * patch, levels: null, learnedVariance: true, maps * patch * patch);
        Assert.Equal(
            folded.Layout.Specs.Select(spec => (spec.Name, Shape(spec.Shape))),
            patched.Layout.Specs.Select(spec => (spec.Name, Shape(spec.Shape))));

        Tensor[] weights = [.. patched.Layout.Specs.Select(spec => randn(spec.Shape, generator: generator).TimesInPlace(0.1))];
        var context = new ForwardContext(weights, Training: false);
        Tensor image = randn([1, channels, side, side], generator: generator), noise = randn([1, maps, side, side], generator: generator),
            times = tensor(new long[] { 40 });
        Tensor given = patched.Forward(context, noise, patched.EncodeImage(context, image), times, null);
        Tensor expected = folded.Forward(
            context, Patches.Fold(noise, patch), folded.EncodeImage(context, Patches.Fold(image, patch)), times, null);

        Assert.Equal([1, 2 * maps, side, side], given.shape);
        Assert.Equal(Patches.Unfold(expected, patch).data<float>().ToArray(), given.data<float>().ToArray());

        static string Shape(long[] shape) => string.Join('×', shape);
    }

    [Fact]
    public void The_first_and_last_convolutions_alone_are_wider_and_attention_stands_by_the_side_of_the_feature_maps()
    {
        Dictionary<string, long[]> small = Shapes(64, 1), large = Shapes(128, 2);
        Assert.Equal(small.Keys, large.Keys);
        string[] wider = [.. small.Keys.Where(name => !small[name].SequenceEqual(large[name]))];
        Assert.Equal(
            ["rrdb.conv_first.weight", "input_blocks.0.0.weight", "out.2.weight", "out.2.bias"],
            wider.OrderBy(name => Array.IndexOf([.. small.Keys], name)));
        Assert.Equal((4, 4, 8), (large["rrdb.conv_first.weight"][1], large["input_blocks.0.0.weight"][1], large["out.2.weight"][0]));

        static Dictionary<string, long[]> Shapes(int side, int patch) =>
            new ConsensusNetwork(
                new NetworkOptions { PatchSize = patch }, side, imageChannels: 1, levels: 7, learnedVariance: true).Layout.Specs
                .ToDictionary(spec => spec.Name, spec => spec.Shape);
    }

    [Theory]
    [InlineData(64, 64, 1)]
    [InlineData(120, 128, 1)]
    [InlineData(128, 128, 2)]
    [InlineData(136, 128, 1)]
    [InlineData(144, 256, 2)]
    [InlineData(512, 512, 2)]
    public void Left_open_it_follows_the_smaller_side_and_takes_no_patches_where_they_do_not_fit(int height, int width, int patch)
    {
        var open = new NetworkOptions { PatchSize = null };
        Assert.Equal(8, open.SideMultiple);
        Assert.Equal(open with { PatchSize = patch }, open.For(height, width));
        Assert.Equal(0, height % open.For(height, width).SideMultiple);

        NetworkOptions asked = open with { PatchSize = 4 };
        Assert.Equal(32, asked.SideMultiple);
        Assert.Same(asked, asked.For(height, width));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_model_with_patches_trains_the_same_from_one_seed_and_with_its_encoder_computed_twice_and_leaves_no_tensor_behind(
        bool onePass)
    {
        byte[] first = Run(checkpointing: false);
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Assert.Equal(first, Run(checkpointing: !onePass));
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        byte[] Run(bool checkpointing)
        {
            ModelDescription description = Discs.Description();
            NetworkOptions network = description.Network with { PatchSize = 2 };
            var options = new TrainingOptions
            {
                Steps = 3,
                BatchSize = 2,
                ValidationFraction = 0,
                Threads = 1,
                GradientCheckpointing = checkpointing,
            };
            TrainingCase[] cases = Discs.Cases(4);
            using SegmentationModel model = onePass
                ? new UNetTrainer(
                    new()
                    {
                        Height = Discs.Side,
                        Width = Discs.Side,
                        ImageChannels = 1,
                        Levels = 2,
                        Kind = UNetKind.Levels,
                        Rounded = true,
                        PassDropout = 0.1,
                        Network = network,
                    },
                    options, new AugmentationPolicy(), [0f], 1, CPU)
                    .Train(cases, null, null, CancellationToken.None).Model
                : new ConsensusTrainer(description with { Network = network }, options, new AugmentationPolicy(), [0f], 1, CPU)
                    .Train(cases, null, null, CancellationToken.None).Model;
            ConsensusPrediction prediction = model.Predict(
                cases[0].Features, new SamplingOptions { Generations = 2, Steps = 2 }, 1, Mirroring.None);
            Assert.Equal(2 * Discs.Side * Discs.Side, prediction.ConsensusMaps.Length);
            return model.SaveWeights();
        }
    }

    [Fact]
    public void Every_pixel_is_learned_though_the_network_works_on_half_of_each_side()
    {
        // Discs on slices of 16 pixels that training has not seen, from feature maps of 8 and 4.
        ModelDescription description = Discs.Description();
        description = description with
        {
            Network = description.Network with
            {
                PatchSize = 2,
                AttentionResolutions = [4],
                LevelConditioning = LevelConditioning.Channels,
            },
        };
        var options = new TrainingOptions
        {
            Steps = 150,
            BatchSize = 4,
            LearningRate = 2e-3,
            EmaDecay = 0.9,
            TimePower = 3,
            ValidationFraction = 0,
        };
        using ConsensusModel model = new ConsensusTrainer(description, options, null, [0f], 1, CPU)
            .Train(Discs.Cases(12), null, null, CancellationToken.None).Model;
        TrainingCase unseen = Discs.Cases(14)[13];
        ConsensusPrediction prediction = model.Predict(
            unseen.Features, new SamplingOptions { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 2 }, 1, Mirroring.None);
        for (int level = 0; level < 2; level++)
        {
            int pixels = Discs.Side * Discs.Side;
            int wrong = prediction.ConsensusMaps.AsSpan(level * pixels, pixels)
                .ToArray()
                .Zip(unseen.Masks.Unpack().Rater(level).ToArray())
                .Count(pair => (pair.First > 0.5f) != (pair.Second == 1));

            // With whole patches, the error at the edge of a disc of 9 pixels would be larger.
            Assert.InRange(wrong, 0, 6);
        }
    }

    [Fact]
    public void Manifests_and_checkpoints_from_before_there_was_a_choice_mean_none()
    {
        NetworkOptions plain = new() { ModelChannels = 32 }, patched = plain with { PatchSize = 2 };
        string json = Encoding.UTF8.GetString(ManifestJson.Write(Discs.Manifest(patched)));
        Assert.Equal(2, ManifestJson.Read<DiffusionManifest>(Encoding.UTF8.GetBytes(json)).Network.PatchSize);
        string older = json.Replace("\"patchSize\": 2,", "", StringComparison.Ordinal);
        Assert.NotEqual(json, older);
        Assert.Equal(1, ManifestJson.Read<DiffusionManifest>(Encoding.UTF8.GetBytes(older)).Network.PatchSize);

        TrainingFingerprint checkpoint = Discs.Fingerprint(plain).Before("Network.PatchSize");
        Assert.Null(Discs.Fingerprint(plain).DifferencesFrom(checkpoint));
        Assert.Equal("Network.PatchSize is 1 there and 2 here", Discs.Fingerprint(patched).DifferencesFrom(checkpoint));
    }
}
