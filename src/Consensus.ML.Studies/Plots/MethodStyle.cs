using Consensus.ML.Studies.Formatting;
using OxyPlot;

namespace Consensus.ML.Studies.Plots;

/// <summary>How a method is drawn in every plot.</summary>
/// <param name="Colour">Its colour.</param>
/// <param name="Marker">The shape of its points.</param>
/// <param name="IsFilled">
/// Whether its points are filled. Methods that sample by diffusion have filled points, other methods have open points.
/// </param>
internal sealed record MethodStyle(OxyColor Colour, MarkerType Marker, bool IsFilled)
{
    // The palette of Okabe and Ito: readers with any common colour deficiency can tell its colours apart. Its yellow is darkened, so that
    // it can be seen on white.
    private static readonly OxyColor[] Palette =
    [
        OxyColor.FromRgb(0, 114, 178), OxyColor.FromRgb(213, 94, 0), OxyColor.FromRgb(0, 158, 115), OxyColor.FromRgb(204, 121, 167),
        OxyColor.FromRgb(176, 122, 0), OxyColor.FromRgb(86, 180, 233), OxyColor.FromRgb(90, 90, 90), OxyColor.FromRgb(0, 0, 0),
    ];

    private static readonly MarkerType[] Markers = [MarkerType.Circle, MarkerType.Square, MarkerType.Triangle, MarkerType.Diamond];

    /// <summary>The colour in a style sheet.</summary>
    public string Hex => Text.Invariant($"#{Colour.R:x2}{Colour.G:x2}{Colour.B:x2}");

    public OxyColor Fill => IsFilled ? Colour : OxyColors.White;

    /// <summary>The style of a method. The first 32 styles differ in colour or shape; filled and open marks always differ.</summary>
    /// <param name="index">The place of the method in the report, from 0.</param>
    /// <param name="isFilled">Whether the method samples by diffusion.</param>
    public static MethodStyle Choose(int index, bool isFilled) =>
        new(Palette[index % Palette.Length], Markers[(index + (index / Palette.Length)) % Markers.Length], isFilled);
}
