using Consensus.ML.Torch.Training.Checkpoints;

namespace Consensus.ML.Tests.Torch.Training.Checkpoints;

public sealed class TrainingStateTests
{
    [Fact]
    public void Time_that_is_written_down_and_read_is_the_same_to_the_tick()
    {
        var random = new Random(1);
        for (int i = 0; i < 1000; i++)
        {
            using TrainingState before = new() { Elapsed = TimeSpan.FromTicks(random.NextInt64(TimeSpan.TicksPerDay)) }, after = new();
            after.Resume(before.TakeSnapshot(step: 1), best: null);
            Assert.Equal(before.Elapsed, after.Elapsed);
        }
    }
}
