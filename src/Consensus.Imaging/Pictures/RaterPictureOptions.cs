namespace Consensus.Imaging.Pictures;

/// <summary>Options of <see cref="RaterPicture"/>.</summary>
public sealed record RaterPictureOptions
{
    /// <summary>
    /// The beginning of the title, for example the name of the case. If it is null, the title has only size, number of raters and
    /// agreement.
    /// </summary>
    public string? Title { get; init; }

    /// <summary>The names of the raters, for the legend; null for 1, 2, 3, …</summary>
    public IReadOnlyList<string>? RaterNames { get; init; }

    /// <summary>
    /// The only channel to draw, from 0, in grey. By default (null), an image with three channels is drawn in colour, and of any other
    /// image the first channel is drawn.
    /// </summary>
    public int? Channel { get; init; }
}
