using Consensus.Imaging;

namespace Consensus.ML.Torch.Training.Batches;

/// <summary>One training sample.</summary>
/// <param name="Name">The case, for messages.</param>
/// <param name="Masks">
/// The raters' masks at their original resolution. Augmentation must turn and mirror these: a reduced mask lies half a pixel off its image,
/// and every flip would put this offset on the other side.
/// </param>
/// <param name="ReadFeatures">Reads the image from where it is stored.</param>
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

    /// <summary>The model's rater, from 0, of each mask. By default, mask i belongs to rater i.</summary>
    public IReadOnlyList<int> Raters { get; init; } = [.. Enumerable.Range(0, Masks.Raters)];

    /// <summary>
    /// The model's structure, from 0, of each mask; −1 where a mask is not used. By default, all masks belong to the first structure.
    /// </summary>
    public IReadOnlyList<int> Structures { get; init; } = new int[Masks.Raters];

    /// <summary>
    /// What the case shares with other cases, such as the patient. Cases of one group are all trained on or all validated on.
    /// </summary>
    public string Group { get; init; } = Name;

    /// <summary>Whether the group is only the case's name. The same name in another set then does not mean the same group.</summary>
    public bool IsOwnGroup { get; init; } = true;

    /// <summary>The number of masks of a structure.</summary>
    public int MasksOf(int structure) => Structures.Count(of => of == structure);

    /// <summary>The masks of a structure among masks that lie one after the other like those of this case.</summary>
    /// <param name="masks">All masks, at any size.</param>
    /// <param name="structure">The structure, from 0; it must have a mask.</param>
    public RaterMasks MasksOf(RaterMasks masks, int structure)
    {
        int[] drawn = [.. Enumerable.Range(0, Structures.Count).Where(mask => Structures[mask] == structure)];
        return drawn.Length == masks.Raters
            ? masks
            : new(drawn.Length, masks.Height, masks.Width, [.. drawn.SelectMany(mask => masks.Rater(mask).ToArray())]);
    }

    /// <summary>The number of groups among cases.</summary>
    public static int Groups(IEnumerable<TrainingCase> cases) => cases.Select(one => one.Group).Distinct(StringComparer.Ordinal).Count();

    /// <summary>The size of each case's masks, in the order of the cases.</summary>
    public static (int Height, int Width)[] MaskSizes(IEnumerable<TrainingCase> cases) =>
        [.. cases.Select(one => (one.Masks.Height, one.Masks.Width))];
}
