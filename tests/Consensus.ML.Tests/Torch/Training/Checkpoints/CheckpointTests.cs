using System.Collections;
using System.Text;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Storage;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Batches;
using Consensus.ML.Torch.Training.Checkpoints;
using Consensus.ML.Torch.Training.Loop;
using Consensus.ML.Torch.Training.Optimization;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Training.Checkpoints;

/// <summary>
/// A run that was interrupted, at any moment and in any way, ends with the weights of a run that was not. What cannot be resumed is refused
/// with the reason.
/// </summary>
public sealed class CheckpointTests : IDisposable
{
    private static readonly TrainingOptions Quick = new()
    {
        Steps = 7, BatchSize = 2, LearningRate = 1e-3, WarmUpSteps = 3, CosineDecay = true, GradientClipping = 1, EmaDecay = 0.5,
        Threads = 1, Validations = 3, ValidationFraction = 0.25,
        ValidationSampling = new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 1 },
    };

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Precision.Float32, OptimizerKind.AdamW)]
    [InlineData(Precision.BFloat16, OptimizerKind.AdamW)]
    [InlineData(Precision.Float32, OptimizerKind.Muon)]
    [InlineData(Precision.BFloat16, OptimizerKind.Muon)]
    public void A_run_that_broke_off_after_any_step_ends_with_the_weights_of_one_that_did_not(object precision, object optimizer)
    {
        TrainingOptions options = Quick with { Precision = (Precision)precision, Optimizer = (OptimizerKind)optimizer };
        (byte[] expected, TrainingHistory history) = Train(options, null);
        Assert.Equal(3, history.Validations.Count);
        for (int last = 1; last < options.Steps; last++)
        {
            var checkpoints = new CheckpointOptions { Folder = _folder[$"{last}"], EverySteps = 2, Resume = true };
            Assert.Throws<BreakException>(() => Train(options, checkpoints, breakAt: last));
            Assert.Equal(Math.Min(last / 2, 2), Files(checkpoints).Length);
            (byte[] weights, TrainingHistory resumed) = Train(options, checkpoints);
            Assert.Equal(expected, weights);
            Assert.Equal(history.Validations, resumed.Validations);
            Assert.Equal(
                (history.Steps, history.BestStep, history.BestValidationScore, false),
                (resumed.Steps, resumed.BestStep, resumed.BestValidationScore, resumed.Cancelled));
        }

        Assert.Empty(_warnings);
    }

    [Fact]
    public void A_run_that_breaks_off_again_and_again_and_drops_out_ends_the_same()
    {
        byte[] expected = Train(Quick, null, dropout: 0.3).Weights;
        Assert.NotEqual(expected, Train(Quick, null).Weights);
        CheckpointOptions checkpoints = Every(1);
        foreach (int last in (int[])[1, 2, 5])
        {
            Assert.Throws<BreakException>(() => Train(Quick, checkpoints, breakAt: last, dropout: 0.3));
        }

        Assert.Equal(expected, Train(Quick, checkpoints, dropout: 0.3).Weights);
    }

    /// <summary>There the host takes the loss of a step after it has queued the next one.</summary>
    [Fact]
    public void A_run_as_on_a_GPU_has_the_weights_and_losses_of_one_on_the_host_also_when_it_breaks_off()
    {
        TrainingOptions options = Quick with { UpdateClipping = 1 };
        List<TrainingProgress> reports = [], late = [];
        (byte[] expected, TrainingHistory history) = Train(options, null, progress: reports.Add);
        (byte[] weights, TrainingHistory onDevice) = Train(options, null, progress: late.Add, onDevice: true);
        Assert.Equal(expected, weights);
        Assert.Equal(history.Validations, onDevice.Validations);

        // The first step is waited for, and those before a validation, which come to steps 3, 5 and 7. The last report is that of the end.
        Assert.Equal(reports.Select(report => report.Step), late.Select(report => report.Step));
        double[] losses = [.. reports.Select(report => report.Loss)];
        Assert.Equal(
            [losses[0], losses[0], losses[2], losses[2], losses[4], losses[4], losses[5], losses[6]], late.Select(report => report.Loss));
        foreach (int last in (int[])[1, 4])
        {
            var checkpoints = new CheckpointOptions { Folder = _folder[$"{last}"], EverySteps = 2, Resume = true };
            Assert.Throws<BreakException>(() => Train(options, checkpoints, breakAt: last, onDevice: true));
            (byte[] resumed, TrainingHistory again) = Train(options, checkpoints, onDevice: true);
            Assert.Equal(expected, resumed);
            Assert.Equal(history.Validations, again.Validations);
        }
    }

    [Fact]
    public void A_file_whose_name_is_no_step_is_passed_over()
    {
        CheckpointOptions checkpoints = Every(1);
        Directory.CreateDirectory(checkpoints.Folder);
        File.WriteAllText(Path.Combine(checkpoints.Folder, "step-9999999999.safetensors"), "");
        Assert.Equal(Train(Quick, null).Weights, Train(Quick, checkpoints).Weights);
    }

    [Theory]
    [InlineData(7, 3, 1, 0.5, 1.5, true)]
    [InlineData(-1, 0, 1, 0.5, 1.5, false)]
    [InlineData(7, 8, 1, 0.5, 1.5, false)]
    [InlineData(7, -1, 1, 0.5, 1.5, false)]
    [InlineData(7, 3, -1, 0.5, 1.5, false)]
    [InlineData(7, 3, 1, double.NaN, 1.5, false)]
    [InlineData(7, 3, 1, -0.5, 1.5, false)]
    [InlineData(7, 3, 1, 0.5, 1e300, false)]
    [InlineData(7, 3, 1, 0.5, double.PositiveInfinity, false)]
    public void Only_what_a_run_can_have_come_to_is_resumed(
        int step, int bestStep, int validations, double slowest, double seconds, bool possible) =>
        Assert.Equal(possible, new TrainingSnapshot(step, 0.5, bestStep, validations, slowest, seconds, false, []).IsPossible);

    [Fact]
    public void A_run_that_broke_off_in_a_validation_does_it_again()
    {
        (byte[] expected, TrainingHistory history) = Train(Quick, null);
        CheckpointOptions checkpoints = Every(1);
        Assert.Throws<BreakException>(() => Train(Quick, checkpoints, breakInValidation: true));
        (byte[] weights, TrainingHistory resumed) = Train(Quick, checkpoints);
        Assert.Equal(expected, weights);
        Assert.Equal(history.Validations, resumed.Validations);
    }

    [Fact]
    public void A_cancelled_run_can_be_resumed()
    {
        byte[] expected = Train(Quick, null).Weights;
        var checkpoints = new CheckpointOptions { Folder = _folder["run"], Resume = true };
        using var cancellation = new CancellationTokenSource();
        (byte[] early, TrainingHistory history) = Train(Quick, checkpoints, progress: report =>
        {
            if (report.Step == 4)
            {
                cancellation.Cancel();
            }
        }, cancellation: cancellation.Token);
        Assert.True(history.Cancelled);
        Assert.NotEqual(expected, early);
        Assert.Equal(["step-000000004.safetensors"], Files(checkpoints));
        Assert.Equal(expected, Train(Quick, checkpoints).Weights);
    }

    [Fact]
    public void Cancelling_ends_a_validation_under_way_and_what_it_owes_is_made_up_for()
    {
        // A validation of many seconds is cancelled when it reads its first image. This thread drew the two images of the first step. The
        // next image that it reads is the validation's.
        TrainingOptions options = Quick with
        {
            Steps = 2,
            Validations = 2,
            ValidationSampling = new() { Generations = 20, Sampler = SamplerKind.Ddpm },
        };
        CheckpointOptions checkpoints = Every(1);
        using var cancellation = new CancellationTokenSource();
        Thread training = Thread.CurrentThread;
        int drawn = 0;
        var padding = new WatchedPadding(read => drawn = read);
        TrainingCase[] cases = [.. Discs.Cases(10).Select(one => one with { ReadFeatures = () => Read(one) })];
        TrainingHistory history = Train(
            options, checkpoints, cases: cases, padding: padding, cancellation: cancellation.Token).History;
        Assert.True(history.Cancelled);
        Assert.Empty(history.Validations);
        Assert.Equal(1, history.Steps);

        float[] Read(TrainingCase one)
        {
            if (drawn >= 2 && Thread.CurrentThread == training)
            {
                cancellation.Cancel();
            }

            return one.Features;
        }
    }

    [Fact]
    public void The_checkpoint_of_a_validation_that_was_cancelled_owes_it_still()
    {
        (byte[] expected, TrainingHistory history) = Train(Quick, null);
        CheckpointOptions checkpoints = Every(100);
        using var cancellation = new CancellationTokenSource();

        // Cancelled while step 3 waits for its batch (of two images), which another thread draws. The validation that follows sees it,
        // because a step does not check.
        Thread training = Thread.CurrentThread;
        using var second = new ManualResetEventSlim();
        var padding = new WatchedPadding(read =>
        {
            if (read == 5)
            {
                second.Wait(TestContext.Current.CancellationToken);
                SpinWait.SpinUntil(() => training.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
                cancellation.Cancel();
            }
        });
        (_, TrainingHistory cancelled) = Train(Quick, checkpoints, padding: padding, cancellation: cancellation.Token, progress: report =>
        {
            if (report.Step == 2)
            {
                second.Set();
            }
        });
        Assert.Equal(3, cancelled.Steps);
        Assert.Empty(cancelled.Validations);
        (byte[] weights, TrainingHistory resumed) = Train(Quick, checkpoints);
        Assert.Equal(expected, weights);
        Assert.Equal(history.Validations, resumed.Validations);
    }

    [Fact]
    public void A_run_that_had_ended_gives_its_model_again()
    {
        CheckpointOptions checkpoints = Every(3);
        (byte[] expected, TrainingHistory history) = Train(Quick, checkpoints);
        var steps = new List<int>();
        (byte[] weights, TrainingHistory again) = Train(Quick, checkpoints, progress: report => steps.Add(report.Step));
        Assert.Equal(expected, weights);
        Assert.Equal([7], steps);
        Assert.Equal(history with { Validations = [] }, again with { Validations = [] });
        Assert.Equal(history.Validations, again.Validations);
    }

    [Fact]
    public void The_two_latest_checkpoints_and_the_best_weights_are_kept()
    {
        CheckpointOptions checkpoints = Every(2);
        (byte[] best, _) = Train(Quick, checkpoints);
        Assert.Equal(["step-000000006.safetensors", "step-000000007.safetensors"], Files(checkpoints));
        Assert.Equal(best, File.ReadAllBytes(_folder["run/best.safetensors"]));

        // A kill in the middle of a write leaves a file, which is removed.
        File.WriteAllText(_folder["run/.step-000000008.safetensors.0123.tmp"], "half");
        Train(Quick, checkpoints);
        Assert.Equal(
            [".lock", "best.safetensors", "step-000000006.safetensors", "step-000000007.safetensors"],
            Directory.GetFiles(checkpoints.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(0.0, false)]
    [InlineData(0.0003, false)]
    [InlineData(0.5, false)]
    [InlineData(0.999, false)]
    [InlineData(0.0, true)]
    [InlineData(0.7, true)]
    public void A_damaged_checkpoint_is_passed_over_for_the_one_before_it(double where, bool truncate)
    {
        byte[] expected = Train(Quick, null).Weights;
        CheckpointOptions checkpoints = Every(2);
        Assert.Throws<BreakException>(() => Train(Quick, checkpoints, breakAt: 5));
        Damage(_folder["run/step-000000004.safetensors"], where, truncate);
        Assert.Equal(expected, Train(Quick, checkpoints).Weights);
        Assert.Matches(
            "^The checkpoint '.*step-000000004.safetensors' is not used. .* Training goes on from that of step 2.$",
            Assert.Single(_warnings));

        // If no other checkpoint is whole, nothing is deleted.
        foreach (string file in Files(checkpoints))
        {
            Damage(_folder[$"run/{file}"], where, truncate);
        }

        Complaint.Expect<InvalidDataException>(
            () => Train(Quick, checkpoints),
            "step-000000007.safetensors' cannot be resumed, and there is no other that is whole.",
            "Remove it to start afresh.");
        Assert.Equal(2, Files(checkpoints).Length);
    }

    [Fact]
    public void Every_single_flipped_byte_of_the_header_is_noticed()
    {
        CheckpointOptions checkpoints = Every(100);
        Train(Quick with { Steps = 1 }, checkpoints);
        string path = _folder["run/step-000000001.safetensors"];
        byte[] whole = File.ReadAllBytes(path);
        int header = 8 + (int)BitConverter.ToUInt64(whole);
        for (int at = 0; at < header; at += 37)
        {
            byte[] bytes = [.. whole];
            bytes[at] ^= 1;
            File.WriteAllBytes(path, bytes);
            Assert.Throws<InvalidDataException>(() => TrainingCheckpoint.Read(path));
        }
    }

    [Fact]
    public void A_checkpoint_of_a_newer_format_says_which_and_what_to_do()
    {
        CheckpointOptions checkpoints = Every(100);
        Train(Quick with { Steps = 1 }, checkpoints);
        string path = _folder["run/step-000000001.safetensors"], text = Encoding.Latin1.GetString(File.ReadAllBytes(path));
        int hash = text.IndexOf("\"sha256\":\"", StringComparison.Ordinal) + 10;
        text = text.Replace("\"formatVersion\":\"1\"", "\"formatVersion\":\"2\"", StringComparison.Ordinal)
            .Remove(hash, 64)
            .Insert(hash, new string('0', 64));
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))).CopyTo(bytes, hash);
        File.WriteAllBytes(path, bytes);
        Complaint.Expect<InvalidDataException>(
            () => Train(Quick with { Steps = 1 }, checkpoints),
            "format version 2; this version of Consensus.ML reads up to 1",
            "Update the Consensus.ML package");
    }

    [Fact]
    public void Other_options_are_refused_each_with_both_values()
    {
        CheckpointOptions checkpoints = Every(2);
        Train(Quick, checkpoints);
        Complaint.Expect<InvalidDataException>(
            () => Train(Quick with { LearningRate = 0.002, Steps = 9 }, checkpoints), "step-000000007.safetensors' is of another run:",
            "Training.Steps is 7 there and 9 here", "Training.LearningRate is 0.001 there and 0.002 here");
        Complaint.Expect<InvalidDataException>(() => Train(Quick, checkpoints, seed: 2), "Seed is 1 there and 2 here");
        Complaint.Expect<InvalidDataException>(
            () => Train(Quick with { Precision = Precision.BFloat16 }, checkpoints),
            "Training.Precision is \"Float32\" there and \"BFloat16\" here");
        Complaint.Expect<InvalidDataException>(() => Train(Quick, checkpoints, dropout: 0.5), "Network.Dropout is 0 there and 0.5 here");
        Complaint.Expect<InvalidDataException>(
            () => Train(Quick with { BatchSize = 1, TimePower = 1, EmaDecay = 0.1, WarmUpSteps = 0, Validations = 4 }, checkpoints),
            "; and 2 more");

        // A run may move to a machine with more cores.
        Assert.Equal(7, Train(Quick with { Threads = 2 }, checkpoints).History.Steps);
        set_num_threads(1);
    }

    [Fact]
    public void Other_cases_are_refused_by_name()
    {
        CheckpointOptions checkpoints = Every(2);
        TrainingCase[] cases = Discs.Cases(10), other = Discs.Cases(12);
        Train(Quick, checkpoints, cases: cases);
        Expect([.. cases, other[10]], "case10 is new here");
        Expect(cases[..9], "case9 was trained on there and is missing here");
        Expect([.. cases[..3], other[11] with { Name = "case3" }, .. cases[4..]], "case3 has other pixels here");
        Expect([.. cases[..3], cases[3] with { Masks = other[11].Masks }, .. cases[4..]], "case3 has other pixels here");
        Expect([.. cases.Reverse()], "the cases come in another order here");
        Expect(
            [.. cases.Select(item => item with { Features = Array.ConvertAll(item.Features, value => value / 2) })],
            "all 10 cases have other pixels here (their preparation may have changed)");

        void Expect(TrainingCase[] given, string said) => Complaint.Expect<InvalidDataException>(
            () => Train(Quick, checkpoints, cases: given), "is of another run: " + said + ". Use the same data and options");
    }

    [Fact]
    public void A_folder_with_checkpoints_is_not_overwritten_unless_it_is_resumed()
    {
        CheckpointOptions checkpoints = Every(2);
        Train(Quick, checkpoints);
        Complaint.Expect<InvalidOperationException>(
            () => Train(Quick, checkpoints with { Resume = false }), "holds checkpoints of an earlier run, up to step 7", "--resume");
        Assert.Equal(2, Files(checkpoints).Length);
    }

    [Fact]
    public void A_folder_serves_one_run_at_a_time()
    {
        CheckpointOptions checkpoints = Every(2);
        using (CheckpointFolder.Open(checkpoints, _warnings.Add))
        {
            Complaint.Expect<IOException>(
                () => CheckpointFolder.Open(checkpoints, _warnings.Add), _folder["run"], "in use by another training run");
        }

        CheckpointFolder.Open(checkpoints, _warnings.Add).Dispose();
        File.WriteAllText(_folder["file"], "");
        Complaint.Expect<IOException>(
            () => CheckpointFolder.Open(checkpoints with { Folder = _folder["file"] }, _warnings.Add),
            "'" + _folder["file"] + "'",
            "cannot be made");
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_is_a_warning_and_the_one_before_it_stays()
    {
        byte[] expected = Train(Quick, null).Weights;
        CheckpointOptions checkpoints = Every(2);
        Directory.CreateDirectory(_folder["run/step-000000004.safetensors"]);
        Assert.Equal(expected, Train(Quick with { Steps = 7 }, checkpoints, breakAt: null).Weights);
        Assert.Matches(
            "^The checkpoint of step 4 could not be written: Cannot write '.*': a folder has that name; "
            + "the last whole one is that of step 2. Training goes on.$",
            Assert.Single(_warnings));
    }

    [Fact]
    public void A_run_whose_folder_was_taken_over_stops_before_its_next_checkpoint()
    {
        CheckpointOptions checkpoints = Every(2);
        FolderLock? other = null;

        // The second run sees no process of the first, as on a machine where the first was suspended for long.
        LockSurroundings first = LockSurroundings.OfThisProcess with { OpenExclusively = OpenForAll };
        LockSurroundings second = first with { IsRunning = _ => false };
        using (CheckpointFolder folder = CheckpointFolder.Open(checkpoints, _ => { }, first))
        {
            FolderTakenException taken = Assert.Throws<FolderTakenException>(() => TrainIn(Quick, folder, progress: report =>
            {
                if (report.Step == 3)
                {
                    other = FolderTaking.Try(checkpoints.Folder, second).Lock;
                }
            }));
            Assert.Contains($"it is in use by process {Environment.ProcessId} on ", taken.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["step-000000002.safetensors"], Files(checkpoints));
        other!.EnsureHeld();
        other.Dispose();

        static FileStream OpenForAll(string path) =>
            new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
    }

    [Fact]
    public void A_takeover_and_a_file_system_without_locks_are_said()
    {
        CheckpointOptions checkpoints = Every(2);
        LockSurroundings surroundings = LockSurroundings.OfThisProcess with { IsRunning = _ => false, OpenExclusively = path =>
            new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1) };
        Directory.CreateDirectory(checkpoints.Folder);
        using FolderLock? crashed = FolderTaking.Try(checkpoints.Folder, surroundings).Lock;
        CheckpointFolder.Open(checkpoints, _warnings.Add, surroundings).Dispose();
        Assert.Equal(2, _warnings.Count);
        Assert.Matches("^'.*run' is taken over from a training run that has ended without saying so: process \\d+ on ", _warnings[0]);
        Assert.Contains("does not keep a locked file from being opened again", _warnings[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_checkpoint_holds_the_moment_at_which_it_was_taken(bool copy)
    {
        using var scope = NewDisposeScope();
        using var optimizer = new Optimizer(WeightSet.Initialize(Discs.Description().Layout(), CPU, 1), Quick);
        using var state = new TrainingState();
        var fingerprint = new TrainingFingerprint(new Dictionary<string, string>(), []);
        state.AddLoss(1);
        state.Keep([optimizer.Average], 0);
        using FolderLock held = FolderLock.Take(_folder.Root);
        using (CheckpointContent now = CheckpointContent.Take(fingerprint, [optimizer], state, copy: false))
        {
            now.Write(_folder["expected"], held);
        }

        using CheckpointContent content = CheckpointContent.Take(fingerprint, [optimizer], state, copy);

        // A step, and better weights in place of the best.
        foreach (Tensor leaf in optimizer.Leaves)
        {
            leaf.grad!.FillInPlace(1);
        }

        optimizer.Step(0.1);
        state.Keep([optimizer.Average], 1);
        content.Write(_folder["copied"], held);
        Assert.Equal(copy, File.ReadAllBytes(_folder["expected"]).SequenceEqual(File.ReadAllBytes(_folder["copied"])));
    }

    [Fact]
    public void Checkpoints_leave_no_tensor_behind()
    {
        Train(Quick, Every(1));
        Directory.Delete(_folder["run"], recursive: true);
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Train(Quick, Every(1));
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static void Damage(string path, double where, bool truncate)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int at = (int)(where * bytes.Length);
        bytes[at] ^= 0x10;
        File.WriteAllBytes(path, truncate ? bytes[..at] : bytes);
    }

    private CheckpointOptions Every(int steps) => new() { Folder = _folder["run"], EverySteps = steps, Interval = null, Resume = true };

    private static string[] Files(CheckpointOptions checkpoints) => [.. Directory.GetFiles(checkpoints.Folder, "step-*.safetensors")
        .Select(path => Path.GetFileName(path))
        .Order(StringComparer.Ordinal)];

    /// <summary>Trains, within the folder if one is given. It may break off as in a crash: with an exception that nobody expects.</summary>
    private (byte[] Weights, TrainingHistory History) Train(
        TrainingOptions options,
        CheckpointOptions? checkpoints,
        int? breakAt = null,
        bool breakInValidation = false,
        double dropout = 0,
        int seed = 1,
        TrainingCase[]? cases = null,
        Action<TrainingProgress>? progress = null, IReadOnlyList<float>? padding = null, bool? onDevice = null,
        CancellationToken cancellation = default)
    {
        using CheckpointFolder? folder = checkpoints is null
            ? null
            : CheckpointFolder.Open(checkpoints, _warnings.Add, cancellation: cancellation);
        return TrainIn(options, folder, breakAt, breakInValidation, dropout, seed, cases, progress, padding, onDevice, cancellation);
    }

    private static (byte[] Weights, TrainingHistory History) TrainIn(
        TrainingOptions options,
        CheckpointFolder? folder,
        int? breakAt = null,
        bool breakInValidation = false,
        double dropout = 0,
        int seed = 1,
        TrainingCase[]? cases = null,
        Action<TrainingProgress>? progress = null, IReadOnlyList<float>? padding = null, bool? onDevice = null,
        CancellationToken cancellation = default)
    {
        ModelDescription description = Discs.Description();
        description = description with { Network = description.Network with { Dropout = dropout } };
        var trainer = new ConsensusTrainer(description, options, new AugmentationPolicy(), padding ?? [0f], seed, CPU)
        {
            Checkpoints = folder,
            OnDevice = onDevice,
        };
        (ConsensusModel model, TrainingHistory history) = trainer.Train(
            cases ?? Discs.Cases(10),
            new Immediate(report =>
            {
                progress?.Invoke(report);
                if (report.Step == breakAt)
                {
                    throw new BreakException();
                }
            }),
            line =>
            {
                if (breakInValidation && line.StartsWith("Step ", StringComparison.Ordinal))
                {
                    throw new BreakException();
                }
            },
            cancellation);
        using (model)
        {
            return (model.SaveWeights(), history);
        }
    }

    private sealed class BreakException : Exception;

    /// <summary>The padding of one channel. Each image asks for it once, so it shows where in a step the trainer is.</summary>
    private sealed class WatchedPadding(Action<int> onRead) : IReadOnlyList<float>
    {
        private int _reads;

        public int Count => 1;

        public float this[int index]
        {
            get
            {
                onRead(++_reads);
                return 0;
            }
        }

        public IEnumerator<float> GetEnumerator() => Enumerable.Repeat(0f, 1).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class Immediate(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
