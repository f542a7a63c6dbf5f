namespace Consensus.ML.Torch.Training.Loop;

/// <summary>Decides when further training is not expected to help (Prechelt 1998).</summary>
internal static class EarlyStopping
{
    /// <summary>Whether none of the last <paramref name="patience"/> validations beat the best before them; false if it is null.</summary>
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
