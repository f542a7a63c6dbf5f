using System.Text.Json.Serialization;
using Consensus.ML.Torch.Networks;

namespace Consensus.ML.Torch.Training.Checkpoints;

/// <summary>The state of a run without the optimizer's state. With both, a run can resume at any step.</summary>
internal sealed class TrainingState : IDisposable
{
    // The weight of a loss in the smoothed loss halves in about 35 steps.
    private const double LossSmoothing = 0.98;

    private readonly List<ValidationPoint> _points = [];

    /// <summary>Smoothed loss; NaN before the first step.</summary>
    public double Loss { get; private set; } = double.NaN;

    /// <summary>Every validation so far.</summary>
    public IReadOnlyList<ValidationPoint> Points => _points;

    /// <summary>The best weights so far, one set for each member; null before the first validation.</summary>
    public IReadOnlyList<WeightSet>? Best { get; private set; }

    /// <summary>Their step.</summary>
    public int BestStep { get; private set; }

    /// <summary>Their score; null before the first validation.</summary>
    public double? BestScore => _points.Count > 0 ? _points.Max(point => point.SoftDice) : null;

    /// <summary>The latest score; null before the first validation.</summary>
    public double? LatestScore => _points.Count > 0 ? _points[^1].SoftDice : null;

    /// <summary>Number of scheduled validations that are done.</summary>
    public int ScheduledValidations { get; set; }

    /// <summary>Seconds that the slowest validation took.</summary>
    public double SlowestValidation { get; set; }

    /// <summary>Wall time spent on the run, over all its parts if it was resumed.</summary>
    public TimeSpan Elapsed { get; set; }

    /// <summary>Whether the run has ended, so that <see cref="Best"/> is its result.</summary>
    public bool Finished { get; private set; }

    /// <summary>Records the loss of a step.</summary>
    public void AddLoss(double loss) => Loss = double.IsNaN(Loss) ? loss : (LossSmoothing * Loss) + ((1 - LossSmoothing) * loss);

    /// <summary>Records a validation, and keeps a copy of the weights if they are the best.</summary>
    /// <returns>Whether they are the best so far.</returns>
    public bool AddValidation(int step, TimeSpan elapsed, double score, IReadOnlyList<WeightSet> weights)
    {
        bool best = !(score < BestScore);
        if (best)
        {
            Keep(weights, step);
        }

        _points.Add(new(step, Loss, score) { Seconds = elapsed.TotalSeconds });
        return best;
    }

    /// <summary>Keeps a copy of the weights as the best.</summary>
    public void Keep(IReadOnlyList<WeightSet> weights, int step)
    {
        Dispose();
        Best = [.. weights.Select(member => member.Clone())];
        BestStep = step;
    }

    /// <summary>Records that the run has ended.</summary>
    public void Finish() => Finished = true;

    /// <summary>The best weights; the caller owns them from here on.</summary>
    public IReadOnlyList<WeightSet> TakeBest()
    {
        IReadOnlyList<WeightSet> best = Best ?? throw new InvalidOperationException("No weights were kept.");
        Best = null;
        return best;
    }

    /// <summary>The numbers of this state, for a checkpoint.</summary>
    public TrainingSnapshot TakeSnapshot(int step) =>
        new(step, Loss, BestStep, ScheduledValidations, SlowestValidation, Elapsed.TotalSeconds, Finished, [.. _points]);

    /// <summary>Restores the numbers of a checkpoint.</summary>
    public void Resume(TrainingSnapshot snapshot, IReadOnlyList<WeightSet>? best)
    {
        // TimeSpan.FromSeconds truncates to whole ticks, so that a resumed run would write a different number from the one it read.
        var elapsed = TimeSpan.FromTicks((long)Math.Round(snapshot.Seconds * TimeSpan.TicksPerSecond));
        (Loss, BestStep, ScheduledValidations, SlowestValidation, Elapsed, Finished) =
            (snapshot.Loss, snapshot.BestStep, snapshot.ScheduledValidations, snapshot.SlowestValidation, elapsed, snapshot.Finished);
        _points.Clear();
        _points.AddRange(snapshot.Validations);
        Dispose();
        Best = best;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (WeightSet weights in Best ?? [])
        {
            weights.Dispose();
        }

        Best = null;
    }
}

/// <summary>The numbers of a <see cref="TrainingState"/>, without its weights.</summary>
internal sealed record TrainingSnapshot(
    int Step, double Loss, int BestStep, int ScheduledValidations, double SlowestValidation, double Seconds, bool Finished,
    IReadOnlyList<ValidationPoint> Validations)
{
    // About thirty years; a TimeSpan can hold that.
    private const double LongestRun = 1e9;

    /// <summary>Whether a run can have these numbers.</summary>
    [JsonIgnore]
    public bool IsPossible =>
        Step >= 0 && BestStep >= 0 && BestStep <= Step && ScheduledValidations >= 0
        && SlowestValidation is >= 0 and <= LongestRun && Seconds is >= 0 and <= LongestRun && Validations.All(point => point is not null);
}
