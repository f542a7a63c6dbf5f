using System.Collections.Concurrent;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Loop;
using Consensus.ML.Torch.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Loop;

/// <summary>Networks that are trained side by side are those of trainings one after another, and are judged together.</summary>
public sealed class TrainingMembersTests : IDisposable
{
    private static readonly TrainingOptions Steps = new()
    {
        Steps = 6, BatchSize = 2, ValidationFraction = 0, WarmUpSteps = 2, Precision = Precision.Float32, Threads = 1,
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_member_has_the_weights_of_a_training_with_its_seed()
    {
        (ConsensusModel together, TrainingHistory history) = Train(Steps, seed: 7, members: 3);
        using (together)
        {
            Assert.Equal((3, 6), (together.Members, history.Steps));
            for (int member = 0; member < 3; member++)
            {
                (ConsensusModel alone, _) = Train(Steps, seed: 7 + member);
                using (alone)
                {
                    Assert.Equal(alone.SaveWeights(), together.SaveWeights(member));
                }
            }
        }
    }

    [Fact]
    public void A_validation_judges_the_mean_of_the_members()
    {
        TrainingOptions options = Steps with
        {
            Steps = 30,
            LearningRate = 5e-3,
            ValidationSampling = new() { Generations = 1, Steps = 1, Sampler = SamplerKind.Ddim, Mirror = false },
        };
        TrainingCase[] validation = [.. Discs.Cases(7)[5..]];
        (ConsensusModel together, TrainingHistory history) = Train(options, seed: 7, members: 2, validation);
        using (together)
        {
            // The last validation is after the last step. Its score is that of the model's own maps, where the last weights are the best.
            Assert.Equal(30, history.Validations[^1].Step);
            (ConsensusModel one, TrainingHistory alone) = Train(options, seed: 7, members: 1, validation);
            using (one)
            {
                Assert.NotEqual(alone.Validations[^1].SoftDice, history.Validations[^1].SoftDice);
            }

            double score = validation.Select((item, at) => SoftDiceOf(together, item, options, at)).Average();
            Assert.Equal(history.BestValidationScore!.Value, score, 12);
        }
    }

    [Fact]
    public void A_run_that_was_broken_off_gives_the_weights_of_one_that_was_not()
    {
        var kept = new CheckpointOptions { Folder = _folder["run"], EverySteps = 2, Resume = true };
        using (CheckpointFolder folder = CheckpointFolder.Open(kept, Assert.Fail))
        {
            Assert.Throws<TimeZoneNotFoundException>(() => Train(Steps, seed: 7, members: 2, checkpoints: folder, breakAt: 5));
        }

        using CheckpointFolder resumed = CheckpointFolder.Open(kept, Assert.Fail);
        var lines = new List<string>();
        (ConsensusModel again, _) = Train(Steps, seed: 7, members: 2, checkpoints: resumed, log: lines.Add);
        (ConsensusModel whole, _) = Train(Steps, seed: 7, members: 2);
        using (again)
        using (whole)
        {
            Assert.Contains("Training goes on from the checkpoint of step 4.", lines);
            Assert.Equal(whole.SaveWeights(0), again.SaveWeights(0));
            Assert.Equal(whole.SaveWeights(1), again.SaveWeights(1));
            Assert.Equal(whole.SaveWeights(0), File.ReadAllBytes(Path.Combine(kept.Folder, "best.safetensors")));
            Assert.Equal(whole.SaveWeights(1), File.ReadAllBytes(Path.Combine(kept.Folder, "best-2.safetensors")));
        }
    }

    [Fact]
    public void A_checkpoint_of_another_number_of_members_is_refused()
    {
        var kept = new CheckpointOptions { Folder = _folder["run"], EverySteps = 2, Resume = true };
        using (CheckpointFolder folder = CheckpointFolder.Open(kept, Assert.Fail))
        {
            Train(Steps, seed: 7, members: 2, checkpoints: folder).Model.Dispose();
        }

        using CheckpointFolder resumed = CheckpointFolder.Open(kept, Assert.Fail);
        Complaint.Expect<InvalidDataException>(
            () => Train(Steps, seed: 7, members: 3, checkpoints: resumed), "is of another run: Members is 2 there and 3 here");
    }

    [Fact]
    public void Members_need_not_wait_for_each_other_at_each_step_and_blocks_change_no_weight()
    {
        using var ahead = new ManualResetEventSlim();
        using TrainingMembers<ConsensusModel> free = Members(seed => new Gated(Objective(seed), step =>
        {
            // The first member takes its third step when the second has begun its sixth: in lockstep it would wait in vain.
            if (seed == 8 && step == 5)
            {
                ahead.Set();
            }

            Assert.True(seed != 7 || step != 2 || ahead.Wait(TimeSpan.FromMinutes(1)), "The other member is not ahead.");
        }));
        IReadOnlyList<double> losses = free.Take(new(0, steps => steps == 6, Rate));

        using TrainingMembers<ConsensusModel> stepByStep = Members(Objective);
        double[] oneByOne = [.. Enumerable.Range(0, 6).Select(step => stepByStep.Take(new(step, _ => true, Rate)).Single())];

        Assert.Equal(oneByOne, losses);
        Assert.Equal((6, 6), (free.Steps, stepByStep.Steps));
        for (int member = 0; member < 2; member++)
        {
            Assert.Equal(
                stepByStep.Averages[member].Flat.data<float>().ToArray(), free.Averages[member].Flat.data<float>().ToArray());
        }

        static double Rate(int step) => 1e-3 / (step + 1);
    }

    [Fact]
    public void A_member_that_fails_ends_the_steps_of_the_others()
    {
        int begun = 0;
        using TrainingMembers<ConsensusModel> members = Members(seed => new Gated(Objective(seed), step =>
        {
            if (seed == 7)
            {
                throw new TimeZoneNotFoundException();
            }

            begun++;
        }));
        Assert.Throws<TimeZoneNotFoundException>(() => members.Take(new(0, steps => steps == 100_000, _ => 1e-3)));
        Assert.InRange(begun, 0, 99_999);
    }

    [Fact]
    public void Members_validate_after_the_steps_of_a_single_network_and_report_every_step_once()
    {
        TrainingOptions options = Steps with { Steps = 12, Validations = 4 };
        TrainingCase[] validation = [.. Discs.Cases(7)[5..]];
        var reported = new List<int>();
        (ConsensusModel together, TrainingHistory history) = Train(options, seed: 7, members: 2, validation, report: reported.Add);
        (ConsensusModel one, TrainingHistory alone) = Train(options, seed: 7, members: 1, validation);
        together.Dispose();
        one.Dispose();
        Assert.Equal([3, 6, 9, 12], history.Validations.Select(point => point.Step));
        Assert.Equal([3, 6, 9, 12], alone.Validations.Select(point => point.Step));

        // The last report is that of the end.
        Assert.Equal([.. Enumerable.Range(1, 12), 12], reported);
    }

    [Fact]
    public void Work_of_members_is_done_side_by_side_on_threads_of_their_own_and_the_first_failure_is_thrown()
    {
        int before = TorchThreads.Current;
        using (var threads = new MemberThreads(2, torchThreads: 1))
        {
            using var meeting = new Barrier(2);

            // Each waits for the other: work one after another would not end.
            int[] ids = threads.Run(_ => meeting.SignalAndWait(TimeSpan.FromSeconds(30)) ? Environment.CurrentManagedThreadId : -1);
            int[] again = threads.Run(_ => Environment.CurrentManagedThreadId);
            int[] torch = threads.Run(_ => TorchThreads.Current);

            Assert.Equal(ids, again);
            Assert.Equal(2, ids.Distinct().Count());
            Assert.DoesNotContain(-1, ids);
            Assert.Equal([1, 1], torch);
            Assert.Equal("member 1", Assert.Throws<InvalidOperationException>(
                () => threads.Run<int>(member => throw new InvalidOperationException($"member {member + 1}"))).Message);
        }

        Assert.Equal(before, TorchThreads.Current);
    }

    [Fact]
    public void Steps_of_members_leave_no_tensor_behind_on_their_threads()
    {
        var counts = new ConcurrentDictionary<(int Thread, long Step), long>();
        var loop = new TrainingLoop<ConsensusModel>(
            seed => new Gated(Objective(seed), step =>
                counts[(Environment.CurrentManagedThreadId, step)] = DisposeScopeManager.Statistics.ThreadTotalLiveCount),
            Steps, null, [0f], 7, CPU)
        {
            Members = 2,
        };

        loop.Train(Discs.Cases(5), null, null, CancellationToken.None).Model.Dispose();

        // 2 threads of 6 steps. The first step of a thread may make what the later ones keep.
        Assert.Equal(12, counts.Count);
        Assert.All(counts.Where(item => item.Key.Step > 1), item => Assert.Equal(counts[(item.Key.Thread, 1)], item.Value));
    }

    private static double SoftDiceOf(ConsensusModel model, TrainingCase item, TrainingOptions options, int at)
    {
        Mirroring mirroring = Mirroring.LearnedFrom(new AugmentationPolicy(), MaskOffset.None);
        float[] map = model.Predict(
            item.Features, options.ValidationSampling, SeededRandom.Seed(7, SeededRandom.Purpose.Validation, at), mirroring).SoftMap;
        float[] truth = Imaging.Labels.ConsensusLabels.SoftMap(item.Masks.Unpack());
        return Imaging.Metrics.SoftDice.Mean(map, truth, Imaging.Metrics.SoftDice.FiveThresholds);
    }

    private static (ConsensusModel Model, TrainingHistory History) Train(
        TrainingOptions options,
        int seed,
        int members = 1,
        IReadOnlyList<TrainingCase>? validation = null,
        CheckpointFolder? checkpoints = null,
        int? breakAt = null,
        Action<string>? log = null,
        Action<int>? report = null) =>
        new ConsensusTrainer(Discs.Description(), options, new AugmentationPolicy(), [0f], seed, CPU)
        {
            Members = members,
            Validation = validation,
            Checkpoints = checkpoints,
        }.Train(
            [.. Discs.Cases(7)[..5]],
            new Breaking(breakAt, report),
            log,
            CancellationToken.None);

    /// <summary>Breaks a run off as a crash would, by an exception that nobody expects.</summary>
    private sealed class Breaking(int? at, Action<int>? report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            report?.Invoke(value.Step);
            if (value.Step == at)
            {
                throw new TimeZoneNotFoundException();
            }
        }
    }

    private static DiffusionObjective Objective(int seed) => new(Discs.Description(), Steps, null, [0f], seed, CPU);

    private static TrainingMembers<ConsensusModel> Members(Func<int, ITrainingObjective<ConsensusModel>> createObjective)
    {
        var members = new TrainingMembers<ConsensusModel>(
            2, createObjective, (member, layout) => WeightSet.Initialize(layout, CPU, 7 + member), Steps, seed: 7, CPU, torchThreads: 1);
        members.Begin(Discs.Cases(5));
        return members;
    }

    /// <summary>Does something at the beginning of each step, on the thread of its member.</summary>
    private sealed class Gated(ITrainingObjective<ConsensusModel> inner, Action<long> begin) : ITrainingObjective<ConsensusModel>
    {
        public object Description => inner.Description;

        public WeightLayout Layout => inner.Layout;

        public double Dropout => inner.Dropout;

        public void Begin(IReadOnlyList<TrainingCase> cases, BatchPart part) => inner.Begin(cases, part);

        public Tensor Differentiate(ForwardContext context, long step, double scale)
        {
            begin(step);
            return inner.Differentiate(context, step, scale);
        }

        public ConsensusModel CreateModel(IReadOnlyList<WeightSet> weights) => inner.CreateModel(weights);

        public void Dispose() => inner.Dispose();
    }
}
