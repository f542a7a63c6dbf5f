namespace Consensus.Imaging.Pictures;

/// <summary>How <see cref="ContactSheet"/> draws.</summary>
public sealed record ContactSheetOptions
{
    /// <summary>
    /// What the title of each sheet begins with, for example the data set's name; null for a title with the range, the order and the
    /// number of raters only.
    /// </summary>
    public string? Title { get; init; }

    /// <summary>The order of the cases. Default: as they are given.</summary>
    public ContactSheetOrder Order { get; init; } = ContactSheetOrder.Given;

    /// <summary>How many cases to draw, the first in the order; at least 1. Default null: all.</summary>
    public int? Limit { get; init; }

    /// <summary>
    /// The only channel to draw, from 0, in grey. Default null: an image of three channels in colour, the first channel of any other.
    /// </summary>
    public int? Channel { get; init; }
}
