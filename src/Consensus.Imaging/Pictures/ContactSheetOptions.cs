namespace Consensus.Imaging.Pictures;

/// <summary>Options of <see cref="ContactSheet"/>.</summary>
public sealed record ContactSheetOptions
{
    /// <summary>
    /// The beginning of each sheet's title, for example the name of the data set. If it is null, the title has only the range, the order
    /// and the number of raters.
    /// </summary>
    public string? Title { get; init; }

    /// <summary>The order of the cases. Default: as they are given.</summary>
    public ContactSheetOrder Order { get; init; } = ContactSheetOrder.Given;

    /// <summary>The number of cases to draw, at least 1. The first cases in the order are drawn. Default null: all cases.</summary>
    public int? Limit { get; init; }

    /// <summary>
    /// The only channel to draw, from 0, in grey. By default (null), an image with three channels is drawn in colour, and of any other
    /// image the first channel is drawn.
    /// </summary>
    public int? Channel { get; init; }
}
