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
            seed => new Counted(new DiffusionObjective(Discs.Description(), Steps, null, [0f], seed, CPU), counts),
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
        Action<string>? log = null) =>
        new ConsensusTrainer(Discs.Description(), options, new AugmentationPolicy(), [0f], seed, CPU)
        {
            Members = members,
            Validation = validation,
            Checkpoints = checkpoints,
        }.Train(
            [.. Discs.Cases(7)[..5]],
            new Breaking(breakAt),
            log,
            CancellationToken.None);

    /// <summary>Breaks a run off as a crash would, by an exception that nobody expects.</summary>
    private sealed class Breaking(int? at) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == at)
            {
                throw new TimeZoneNotFoundException();
            }
        }
    }

    /// <summary>Counts the tensors of its thread at the beginning of each step.</summary>
    private sealed class Counted(ITrainingObjective<ConsensusModel> inner, ConcurrentDictionary<(int Thread, long Step), long> counts)
        : ITrainingObjective<ConsensusModel>
    {
        public object Description => inner.Description;

        public NetworkOptions Network => inner.Network;

        public WeightLayout Layout => inner.Layout;

        public double Dropout => inner.Dropout;

        public void Begin(IReadOnlyList<TrainingCase> cases) => inner.Begin(cases);

        public Tensor Differentiate(ForwardContext context, long step, double scale)
        {
            counts[(Environment.CurrentManagedThreadId, step)] = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            return inner.Differentiate(context, step, scale);
        }

        public ConsensusModel CreateModel(IReadOnlyList<WeightSet> weights) => inner.CreateModel(weights);

        public void Dispose() => inner.Dispose();
    }
}
