namespace Consensus.ML.Torch.Training.Loop;

/// <summary>
/// Some steps in a row that every member of a run takes at its own pace, all of them the same steps. The first member to come to a step
/// decides for all whether the step is taken, and with which learning rate. So the members need not wait for each other at each step, and
/// nothing of their result depends on where a block ends.
/// </summary>
/// <param name="first">Number of steps done before the block. The block has at least one step.</param>
/// <param name="isEnd">
/// Whether the block ends after a number of steps of the run; asked by one thread at a time, once for each step.
/// </param>
/// <param name="learningRate">The learning rate of a step, from 0; asked in the same way.</param>
internal sealed class StepBlock(int first, Func<int, bool> isEnd, Func<int, double> learningRate)
{
    private readonly Lock _lock = new();
    private readonly List<double> _rates = [];
    private bool _ended;

    /// <summary>Learning rate of a step, from 0, if the block has this step; a member asks for one step after another.</summary>
    public double? TryBegin(int step)
    {
        lock (_lock)
        {
            int place = step - first;
            if (place == _rates.Count)
            {
                _ended = _ended || (place > 0 && isEnd(step));
                if (_ended)
                {
                    return null;
                }

                _rates.Add(learningRate(step));
            }

            return _rates[place];
        }
    }

    /// <summary>Ends the block with the last step that a member has begun.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
        }
    }
}
