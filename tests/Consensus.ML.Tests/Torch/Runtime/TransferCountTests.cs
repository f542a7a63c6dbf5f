using System.Reflection;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Tests.Torch.Training;
using Consensus.ML.Tests.Torch.Training.Loop;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Loop;
using Consensus.ML.Torch.Training.Objectives;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Runtime;

/// <summary>
/// How often a GPU would wait for the host to read from it, and what is sent to it. The numbers are those of the code; a machine without a
/// GPU counts them as well.
/// </summary>
public sealed class TransferCountTests
{
    private static readonly TrainingOptions Options = new()
    {
        Steps = 8, BatchSize = 2, PairsPerImage = 2, GradientClipping = 1, UpdateClipping = 1, Threads = 1, ValidationFraction = 0,
    };

    // Ways from a tensor to the host and back that are not counted. All of them are inside HostArrays.
    private static readonly HashSet<string> Copying =
    [
        nameof(Tensor.item), nameof(Tensor.cpu), nameof(Tensor.cuda), nameof(Tensor.data), "get_bytes", "set_bytes",
        nameof(Tensor.pin_memory),
        nameof(Tensor.nonzero), nameof(Tensor.masked_select), "ReadCpuSingle", "ReadCpuDouble", "ReadCpuInt64", "ToScalar", "ToSingle",
        "ToDouble", "ToInt32", "ToInt64", "ToBoolean", "ToByte", nameof(Tensor.tolist), "save", "str",
    ];

    private static readonly HashSet<string> Making =
        [nameof(torch.tensor), nameof(torch.as_tensor), nameof(torch.from_array), nameof(torch.frombuffer)];

    [Fact]
    public void No_other_code_copies_between_host_and_device()
    {
        string[] found =
        [
            .. MethodCalls.MethodsOf(typeof(HostArrays).Assembly)
                .Where(method => MethodCalls.Home(method) != typeof(HostArrays))
                .SelectMany(method => MethodCalls.Of(method)
                    .Where(Copies)
                    .Select(called => $"{MethodCalls.Home(method).FullName} ({method.Name}) calls {called}"))
                .Distinct(),
        ];
        Assert.True(found.Length == 0, $"Use {nameof(HostArrays)} instead:{Environment.NewLine}{string.Join(Environment.NewLine, found)}");

        // The search finds them where they are meant to be.
        Assert.Superset(
            new HashSet<string> { "item", "cpu", "get_bytes", "pin_memory", "tensor", "to" },
            MethodCalls.MethodsOf(typeof(HostArrays).Assembly)
                .Where(method => MethodCalls.Home(method) == typeof(HostArrays))
                .SelectMany(method => MethodCalls.Of(method).Where(Copies))
                .Select(called => called.Name)
                .ToHashSet());

        static bool Copies(MethodBase called) =>
            (called.DeclaringType == typeof(Tensor) && Copying.Contains(called.Name))
            || (called.DeclaringType == typeof(Tensor) && called.Name == nameof(Tensor.to) && TakesDevice(called))
            || (called.DeclaringType == typeof(torch) && Making.Contains(called.Name))
            || (called.DeclaringType == typeof(TensorExtensionMethods) && Copying.Contains(called.Name))
            || (called.DeclaringType is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(TensorAccessor<>));

        static bool TakesDevice(MethodBase called) => called.GetParameters().Any(
            parameter => parameter.ParameterType == typeof(Device) || parameter.ParameterType == typeof(DeviceType)
                || parameter.ParameterType == typeof(string) || parameter.ParameterType == typeof(Tensor));
    }

    /// <summary>A generator of TorchSharp is one of the CPU, and torch refuses it for a tensor of another device.</summary>
    [Fact]
    public void Seeded_numbers_are_drawn_in_one_place()
    {
        MethodBase[] drawing =
        [
            .. MethodCalls.MethodsOf(typeof(HostArrays).Assembly)
                .Where(method => MethodCalls.Of(method).Any(called =>
                    (called.DeclaringType == typeof(Generator) && called.IsConstructor)
                    || (called.DeclaringType == typeof(torch) && called.Name.StartsWith("rand", StringComparison.Ordinal))
                    || (called.DeclaringType == typeof(Tensor)
                        && called.Name is "normal_" or "uniform_" or "random_" or "bernoulli_" or "bernoulli" or "multinomial"))),
        ];
        Assert.Equal([typeof(SeededNumbers)], drawing.Select(MethodCalls.Home).Distinct());
    }

    [Fact]
    public void A_training_step_of_each_kind_reads_once()
    {
        // Images, x_0, levels, times and noise; images and targets.
        Assert.Equal((1, 5), OfStep(Diffusion, Options));
        Assert.Equal((1, 2), OfStep(OnePass, Options));
        Assert.Equal((1, 5), OfStep(Diffusion, Options with { Precision = Precision.BFloat16 }));

        // The host reads at once, and decides whether the step is done.
        Assert.Equal((1, 5), OfStep(Diffusion, Options with { Precision = Precision.Float16 }));

        static DiffusionObjective Diffusion() => new(Discs.Description(), Options, null, [0f], 1, CPU);

        static UNetObjective OnePass() => new(UNetTrainerTests.Description(UNetKind.Levels), Options, null, [0f], 1, CPU);
    }

    [Fact]
    public void A_prediction_sends_its_image_and_noise_and_reads_its_maps_however_many_steps_it_has()
    {
        float[] features = Discs.Cases(1)[0].Features;
        using ConsensusModel model = ConsensusModel.Create(Discs.Description(), CPU, 1);
        var sampling = new SamplingOptions { Generations = 4, Sampler = SamplerKind.Ddim, Steps = 5, Mirror = true };
        var mirroring = new Mirroring(Mirrored.Columns, MaskOffset.None);

        // The image, and the noise that sampling begins with. The first prediction with a number of steps also sends the times and the
        // tables of the process.
        Assert.Equal((1, 4), Of(() => model.Predict(features, sampling, 1, mirroring)));
        Assert.Equal((1, 2), Of(() => model.Predict(features, sampling, 1, mirroring)));
        Assert.Equal((1, 4), Of(() => model.Predict(features, sampling with { Steps = 6 }, 1, mirroring)));
        Assert.Equal((1, 2), Of(() => model.Predict(features, sampling with { BatchSize = 3 }, 1, mirroring)));

        // Whether a further sample is needed depends on those before it, which are read. A new network draws the same at each.
        Assert.Equal((2, 3), Of(() => model.Predict(features, sampling with { Tolerance = 1e-9 }, 1, mirroring)));

        // Only who watches each step reads it: x_t and x_0.
        Assert.Equal((11, 2), Of(() => model.Trace(features, sampling, 1)));

        UNetDescription description = UNetTrainerTests.Description(UNetKind.Levels);
        OnePassVariant variant = description.Variant();
        using var onePass = new UNetModel(variant, [WeightSet.Initialize(variant.Layout, CPU, 1)], CPU);
        Assert.Equal((1, 1), Of(() => onePass.Predict(features, sampling, 1, mirroring)));
    }

    /// <summary>What a step costs after the first.</summary>
    private static (int ReadBacks, int Uploads) OfStep<T>(Func<ITrainingObjective<T>> create, TrainingOptions options)
        where T : SegmentationModel
    {
        using var members = new TrainingMembers<T>(
            1, _ => create(), (_, layout) => WeightSet.Initialize(layout, CPU, seed: 1), options, seed: 1, CPU, torchThreads: 1,
            onDevice: true);
        members.Begin(Discs.Cases(4));
        members.Take(new(0, _ => true, _ => 1e-3));
        (int readBacks, int uploads) = Of(() => members.Take(new(1, steps => steps == 5, _ => 1e-3)));
        Assert.Equal((0, 0), (readBacks % 4, uploads % 4));
        return (readBacks / 4, uploads / 4);
    }

    private static (int ReadBacks, int Uploads) Of(Action work)
    {
        using var count = new TransferCount();
        work();
        return (count.ReadBacks, count.Uploads);
    }
}
