using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Cases;

/// <summary>One image in memory, with the masks that several raters drew on it. <see cref="RaterCase"/> is the same on disk.</summary>
/// <param name="Name">The name of the case.</param>
/// <param name="Image">The image, with all its channels.</param>
/// <param name="Masks">The masks, in the frame of the image; null for an image to predict.</param>
/// <param name="RaterNames">The name of the rater of each mask, each name once.</param>
public sealed record SliceCase(string Name, Slice Image, RaterMasks? Masks, IReadOnlyList<string> RaterNames)
{
    private readonly string? _group;

    /// <summary>A case whose raters are called 1, 2, 3, …</summary>
    /// <param name="name">The name of the case.</param>
    /// <param name="image">The image, with all its channels.</param>
    /// <param name="masks">The masks, in the frame of the image; null for an image to predict.</param>
    public SliceCase(string name, Slice image, RaterMasks? masks = null)
        : this(name, image, masks, [
            .. Enumerable.Range(1, masks?.Raters ?? 0).Select(rater => rater.ToString(CultureInfo.InvariantCulture)),
        ])
    {
    }

    /// <summary>
    /// The group of the case, such as its patient (<see cref="RaterCase.Group"/>). By default the name of the case; null and empty text
    /// restore the default.
    /// </summary>
    [AllowNull]
    public string Group
    {
        get => _group ?? Name;
        init => _group = string.IsNullOrWhiteSpace(value) ? null : value;
    }

    /// <summary>What is wrong with the case, in one sentence; null for a good case.</summary>
    public string? Problem()
    {
        int masks = Masks?.Raters ?? 0, raters = RaterNames.Distinct(StringComparer.Ordinal).Count();
        return new[] { Name, Group }.Concat(RaterNames).FirstOrDefault(name => NameText.Problem(name) is not null) is { } unfit
            ? $"Case '{NameText.Printable(Name)}': the name '{NameText.Printable(unfit)}' {NameText.Problem(unfit)}."
            : RaterNames.Count != masks || raters != masks
                ? string.Create(CultureInfo.InvariantCulture, $"Case '{Name}' has {masks} masks, but {raters} different raters.")
                : null;
    }
}
