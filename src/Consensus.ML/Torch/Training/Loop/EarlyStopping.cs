namespace Consensus.ML.Torch.Training.Loop;

/// <summary>When more training is not expected to help (Prechelt 1998).</summary>
internal static class EarlyStopping
{
    /// <summary>
    /// Whether the last <paramref name="patience"/> validations all failed to beat the best before them; never when it is null.
    /// </summary>
    public static bool IsDue(int? patience, IReadOnlyList<ValidationPoint> validations)
    {
        double best = double.NegativeInfinity;
        int since = 0;
        foreach (ValidationPoint point in validations)
        {
            since = point.SoftDice > best ? 0 : since + 1;
            best = Math.Max(best, point.SoftDice);
        }

        return since >= patience;
    }
}
