using Consensus.ML.Studies.Formatting;
using OxyPlot;

namespace Consensus.ML.Studies.Plots;

/// <summary>How a method is drawn in every plot.</summary>
/// <param name="Colour">Its colour.</param>
/// <param name="Marker">The shape of its points.</param>
/// <param name="IsFilled">
/// Whether its points are filled: those of methods that sample by diffusion are, those of one-pass methods are not.
/// </param>
internal sealed record MethodStyle(OxyColor Colour, MarkerType Marker, bool IsFilled)
{
    // The palette of Okabe and Ito, which readers with any of the common colour deficiencies can tell apart; its yellow is darkened, for
    // it must show on white.
    private static readonly OxyColor[] Palette =
    [
        OxyColor.FromRgb(0, 114, 178), OxyColor.FromRgb(213, 94, 0), OxyColor.FromRgb(0, 158, 115), OxyColor.FromRgb(204, 121, 167),
        OxyColor.FromRgb(176, 122, 0), OxyColor.FromRgb(86, 180, 233), OxyColor.FromRgb(90, 90, 90), OxyColor.FromRgb(0, 0, 0),
    ];

    private static readonly MarkerType[] Markers = [MarkerType.Circle, MarkerType.Square, MarkerType.Triangle, MarkerType.Diamond];

    /// <summary>The colour in a style sheet.</summary>
    public string Hex => Text.Invariant($"#{Colour.R:x2}{Colour.G:x2}{Colour.B:x2}");

    public OxyColor Fill => IsFilled ? Colour : OxyColors.White;

    /// <summary>The style of a method. 32 of them differ in colour or shape; filled and open marks always differ.</summary>
    /// <param name="index">Its place in the report.</param>
    /// <param name="isFilled">Whether it samples by diffusion.</param>
    public static MethodStyle Choose(int index, bool isFilled) =>
        new(Palette[index % Palette.Length], Markers[(index + (index / Palette.Length)) % Markers.Length], isFilled);
}
