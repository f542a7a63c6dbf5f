using System.Text.Json;
using System.Text.Json.Nodes;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Tests.Torch.Networks;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Gpu;

/// <summary>The recorded pass of the published implementation (tests/Consensus.ML.Tests/Vectors), on a device in each format.</summary>
internal static class Parity
{
    /// <summary>What float32 may differ by, as a share of the largest value.</summary>
    public const double Tolerance = 1e-3;

    /// <summary>Compares in each format, and writes after each.</summary>
    /// <returns>Whether float32 is within <see cref="Tolerance"/>.</returns>
    public static bool Measure(string device, string output)
    {
        backends.cuda.matmul.allow_tf32 = backends.cudnn.allow_tf32 = false;
        Device where = torch.device(device);
        var found = new JsonObject { ["tolerance"] = Tolerance };
        bool isGood = true;
        foreach (Precision precision in Enum.GetValues<Precision>().Where(one => device != "cpu" || one != Precision.Float16))
        {
            var differences = new JsonObject();
            double worst = 0;
            foreach (string file in TestVectors.Names("*.safetensors"))
            {
                foreach ((string quantity, double difference) in Differences(file, precision, where))
                {
                    differences[$"{Path.GetFileNameWithoutExtension(file)} {quantity}"] = difference;
                    worst = Math.Max(worst, difference); // keeps NaN
                }
            }

            bool isExact = precision == Precision.Float32;
            bool isWithin = worst <= Tolerance;
            isGood &= !isExact || isWithin;
            found[Spelling.Write(precision)] = new JsonObject
            {
                ["largest"] = worst, ["verdict"] = isExact ? (isWithin ? "good" : "differs") : "reported", ["differences"] = differences,
            };
            ResultFile.Write(output, ResultFile.Node(found));
        }

        return isGood;
    }

    private static List<(string Quantity, double Difference)> Differences(string file, Precision precision, Device device)
    {
        using var scope = NewDisposeScope();
        using var published = new PublishedNetwork(file);
        using WeightSet weights = Checkpoint.Read(published.Network.Layout, published.Bytes, device);
        using PreparedWeights prepared = weights.Prepare(precision);
        using var process = new DiffusionProcess(
            published.Diffusion, NoiseSchedule.Create(NoiseScheduleKind.Linear, published.Diffusion.Steps), device);
        Tensor[] leaves = [.. prepared.Weights.Select(weight => weight.detach().requires_grad_())];
        var context = new ForwardContext(leaves, Training: true);
        Tensor steps = Recorded("t"), start = Recorded("x_start"), current = Recorded("x_t");
        Tensor? levels = published.Has("level") ? Recorded("level") : null;
        Tensor features = published.Network.EncodeImage(context, Recorded("image"));
        Tensor output = published.Network.Forward(context, current, features, process.NetworkTimes(steps), levels);
        var found = new List<(string, double)>
        {
            ("x_t", Compared("x_t", process.AddNoise(start, steps, Recorded("noise")))),
            ("image_features", Compared("image_features", features)),
            ("model_output", Compared("model_output", output)),
        };
        StepPrediction prediction = process.Interpret(output, current, steps, clamp: true);
        found.Add(("ddpm_previous", Compared("ddpm_previous", DiffusionProcess.DdpmPrevious(prediction, steps, Recorded("step_noise")))));
        found.Add(("ddim_previous", Compared("ddim_previous", process.DdimPrevious(prediction, current, steps))));

        // With the fixed variance, the published loss is a sum over pixels.
        double scale = published.Diffusion.LearnedVariance ? 1 : published.Side * published.Side;
        Tensor loss = process.Loss(output, start, current, steps, Recorded("noise")).Total.Times(scale);
        found.Add(("loss", Compared("loss", loss)));

        // In float16, small gradients would become zero.
        double factor = precision == Precision.Float16 ? 256 : 1;
        loss.mean().Times(factor).backward();
        using JsonDocument expected = TestVectors.Json(Path.ChangeExtension(file, ".json"));
        JsonElement norms = expected.RootElement.GetProperty("gradient_norms");
        double largest = norms.EnumerateObject().Max(norm => norm.Value.GetDouble());
        found.Add(("gradient_norms", leaves.Select((leaf, i) => Math.Abs(
            (leaf.grad!.to_type(ScalarType.Float32).norm().item<float>() / factor)
            - norms.GetProperty(published.Network.Layout.Specs[i].Name).GetDouble()) / largest).Max()));
        return found;

        Tensor Recorded(string name) => published.Recorded(name).to(device);

        double Compared(string name, Tensor actual)
        {
            Tensor wanted = Recorded(name), difference = (wanted - actual.to_type(ScalarType.Float32)).abs().max();
            return difference.item<float>() / wanted.abs().max().item<float>();
        }
    }
}
