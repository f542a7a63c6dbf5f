namespace Consensus.ML.Torch.Training.Batches;

/// <summary>One training sample.</summary>
/// <param name="Name">The case, for messages.</param>
/// <param name="Masks">
/// The raters' masks at their own resolution: what augmentation turns or mirrors must be looked up there, or the half pixel by which a
/// reduced mask lies off its image would change sides with every flip.
/// </param>
/// <param name="ReadFeatures">Gives the image from wherever it is kept.</param>
internal sealed record TrainingCase(string Name, PackedMasks Masks, Func<float[]> ReadFeatures)
{
    /// <summary>A sample in memory.</summary>
    public TrainingCase(string name, float[] features, PackedMasks masks)
        : this(name, masks, () => features)
    {
    }

    /// <summary>Normalised image, C×H×W, at the model's resolution.</summary>
    public float[] Features
    {
        get => ReadFeatures();
        init => ReadFeatures = () => value;
    }

    /// <summary>
    /// Which of the model's raters, from 0, drew each mask; the first mask is the first rater's where nothing else is said.
    /// </summary>
    public IReadOnlyList<int> Raters { get; init; } = [.. Enumerable.Range(0, Masks.Raters)];

    /// <summary>
    /// What the case shares with others, such as a patient: of one group, no case is trained on while another is validated on.
    /// </summary>
    public string Group { get; init; } = Name;

    /// <summary>Whether the group is only the case's own name, so that another set may have it without meaning the same.</summary>
    public bool IsOwnGroup { get; init; } = true;

    /// <summary>The size of each case's masks, in their order.</summary>
    public static (int Height, int Width)[] MaskSizes(IEnumerable<TrainingCase> cases) =>
        [.. cases.Select(one => (one.Masks.Height, one.Masks.Width))];
}
