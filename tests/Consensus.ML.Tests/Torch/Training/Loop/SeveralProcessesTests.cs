using System.Runtime.InteropServices;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Tests.Torch.Collectives;
using Consensus.ML.Torch.Collectives;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.OnePass;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Loop;
using Consensus.ML.Torch.Training.Objectives;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Loop;

/// <summary>Several processes, here threads, train the model of one process.</summary>
public sealed class SeveralProcessesTests : IDisposable
{
    // Five images: no number of processes above 1 and below 5 divides them.
    private static readonly TrainingOptions Quick = new()
    {
        Steps = 4, BatchSize = 5, PairsPerImage = 2, LearningRate = 1e-3, GradientClipping = 1, UpdateClipping = 1, EmaDecay = 0.5,
        DiceLossWeight = 0.5, Threads = 1, Validations = 2, ValidationFraction = 0.3,
        ValidationSampling = new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 1 },
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // float32 rounds at 6e-8. AdamW divides small gradients by their size, so that some weights differ by more.
    [Theory]
    [InlineData(2, Precision.Float32, 1e-3)]
    [InlineData(3, Precision.Float32, 1e-3)]
    [InlineData(2, Precision.BFloat16, 0.15)]
    public void They_have_the_weights_of_one_process_except_for_rounding_and_all_the_same(int size, object precision, double tolerance)
    {
        TrainingOptions options = Quick with { Precision = (Precision)precision };
        Outcome alone = Train(OneProcess.Instance, options), start = Train(OneProcess.Instance, options with { LearningRate = 1e-30 });
        Outcome[] together = ThreadCollective.Succeed(size, processes => Train(processes, options));

        Assert.All(together, outcome => Assert.Equal(together[0].Weights, outcome.Weights));
        Assert.All(together, outcome => Assert.Equal(together[0].History.Validations, outcome.History.Validations));
        Assert.InRange(Distance(alone.Weights, together[0].Weights) / Distance(alone.Weights, start.Weights), 0, tolerance);
        Assert.All(alone.History.Validations.Zip(together[0].History.Validations), pair =>
        {
            Assert.Equal(pair.First.Loss, pair.Second.Loss, 1e-2);
            Assert.Equal(pair.First.SoftDice, pair.Second.SoftDice, 1e-2);
        });
    }

    [Fact]
    public void Two_processes_have_the_bits_of_one_process_that_takes_the_batch_in_two_slices()
    {
        TrainingOptions options = Quick with { BatchSize = 4 };
        Outcome alone = Train(OneProcess.Instance, options with { MicroBatchSize = 2 });
        Outcome[] together = ThreadCollective.Succeed(2, processes => Train(processes, options));
        Assert.All(together, outcome => Assert.Equal(alone.Weights, outcome.Weights));
        Assert.Equal(
            alone.History.Validations.Select(point => point.SoftDice), together[1].History.Validations.Select(point => point.SoftDice));
    }

    [Fact]
    public void Members_and_dropout_are_those_of_one_process()
    {
        TrainingOptions options = Quick with { BatchSize = 3, Steps = 3 };
        Outcome alone = Train(OneProcess.Instance, options, members: 2, dropout: 0.3),
            start = Train(OneProcess.Instance, options with { LearningRate = 1e-30 }, members: 2, dropout: 0.3);
        Outcome[] together = ThreadCollective.Succeed(2, processes => Train(processes, options, members: 2, dropout: 0.3));
        Assert.Equal(together[0].Weights, together[1].Weights);
        Assert.InRange(Distance(alone.Weights, together[0].Weights) / Distance(alone.Weights, start.Weights), 0, 1e-3);
    }

    [Theory]
    [InlineData(UNetKind.MonteCarloDropout, 1e-3)]
    [InlineData(UNetKind.ProbabilisticUNet, 5e-3)] // exponentials make roundings larger
    [InlineData(UNetKind.MultiHead, 1e-3)]
    public void One_pass_networks_are_those_of_one_process(object kind, double bound)
    {
        byte[] alone = OnePass(OneProcess.Instance, 1e-3), start = OnePass(OneProcess.Instance, 1e-30);
        byte[][] together = ThreadCollective.Succeed(2, processes => OnePass(processes, 1e-3));
        Assert.Equal(together[0], together[1]);
        Assert.InRange(Distance(alone, together[0]) / Distance(alone, start), 0, bound);

        byte[] OnePass(ICollective processes, double rate)
        {
            using UNetModel model = new UNetTrainer(
                UNetTrainerTests.Description((UNetKind)kind), Quick with { BatchSize = 3, LearningRate = rate, DiceLossWeight = 0 },
                new AugmentationPolicy(), [0f], 1, CPU)
            {
                Processes = processes,
            }.Train(Discs.Cases(6), null, null, CancellationToken.None).Model;
            return model.SaveWeights();
        }
    }

    [Fact]
    public void A_cancellation_of_one_ends_all_after_the_same_step()
    {
        Outcome[] together = ThreadCollective.Succeed(3, processes =>
        {
            using var source = new CancellationTokenSource();
            return Train(processes, Quick, report: step =>
            {
                if (processes.Rank == 1 && step == 2)
                {
                    source.Cancel();
                }
            }, cancellation: source.Token);
        });
        Assert.All(together, outcome => Assert.Equal((true, 2), (outcome.History.Cancelled, outcome.History.Steps)));
        Assert.All(together, outcome => Assert.Equal(together[0].Weights, outcome.Weights));
    }

    [Fact]
    public void A_loss_of_one_that_is_no_number_ends_all_at_that_step()
    {
        (int Result, Exception? Failure)[] outcomes = ThreadCollective.Run(2, processes =>
        {
            var loop = new TrainingLoop<ConsensusModel>(
                seed => new Spoilt(new(Discs.Description(), Quick, null, [0f], seed, CPU), processes.Rank == 1 ? 2 : null),
                Quick, null, [0f], 1, CPU)
            {
                Processes = processes,
            };
            loop.Train(Discs.Cases(6), null, null, CancellationToken.None).Model.Dispose();
            return 0;
        });
        Assert.StartsWith("The training loss became NaN at step 3.", Assert.IsType<InvalidOperationException>(outcomes[1].Failure).Message);
        Assert.StartsWith(
            "Process 1 of the training failed: The training loss became NaN at step 3.",
            Assert.IsType<OtherProcessException>(outcomes[0].Failure).Message);
    }

    [Fact]
    public void Training_goes_on_from_the_checkpoint_of_the_first_with_the_same_bits_and_in_another_number_of_processes()
    {
        Outcome[] whole = ThreadCollective.Succeed(2, processes => Train(processes, Quick));
        (Outcome? Result, Exception? Failure)[] broken = ThreadCollective.Run(2, processes => processes.Together(
            () => Train(processes, Quick, folder: _folder["run"], report: step => _ = processes.Rank == 1 && step == 3
                ? throw new TimeZoneNotFoundException()
                : step)));
        Assert.IsType<TimeZoneNotFoundException>(broken[1].Failure);
        Directory.CreateDirectory(_folder["three"]);
        Array.ForEach(Directory.GetFiles(_folder["run"]), file => File.Copy(file, Path.Combine(_folder["three"], Path.GetFileName(file))));

        List<string> said = [];
        Outcome[] resumed = ThreadCollective.Succeed(
            2, processes => Train(processes, Quick, folder: _folder["run"], log: processes.Rank == 0 ? said.Add : null));
        Assert.Contains("Training goes on from the checkpoint of step 2.", said);
        Assert.All(resumed, outcome => Assert.Equal(whole[0].Weights, outcome.Weights));
        Assert.DoesNotContain(said, line => line.Contains("roundings", StringComparison.Ordinal));
        Outcome[] three = ThreadCollective.Succeed(3, processes => Train(processes, Quick, folder: _folder["three"]));
        Assert.InRange(Distance(whole[0].Weights, three[2].Weights), 0, 1e-2);
    }

    [Fact]
    public void Processes_that_differ_or_are_too_many_are_refused_and_the_message_names_it()
    {
        (Outcome? Result, Exception? Failure)[] differing = ThreadCollective.Run(
            2, processes => Train(processes, Quick with { WeightDecay = processes.Rank }));
        Complaint.Expect<InvalidDataException>(
            () => throw differing[1].Failure!, "Process 1 trains another model than process 0: Training.WeightDecay is 0 there and 1 here");
        Assert.IsType<OtherProcessException>(differing[0].Failure);

        (Outcome? Result, Exception? Failure)[] many = ThreadCollective.Run(3, processes => Train(processes, Quick with { BatchSize = 2 }));
        Complaint.Expect<ArgumentException>(
            () => throw many[0].Failure!, "A step has 2 images (Training.BatchSize), and 3 processes were started", "at most 2 processes");
    }

    [Fact]
    public void The_clock_of_the_first_is_that_of_all_and_stands_still_between_two_looks()
    {
        (TimeSpan First, TimeSpan Still)[] times = ThreadCollective.Succeed(3, processes =>
        {
            var clock = new RunClock(Quick, TimeSpan.FromHours(processes.Rank));
            clock.Agree(processes);
            return (clock.Elapsed, clock.Elapsed);
        });
        Assert.All(times, time => Assert.Equal((times[0].First, times[0].First), time));
        Assert.InRange(times[0].First, TimeSpan.Zero, TimeSpan.FromMinutes(30));
    }

    [Fact]
    public void Shares_of_a_batch_cover_it_once_and_differ_by_one_image_at_most()
    {
        foreach ((int images, int processes) in new[] { (4, 1), (5, 2), (5, 3), (7, 7), (64, 5) })
        {
            BatchPart[] parts = [.. Enumerable.Range(0, processes).Select(rank => BatchPart.Of(images, rank, processes))];
            Assert.Equal(
                Enumerable.Range(0, images), parts.SelectMany(part => Enumerable.Range(part.First, part.Count)));
            Assert.InRange(parts.Max(part => part.Count) - parts.Min(part => part.Count), 0, 1);
        }
    }

    /// <summary>The norm of the difference of two files of weights.</summary>
    private static double Distance(byte[] first, byte[] second) =>
        Math.Sqrt(Values(first).ToArray().Zip(Values(second).ToArray(), (a, b) => Math.Pow(a - b, 2)).Sum());

    private static ReadOnlySpan<float> Values(byte[] safetensors) =>
        MemoryMarshal.Cast<byte, float>(safetensors.AsSpan(8 + (int)BitConverter.ToInt64(safetensors)));

    private static Outcome Train(
        ICollective processes,
        TrainingOptions options,
        int members = 1,
        double dropout = 0,
        string? folder = null,
        Action<int>? report = null,
        Action<string>? log = null,
        CancellationToken cancellation = default)
    {
        ModelDescription description = Discs.Description();
        using CheckpointFolder? checkpoints = folder is null || processes.Rank > 0
            ? null
            : CheckpointFolder.Open(new() { Folder = folder, EverySteps = 2, Resume = true }, Assert.Fail, cancellation: cancellation);
        (ConsensusModel model, TrainingHistory history) = new ConsensusTrainer(
            description with { Network = description.Network with { Dropout = dropout } }, options, new AugmentationPolicy(), [0f], 1, CPU)
        {
            Processes = processes,
            Members = members,
            Checkpoints = checkpoints,
        }.Train(Discs.Cases(10), new Reported(report), log, cancellation);
        using (model)
        {
            return new([.. model.SaveWeights(0), .. Enumerable.Range(1, members - 1).SelectMany(member => Data(model, member))], history);
        }

        // Only the values of the further members, behind those of the first.
        static byte[] Data(ConsensusModel model, int member)
        {
            byte[] file = model.SaveWeights(member);
            return file[(8 + (int)BitConverter.ToInt64(file))..];
        }
    }

    private sealed record Outcome(byte[] Weights, TrainingHistory History);

    private sealed class Reported(Action<int>? report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report?.Invoke(value.Step);
    }

    /// <summary>An objective whose loss is NaN at one step, from 0.</summary>
    private sealed class Spoilt(DiffusionObjective inner, int? at) : ITrainingObjective<ConsensusModel>
    {
        public object Description => inner.Description;

        public WeightLayout Layout => inner.Layout;

        public double Dropout => inner.Dropout;

        public void Begin(IReadOnlyList<TrainingCase> cases, BatchPart part) => inner.Begin(cases, part);

        public Tensor Differentiate(ForwardContext context, long step, double scale)
        {
            Tensor loss = inner.Differentiate(context, step, scale);
            return step == at ? loss.Times(double.NaN) : loss;
        }

        public ConsensusModel CreateModel(IReadOnlyList<WeightSet> weights) => inner.CreateModel(weights);

        public void Dispose() => inner.Dispose();
    }
}
