namespace Consensus.ML.Cli.Evaluation;

/// <summary>How many cases of a run with records ended in which way.</summary>
/// <param name="Scored">Scored, with a new record.</param>
/// <param name="Skipped">Left alone, because they had a record.</param>
/// <param name="Failed">Not scored, because of an error that was reported.</param>
internal readonly record struct EvaluationCounts(int Scored, int Skipped, int Failed)
{
    public int Total => Scored + Skipped + Failed;

    public override string ToString() => $"{Scored} scored, {Skipped} skipped, {Failed} failed";
}
