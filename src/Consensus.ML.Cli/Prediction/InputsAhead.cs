using Consensus.Imaging.Cases;

namespace Consensus.ML.Cli.Prediction;

/// <summary>
/// Works on several inputs at a time and gives what came of them in the order of the inputs. It is at most twice that number ahead, so that
/// the memory that it takes does not grow with the number of inputs.
/// </summary>
/// <param name="cases">The inputs.</param>
/// <param name="predict">The work on an input; it throws nothing.</param>
/// <param name="atOnce">Number of inputs at a time. With 1, an input is begun when the input before it is done with.</param>
internal sealed class InputsAhead(IReadOnlyList<RaterCase> cases, Func<RaterCase, PredictionOutcome> predict, int atOnce)
{
    /// <summary>The outcomes; who stops to read them waits until the inputs that were begun are done with.</summary>
    /// <param name="stop">Begins no further input.</param>
    public IEnumerable<PredictionOutcome> Run(CancellationToken stop) =>
        atOnce == 1 ? cases.TakeWhile(_ => !stop.IsCancellationRequested).Select(predict) : RunAhead(stop);

    private IEnumerable<PredictionOutcome> RunAhead(CancellationToken stop)
    {
        var begun = new Queue<Task<PredictionOutcome>>();
        int next = 0;
        try
        {
            while (true)
            {
                while (begun.Count < 2 * atOnce && next < cases.Count && !stop.IsCancellationRequested)
                {
                    RaterCase raterCase = cases[next++];
                    begun.Enqueue(Task.Run(() => predict(raterCase), CancellationToken.None));
                }

                if (!begun.TryDequeue(out Task<PredictionOutcome>? first))
                {
                    yield break;
                }

                yield return first.GetAwaiter().GetResult();
            }
        }
        finally
        {
            Task.WaitAll([.. begun]);
        }
    }
}
