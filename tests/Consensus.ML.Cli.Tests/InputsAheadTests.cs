using Consensus.Imaging.Cases;
using Consensus.ML.Cli.Prediction;

namespace Consensus.ML.Cli.Tests;

/// <summary>Inputs are worked on several at a time, in bounds, and come in their order.</summary>
public sealed class InputsAheadTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly RaterCase[] Cases = [.. Enumerable.Range(0, 20).Select(i => new RaterCase($"{i:00}", $"{i}.png", []))];

    private int _begun;

    [Fact]
    public void Outcomes_come_in_the_order_of_the_inputs_though_a_later_one_is_done_first()
    {
        using var laterIsDone = new ManualResetEventSlim();
        var ahead = new InputsAhead(Cases, Predict, atOnce: 2);
        Assert.Equal(Cases, ahead.Run(CancellationToken.None).Select(outcome => outcome.Case));

        PredictionOutcome Predict(RaterCase one)
        {
            if (one == Cases[1])
            {
                laterIsDone.Set();
            }

            Assert.True(one != Cases[0] || laterIsDone.Wait(Limit), "The second input is not worked on beside the first.");
            return new(one, TimeSpan.Zero);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 4)]
    public void Who_stops_to_read_has_begun_a_bounded_number_of_inputs(int atOnce, int begun)
    {
        Assert.Equal(Cases[0], new InputsAhead(Cases, Counted, atOnce).Run(CancellationToken.None).First().Case);
        Assert.Equal(begun, _begun);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 4)]
    public void After_a_stop_no_input_is_begun_and_those_that_were_begun_are_given(int atOnce, int given)
    {
        using var stop = new CancellationTokenSource();
        int taken = 0;
        foreach (PredictionOutcome _ in new InputsAhead(Cases, Counted, atOnce).Run(stop.Token))
        {
            taken++;
            stop.Cancel();
        }

        Assert.Equal((given, given), (taken, _begun));
    }

    private PredictionOutcome Counted(RaterCase one)
    {
        Interlocked.Increment(ref _begun);
        return new(one, TimeSpan.Zero);
    }
}
