using System.Text.Json;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>Every quantity of a recorded pass equals the published implementation's within 1e-4 of its largest value.</summary>
[Trait("Category", "Parity")]
public sealed class PublishedNetworkTests
{
    public static TheoryData<string> Networks => [.. TestVectors.Names("*.safetensors").Where(HasRecordedPass)];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Networks))]
    public void The_pass_equals_the_recorded_one(string file)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var published = new PublishedNetwork(file);
        Tensor steps = published.Recorded("t"), start = published.Recorded("x_start"), noise = published.Recorded("noise");
        var context = new ForwardContext(published.Weights.Weights, Training: false);

        Tensor current = published.Process.AddNoise(start, steps, noise);
        AssertClose(published, "x_t", current);
        Tensor features = published.Network.EncodeImage(context, published.Recorded("image"));
        AssertClose(published, "image_features", features);
        Tensor? levels = published.Has("level") ? published.Recorded("level") : null;
        Tensor output = published.Network.Forward(context, current, features, published.Process.NetworkTimes(steps), levels);
        AssertClose(published, "model_output", output);

        // Sampling and losses are checked with the recorded output, so that an error shows where it begins.
        Tensor recorded = published.Recorded("model_output");
        StepPrediction prediction = published.Process.Interpret(recorded, published.Recorded("x_t"), steps, clamp: true);
        AssertClose(published, "pred_x_start", prediction.Start);
        AssertClose(published, "posterior_mean", prediction.Mean);
        AssertClose(published, "log_variance", prediction.LogVariance.expand_as(prediction.Mean));
        AssertClose(published, "ddpm_previous", DiffusionProcess.DdpmPrevious(prediction, steps, published.Recorded("step_noise")));
        AssertClose(published, "ddim_previous", published.Process.DdimPrevious(prediction, published.Recorded("x_t"), steps));
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Networks))]
    public void The_losses_and_every_gradient_norm_equal_the_recorded_ones(string file)
    {
        using var scope = NewDisposeScope();
        using var published = new PublishedNetwork(file);
        Tensor[] leaves = [.. published.Weights.Weights.Select(weight => weight.detach().requires_grad_())];
        var context = new ForwardContext(leaves, Training: true);
        Tensor steps = published.Recorded("t"), start = published.Recorded("x_start"), current = published.Recorded("x_t");
        Tensor features = published.Network.EncodeImage(context, published.Recorded("image"));
        Tensor? levels = published.Has("level") ? published.Recorded("level") : null;
        Tensor output = published.Network.Forward(context, current, features, published.Process.NetworkTimes(steps), levels);

        DiffusionLoss loss = published.Process.Loss(output, start, current, steps, published.Recorded("noise"));

        // With the fixed variance, the published code's loss is a sum over pixels. Ours is the mean, as loss_mse is in the published code.
        double scale = published.Diffusion.LearnedVariance ? 1 : published.Side * published.Side;
        Tensor total = loss.Total.Times(scale);
        AssertClose(published, "loss", total);
        if (published.Has("loss_mse"))
        {
            AssertClose(published, "loss_mse", loss.Main);
        }

        if (published.Has("loss_vb"))
        {
            AssertClose(published, "loss_vb", loss.VariationalBound!);
        }

        using JsonDocument expected = TestVectors.Json(Path.ChangeExtension(file, ".json"));
        JsonElement norms = expected.RootElement.GetProperty("gradient_norms");
        total.mean().backward();
        double largest = norms.EnumerateObject().Max(norm => norm.Value.GetDouble());
        Assert.Equal(norms.EnumerateObject().Count(), leaves.Length);
        for (int i = 0; i < leaves.Length; i++)
        {
            string name = published.Network.Layout.Specs[i].Name;
            double wanted = norms.GetProperty(name).GetDouble(), actual = leaves[i].grad!.norm().item<float>();

            // The error is mostly relative to the norm itself, because a small gradient must be right too. Far below the largest value,
            // float32 has no digits left.
            Assert.True(
                Math.Abs(wanted - actual) <= (1e-4 * wanted) + (1e-5 * largest), $"{name}: gradient norm {actual:R}, published {wanted:R}");
        }
    }

    /// <summary>
    /// A recorded output without the channel of the variance. The rest is the output of a network with the fixed variance.
    /// </summary>
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Networks))]
    public void With_the_fixed_variance_the_loss_is_the_recorded_mean_over_pixels(string file)
    {
        using var scope = NewDisposeScope();
        using var published = new PublishedNetwork(file);
        Assert.SkipUnless(published.Has("loss_mse"), "no loss_mse in the vector");
        var schedule = NoiseSchedule.Create(NoiseScheduleKind.Linear, published.Diffusion.Steps);
        using var process = new DiffusionProcess(published.Diffusion with { LearnedVariance = false }, schedule, CPU);

        DiffusionLoss loss = process.Loss(
            published.Recorded("model_output").narrow(1, 0, 1), published.Recorded("x_start"), published.Recorded("x_t"),
            published.Recorded("t"), published.Recorded("noise"));

        AssertClose(published, "loss_mse", loss.Total);
        AssertClose(published, "loss_mse", loss.Main);
        Assert.Null(loss.VariationalBound);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Networks))]
    public void A_checkpoint_is_written_back_equal_in_names_shapes_and_bytes(string file)
    {
        using var published = new PublishedNetwork(file);
        byte[] written = Checkpoint.Write(published.Weights);

        Safetensors before = Safetensors.Parse(published.Bytes), after = Safetensors.Parse(written);
        SafetensorsEntry[] weights = [.. before.Entries.Where(entry => !entry.Name.StartsWith("io.", StringComparison.Ordinal))];
        Assert.Equal(weights.Select(entry => entry.Name), after.Entries.Select(entry => entry.Name));
        foreach ((SafetensorsEntry was, SafetensorsEntry now) in weights.Zip(after.Entries))
        {
            Assert.Equal(was.Type, now.Type);
            Assert.Equal(was.Shape, now.Shape);
            Assert.True(Values(published.Bytes, was).SequenceEqual(Values(written, now)), $"{was.Name} changed");
        }
    }

    [Fact]
    public void The_timestep_embedding_equals_the_recorded_one()
    {
        string path = TestVectors.PathOf("timestep_embedding.json");
        Assert.SkipUnless(File.Exists(path), "no timestep_embedding.json in the vector folder");
        using var scope = NewDisposeScope();
        using JsonDocument expected = TestVectors.Json("timestep_embedding.json");
        long[] times = [.. expected.RootElement.GetProperty("t").EnumerateArray().Select(t => t.GetInt64())];
        float[] wanted =
        [
            .. expected.RootElement.GetProperty("embedding").EnumerateArray().SelectMany(TestVectors.Doubles).Select(value => (float)value),
        ];

        Tensor actual = TimestepEmbedding.Create(tensor(times), expected.RootElement.GetProperty("dim").GetInt32());

        Assert.Equal([times.Length, wanted.Length / times.Length], actual.shape);
        float[] values = actual.data<float>().ToArray();
        Assert.All(wanted.Zip(values), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    private static bool HasRecordedPass(string name) =>
        Safetensors.Parse(File.ReadAllBytes(TestVectors.PathOf(name))).Entries
            .Any(entry => entry.Name.StartsWith("io.", StringComparison.Ordinal));

    private static ReadOnlySpan<byte> Values(byte[] file, SafetensorsEntry entry)
    {
        int header = 8 + (int)BitConverter.ToUInt64(file, 0);
        return file.AsSpan((header + (int)entry.Begin)..(header + (int)entry.End));
    }

    private static void AssertClose(PublishedNetwork published, string name, Tensor actual)
    {
        using var scope = NewDisposeScope();
        Tensor expected = published.Recorded(name);
        Assert.Equal(expected.shape, actual.shape);
        float largest = expected.abs().max().item<float>(), difference = (expected - actual).abs().max().item<float>();
        Assert.True(difference <= 1e-4 * largest, $"{name} differs by {difference} at a largest value of {largest}");
    }
}
