namespace Consensus.ML.Datasets;

/// <summary>A mistake in a manifest.</summary>
/// <param name="Place">The place of the mistake: a JSON path such as <c>$.cases[3].masks.Ann</c>, or a line.</param>
/// <param name="Message">What is wrong, and what is allowed.</param>
internal sealed record ManifestFault(string Place, string Message)
{
    public override string ToString() => $"{Place}: {Message}";
}
