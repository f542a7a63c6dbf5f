using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace Consensus.Imaging.Augmentation;

/// <summary>Random changes of a training sample, the same for the image and its masks. A new policy is the paper's (section 4).</summary>
public sealed record AugmentationPolicy
{
    /// <summary>
    /// The paper's changes, smooth deformation and changes of grey values. With about twenty training cases it scored one point of soft
    /// Dice more after 1,400 steps (tests/Consensus.ML.Benchmarks/RESULTS.md). AugmentSlices uses it where no policy is given.
    /// </summary>
    public static AugmentationPolicy Strong { get; } = new() { Deformation = 0.015, Contrast = 0.2, Brightness = 0.2 };

    /// <summary>
    /// The axes that samples are mirrored along. Predictions average over views that are mirrored along these axes. Setting it makes the
    /// probability of an axis that is left out 0, and of one that was not mirrored 0.5. Default both; <c>QubiqTask.Mirror</c> of
    /// Consensus.ML has the defaults of known tasks.
    /// </summary>
    [JsonIgnore]
    public MirrorAxes Mirror
    {
        get => (HorizontalFlip > 0 ? MirrorAxes.Columns : MirrorAxes.None) | (VerticalFlip > 0 ? MirrorAxes.Rows : MirrorAxes.None);
        init
        {
            HorizontalFlip = Probability(HorizontalFlip, value.HasFlag(MirrorAxes.Columns));
            VerticalFlip = Probability(VerticalFlip, value.HasFlag(MirrorAxes.Rows));

            static double Probability(double before, bool isMirrored) => !isMirrored ? 0 : before > 0 ? before : 0.5;
        }
    }

    /// <summary>Probability of mirroring columns, 0 to 1. Default 0.5.</summary>
    public double HorizontalFlip { get; init; } = 0.5;

    /// <summary>Probability of mirroring rows, 0 to 1. Default 0.5; the published recipe uses 0 for the kidney.</summary>
    public double VerticalFlip { get; init; } = 0.5;

    /// <summary>Largest rotation to either side, in degrees, 0 to 180. Default 15.</summary>
    public double RotationDegrees { get; init; } = 15;

    /// <summary>Largest shift along each side, as a share of it, 0 to 1; drawn in whole pixels. Default 0.1.</summary>
    public double Translation { get; init; } = 0.1;

    /// <summary>Smallest scale, above 0. Default 0.9.</summary>
    public double MinimumScale { get; init; } = 0.9;

    /// <summary>Largest scale, at least <see cref="MinimumScale"/>. Default 1.1.</summary>
    public double MaximumScale { get; init; } = 1.1;

    /// <summary>
    /// Strength of a random smooth deformation (Ronneberger et al. 2015): the standard deviation of the displacements of its control
    /// points, as a share of each side, 0 to 0.5; 0 (the default, as published) for none.
    /// </summary>
    public double Deformation { get; init; }

    /// <summary>
    /// Largest relative change of contrast, 0 to 1: grey values, 0 after normalisation being their mean, are multiplied by between 1 −
    /// this and 1 + this. Default 0, as published.
    /// </summary>
    public double Contrast { get; init; }

    /// <summary>
    /// Largest change of brightness to either side, at least 0, in units of the normalised image (its standard deviation being 1).
    /// Default 0, as published.
    /// </summary>
    public double Brightness { get; init; }

    // The log shows the policy: the same in every culture.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(
            CultureInfo.InvariantCulture,
            $"{nameof(HorizontalFlip)} = {HorizontalFlip}, {nameof(VerticalFlip)} = {VerticalFlip}, "
            + $"{nameof(RotationDegrees)} = {RotationDegrees}, ");
        builder.Append(
            CultureInfo.InvariantCulture,
            $"{nameof(Translation)} = {Translation}, {nameof(MinimumScale)} = {MinimumScale}, {nameof(MaximumScale)} = {MaximumScale}, ");
        builder.Append(
            CultureInfo.InvariantCulture,
            $"{nameof(Deformation)} = {Deformation}, {nameof(Contrast)} = {Contrast}, {nameof(Brightness)} = {Brightness}");
        return true;
    }
}
