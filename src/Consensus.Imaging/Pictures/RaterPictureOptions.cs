namespace Consensus.Imaging.Pictures;

/// <summary>How <see cref="RaterPicture"/> draws.</summary>
public sealed record RaterPictureOptions
{
    /// <summary>What the title begins with, for example the case's name; null for a title with size, raters and agreement only.</summary>
    public string? Title { get; init; }

    /// <summary>The names of the raters, for the legend; null for 1, 2, 3, …</summary>
    public IReadOnlyList<string>? RaterNames { get; init; }

    /// <summary>
    /// The only channel to draw, from 0, in grey. Default null: an image of three channels in colour, the first channel of any other.
    /// </summary>
    public int? Channel { get; init; }
}
