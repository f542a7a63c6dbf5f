namespace Consensus.ML.Gpu;

/// <summary>Shares out the time of a run among its parts. What a part does not use goes to those after it.</summary>
/// <param name="whole">The time of the run.</param>
/// <param name="weights">What each part needs, in any unit, in the order of the parts; above zero.</param>
public sealed class Budget(TimeSpan whole, IReadOnlyList<double> weights)
{
    /// <summary>The time of a part: its share of what is left for it and those after it. Zero if nothing is left.</summary>
    /// <param name="part">Which part, from 0.</param>
    /// <param name="spent">Time since the run began.</param>
    public TimeSpan For(int part, TimeSpan spent)
    {
        TimeSpan left = whole - spent;
        return left <= TimeSpan.Zero ? TimeSpan.Zero : left * (weights[part] / weights.Skip(part).Sum());
    }
}
