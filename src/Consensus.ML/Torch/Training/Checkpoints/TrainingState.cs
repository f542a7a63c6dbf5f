using System.Text.Json.Serialization;
using Consensus.ML.Torch.Networks;

namespace Consensus.ML.Torch.Training.Checkpoints;

/// <summary>What a run has come to beside the optimizer's state: with both, it can be taken up again at any step.</summary>
internal sealed class TrainingState : IDisposable
{
    // The loss that is shown forgets half of itself in about 35 steps.
    private const double LossSmoothing = 0.98;

    private readonly List<ValidationPoint> _points = [];

    /// <summary>Smoothed loss; NaN before the first step.</summary>
    public double Loss { get; private set; } = double.NaN;

    /// <summary>Every validation so far.</summary>
    public IReadOnlyList<ValidationPoint> Points => _points;

    /// <summary>The best weights so far; null before the first validation.</summary>
    public WeightSet? Best { get; private set; }

    /// <summary>Their step.</summary>
    public int BestStep { get; private set; }

    /// <summary>Their score; null before the first validation.</summary>
    public double? BestScore => _points.Count > 0 ? _points.Max(point => point.SoftDice) : null;

    /// <summary>The latest score; null before the first validation.</summary>
    public double? LatestScore => _points.Count > 0 ? _points[^1].SoftDice : null;

    /// <summary>How many of the validations that are spread over the run are behind it.</summary>
    public int ScheduledValidations { get; set; }

    /// <summary>Seconds that the slowest validation took.</summary>
    public double SlowestValidation { get; set; }

    /// <summary>Wall time spent on the run, whether in one go or several.</summary>
    public TimeSpan Elapsed { get; set; }

    /// <summary>Whether the run has come to its end, and <see cref="Best"/> is its result.</summary>
    public bool Finished { get; private set; }

    /// <summary>Notes the loss of a step.</summary>
    public void AddLoss(double loss) => Loss = double.IsNaN(Loss) ? loss : (LossSmoothing * Loss) + ((1 - LossSmoothing) * loss);

    /// <summary>Notes a validation, and keeps a copy of the weights where none were better.</summary>
    /// <returns>Whether they are the best so far.</returns>
    public bool AddValidation(int step, TimeSpan elapsed, double score, WeightSet weights)
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
    public void Keep(WeightSet weights, int step)
    {
        Best?.Dispose();
        Best = weights.Clone();
        BestStep = step;
    }

    /// <summary>Notes that the run has come to its end.</summary>
    public void Finish() => Finished = true;

    /// <summary>The best weights; the caller owns them from here on.</summary>
    public WeightSet TakeBest()
    {
        WeightSet best = Best ?? throw new InvalidOperationException("No weights were kept.");
        Best = null;
        return best;
    }

    /// <summary>The facts of this state, to be written down.</summary>
    public TrainingFacts Facts(int step) =>
        new(step, Loss, BestStep, ScheduledValidations, SlowestValidation, Elapsed.TotalSeconds, Finished, [.. _points]);

    /// <summary>Goes on from what was written down.</summary>
    public void Resume(TrainingFacts facts, WeightSet? best)
    {
        // TimeSpan.FromSeconds cuts what rounding has left below a whole tick, and a resumed run would write another number than it read.
        var elapsed = TimeSpan.FromTicks((long)Math.Round(facts.Seconds * TimeSpan.TicksPerSecond));
        (Loss, BestStep, ScheduledValidations, SlowestValidation, Elapsed, Finished) =
            (facts.Loss, facts.BestStep, facts.ScheduledValidations, facts.SlowestValidation, elapsed, facts.Finished);
        _points.Clear();
        _points.AddRange(facts.Validations);
        Best?.Dispose();
        Best = best;
    }

    /// <inheritdoc/>
    public void Dispose() => Best?.Dispose();
}

/// <summary>A <see cref="TrainingState"/> in numbers, without its weights.</summary>
internal sealed record TrainingFacts(
    int Step, double Loss, int BestStep, int ScheduledValidations, double SlowestValidation, double Seconds, bool Finished,
    IReadOnlyList<ValidationPoint> Validations)
{
    // Some thirty years, which a TimeSpan holds.
    private const double LongestRun = 1e9;

    /// <summary>Whether a run can have come to this.</summary>
    [JsonIgnore]
    public bool ArePossible =>
        Step >= 0 && BestStep >= 0 && BestStep <= Step && ScheduledValidations >= 0
        && SlowestValidation is >= 0 and <= LongestRun && Seconds is >= 0 and <= LongestRun && Validations.All(point => point is not null);
}
