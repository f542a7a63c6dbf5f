using Consensus.ML.Options;
using Consensus.ML.Tests.Torch.Training;
using Consensus.ML.Torch.Collectives;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Torch.Training.Loop;
using TorchSharp;

namespace Consensus.ML.Tests.Torch.Runtime;

/// <summary>Whoever takes a number of torch's threads gives it back, and no other thread of the process ever sees the change.</summary>
public sealed class TorchThreadsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly int _before = torch.get_num_threads();

    [Fact]
    public void The_number_is_taken_for_a_while_and_given_back()
    {
        using (TorchThreads used = TorchThreads.Use(_before + 2))
        {
            Assert.Equal(_before + 2, torch.get_num_threads());
            used.Change(_before + 1);
            Assert.Equal(_before + 1, torch.get_num_threads());
            using (TorchThreads.Use(null))
            {
                Assert.Equal(_before + 1, torch.get_num_threads());
            }

            Assert.Equal((_before, _before + 1), (OnNewThread(torch.get_num_threads), torch.get_num_threads()));
        }

        Assert.Equal((_before, _before), (torch.get_num_threads(), OnNewThread(torch.get_num_threads)));
    }

    [Fact]
    public void Several_threads_hold_different_numbers_at_a_time()
    {
        using var all = new Barrier(4);
        var seen = new int[4][];
        Thread[] threads =
        [
            .. Enumerable.Range(0, 4).Select(i => new Thread(() =>
            {
                int first = torch.get_num_threads();
                Assert.True(all.SignalAndWait(Patience));
                using (TorchThreads.Use(i + 2))
                {
                    Assert.True(all.SignalAndWait(Patience));
                    seen[i] = [first, torch.get_num_threads(), 0];
                    Assert.True(all.SignalAndWait(Patience));
                }

                seen[i][2] = torch.get_num_threads();
            })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Assert.All(threads, thread => Assert.True(thread.Join(Patience)));
        Assert.All(Enumerable.Range(0, 4), i => Assert.Equal([_before, i + 2, _before], seen[i]));
        Assert.Equal((_before, _before), (torch.get_num_threads(), OnNewThread(torch.get_num_threads)));
    }

    [Theory]
    [InlineData("ends")]
    [InlineData("is cancelled")]
    [InlineData("fails")]
    public void Training_gives_the_number_back_however_it(string ends)
    {
        int within = 0;
        using var source = new CancellationTokenSource();
        TrainingOptions options = new() { Steps = 3, BatchSize = 2, LearningRate = 1e-3, Threads = _before + 1, ValidationFraction = 0 };
        var progress = new Steps(() =>
        {
            within = torch.get_num_threads();
            switch (ends)
            {
                case "is cancelled":
                    source.Cancel();
                    break;
                case "fails":
                    throw new InvalidDataException(ends);
            }
        });

        void Train() => new ConsensusTrainer(Discs.Description(), options, null, [0f], 1, torch.CPU)
            .Train(Discs.Cases(3), progress, null, source.Token).Model
            .Dispose();
        if (ends == "fails")
        {
            Assert.Throws<InvalidDataException>(Train);
        }
        else
        {
            Train();
        }

        Assert.Equal((_before + 1, _before, _before), (within, torch.get_num_threads(), OnNewThread(torch.get_num_threads)));
    }

    [Fact]
    public void Only_a_run_that_nothing_but_time_ends_chooses_its_number_by_what_is_free()
    {
        TrainingOptions byClock = new() { Steps = null, TimeLimit = TimeSpan.FromMinutes(1) };
        Assert.Equal(
            [true, false, false, false],
            new[] { byClock, byClock with { Threads = 1 }, byClock with { Steps = 10 }, new TrainingOptions() }.Select(options =>
            {
                using var threads = TrainingThreads.Take(options, OneProcess.Instance);
                return threads.AreAdapted;
            }));
    }

    private static int OnNewThread(Func<int> work)
    {
        int found = 0;
        var thread = new Thread(() => found = work());
        thread.Start();
        Assert.True(thread.Join(Patience));
        return found;
    }

    private sealed class Steps(Action reported) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => reported();
    }
}
