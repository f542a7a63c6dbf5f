using System.Reflection;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Machine;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Tests.Torch.Training;
using Consensus.ML.Tests.Torch.Training.Loop;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Runtime;

/// <summary>
/// Every tensor is made on its model's device. Nothing here runs on a GPU. A machine without one can show two things: no tensor is made
/// without a named device, and the CPU is named only where the host is meant. Torch's own GPU kernels, and their demands on types and
/// layouts, stay unproven.
/// </summary>
public sealed class DeviceTests
{
    // The places where the host's memory is meant: files, random initial weights that are the same on every device, arrays on their way to
    // and from the device, and the choice of device.
    private static readonly HashSet<string> Host =
    [
        $"{nameof(SafetensorsStream)}.{nameof(SafetensorsStream.Read)}",
        $"{nameof(WeightSet)}.{nameof(WeightSet.Initialize)}",
        $"{nameof(HostArrays)}.{nameof(HostArrays.ToTensor)}",
        $"{nameof(HostArrays)}.{nameof(HostArrays.ToHostTensor)}",
        $"{nameof(HostArrays)}.{nameof(HostArrays.ToHost)}",
        $"{nameof(HostArrays)}.{nameof(HostArrays.CopyToHost)}",
        $"{nameof(TorchDevice)}.{nameof(TorchDevice.Choose)}",

        // Generators are of the CPU.
        $"{nameof(SeededNumbers)}.{nameof(SeededNumbers.Begin)}",
        $"{nameof(SeededNumbers)}.{nameof(SeededNumbers.NormalOnHost)}",
        $"{nameof(SeededNumbers)}.{nameof(SeededNumbers.Uniform)}",

        // A device is compared with the CPU.
        $"{nameof(TorchRuntimeCheck)}.Check",

        // Samples come as an array of the host, and the soft map goes back as an array.
        $"{nameof(SegmentationTransformer)}.SoftMapOf",
    ];

    /// <summary>
    /// Torch's default device is set to one that holds no data ("meta"). A tensor made without a named device lands there. The first
    /// operation that mixes it with other tensors, or copies it, fails.
    /// </summary>
    [Theory]
    [InlineData(PredictionType.Epsilon, true, Precision.Float32)]
    [InlineData(PredictionType.XStartLogit, false, Precision.BFloat16)]
    public void No_tensor_is_made_without_naming_its_device(object prediction, bool learnedVariance, object precision)
    {
        using var folder = new TemporaryFolder();
        ModelDescription description = Discs.Description(
            diffusion: new() { Prediction = (PredictionType)prediction, LearnedVariance = learnedVariance });
        description = description with { Network = description.Network with { Dropout = 0.1 } };
        var options = new TrainingOptions
        {
            Steps = 2, BatchSize = 2, PairsPerImage = 2, MicroBatchSize = 1, GradientCheckpointing = true, GradientClipping = 1,
            WeightDecay = 0.1, MinSnrGamma = 5, Threads = 1, Validations = 1,
            DiceLossWeight = learnedVariance ? 0 : 0.5, Precision = (Precision)precision,
        };
        set_default_device(META);
        try
        {
            Assert.Equal(DeviceType.META, zeros(1).device_type);
            using CheckpointFolder checkpoints = CheckpointFolder.Open(new() { Folder = folder["run"], EverySteps = 1 }, _ => { });
            using ConsensusModel model = new ConsensusTrainer(description, options, new AugmentationPolicy(), [0f], 1, CPU)
            {
                Checkpoints = checkpoints,
            }.Train(Discs.Cases(4), null, null, CancellationToken.None).Model;
            using ConsensusModel loaded = ConsensusModel.Load(description, [model.SaveWeights()], CPU);
            float[] features = Discs.Cases(1)[0].Features;
            foreach (SamplerKind sampler in Enum.GetValues<SamplerKind>())
            {
                loaded.Predict(
                    features,
                    new()
                    {
                        Generations = 3,
                        Sampler = sampler,
                        Steps = 3,
                        BatchSize = 4,
                        Tolerance = 1e-9,
                        Mirror = true,
                        Precision = (Precision)precision,
                    },
                    1,
                    new(Mirrored.Rows | Mirrored.Columns, new(0.25, -0.25)));
            }

            // The model from which training was continued.
            checkpoints.Dispose();
            using CheckpointFolder resumed = CheckpointFolder.Open(
                new() { Folder = folder["run"], EverySteps = 1, Resume = true }, _ => { });
            new ConsensusTrainer(description, options, new AugmentationPolicy(), [0f], 1, CPU) { Checkpoints = resumed }
                .Train(Discs.Cases(4), null, null, CancellationToken.None).Model
                .Dispose();
            foreach (UNetKind kind in Enum.GetValues<UNetKind>())
            {
                using UNetModel baseline = new UNetTrainer(
                    UNetTrainerTests.Description(kind), options with { DiceLossWeight = 0.5 }, new AugmentationPolicy(), [0f], 1, CPU)
                    .Train(Discs.Cases(4), null, null, CancellationToken.None).Model;
                baseline.Predict(features, new() { Generations = 3 }, 1);
            }

            foreach (TrainingTarget target in Enum.GetValues<TrainingTarget>())
            {
                using Tensor samples = rand([2, 3, 4, 4], device: CPU);
                SampleReduction.Reduce(samples, target);
            }
        }
        finally
        {
            set_default_device(CPU);
        }
    }

    [Fact]
    public void The_benchmark_names_the_device_of_every_tensor()
    {
        set_default_device(META);
        try
        {
            new MachineBenchmark { Size = 16, Levels = 2, BatchSize = 1, TimeEach = TimeSpan.Zero, Network = Discs.Description().Network }
                .Measure(Precision.Float32);
        }
        finally
        {
            set_default_device(CPU);
        }
    }

    [Fact]
    public void The_CPU_is_named_only_where_the_host_is_meant()
    {
        FieldInfo cpu = typeof(torch).GetField(nameof(CPU))!;
        MethodInfo toHost = typeof(Tensor).GetMethod(nameof(Tensor.cpu), [])!;
        string[] found =
        [
            .. MethodCalls.MethodsOf(typeof(HostArrays).Assembly)
                .Where(method => MethodCalls.FieldsOf(method).Contains(cpu) || MethodCalls.Of(method).Contains(toHost))
                .Select(Name)
                .Distinct(),
        ];
        Assert.Contains($"{nameof(HostArrays)}.{nameof(HostArrays.ToTensor)}", found);
        Assert.Equal([], found.Where(name => !Host.Contains(name)));
    }

    /// <summary>Type and member. For a lambda or a local function, the member that contains it.</summary>
    private static string Name(MethodBase method) =>
        $"{MethodCalls.Home(method).Name}.{(method.Name is ['<', .. string rest] ? rest[..rest.IndexOf('>')] : method.Name)}";
}
