using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace Consensus.Imaging.Augmentation;

/// <summary>
/// Random changes of a training sample. The image and its masks are changed alike. The defaults are those of the paper (section 4).
/// </summary>
public sealed record AugmentationPolicy
{
    /// <summary>
    /// The paper's changes, and in addition smooth deformation, changes of grey values, reflection at the edges, cubic interpolation, and
    /// rotation by any angle where the cases have no common orientation. tests/Consensus.ML.Benchmarks/RESULTS.md has what they bring.
    /// AugmentSlices uses this policy unless you give another.
    /// </summary>
    public static AugmentationPolicy Strong { get; } = new()
    {
        Deformation = 0.015, Contrast = 0.2, Brightness = 0.2, Padding = PaddingMode.Reflection, Interpolation = InterpolationMode.Cubic,
        AnyRotationIfUnoriented = true,
    };

    /// <summary>
    /// The axes that samples are mirrored along. Predictions average over views that are mirrored along these axes. When you set this
    /// property, axes that you leave out get the probability 0. Axes that you name keep their probability, or get 0.5 if it was 0. The
    /// default is both axes; <c>QubiqTask.Mirror</c> of Consensus.ML has the defaults of known tasks.
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

    /// <summary>Largest shift along each side, as a share of the side's length, 0 to 1. Shifts are whole pixels. Default 0.1.</summary>
    public double Translation { get; init; } = 0.1;

    /// <summary>Smallest scale, above 0. Default 0.9.</summary>
    public double MinimumScale { get; init; } = 0.9;

    /// <summary>Largest scale, at least <see cref="MinimumScale"/>. Default 1.1.</summary>
    public double MaximumScale { get; init; } = 1.1;

    /// <summary>
    /// Strength of a random smooth deformation (Ronneberger et al. 2015), 0 to 0.5. It is the standard deviation of the control points'
    /// displacements, as a share of each side's length. The default is 0, as published: no deformation.
    /// </summary>
    public double Deformation { get; init; }

    /// <summary>
    /// Largest relative change of contrast, 0 to 1. Grey values are multiplied by a factor between 1 − this value and 1 + this value.
    /// Their mean, which is 0 after normalisation, stays. Default 0, as published.
    /// </summary>
    public double Contrast { get; init; }

    /// <summary>
    /// Largest change of brightness, up or down, at least 0. The unit is the standard deviation of the normalised image. Default 0, as
    /// published.
    /// </summary>
    public double Brightness { get; init; }

    /// <summary>What pixels show that come from outside the slice. Default <see cref="PaddingMode.Constant"/>, as published.</summary>
    public PaddingMode Padding { get; init; }

    /// <summary>
    /// How grey values between pixels are found. Default <see cref="InterpolationMode.Linear"/>, as published.
    /// </summary>
    public InterpolationMode Interpolation { get; init; }

    /// <summary>
    /// Whether training rotates slices by any angle, in place of <see cref="RotationDegrees"/>, if the training cases have no common
    /// orientation, as cells under a microscope have none. The trainer compares the images and masks of the cases with the same turned by
    /// 90°. It never does so where slices are not square, where an axis is not mirrored (<see cref="Mirror"/>), or where there are fewer
    /// than eight cases or groups. Default false, as published.
    /// </summary>
    public bool AnyRotationIfUnoriented { get; init; }

    // The log shows the policy. Its text must be the same in every culture.
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
            $"{nameof(Deformation)} = {Deformation}, {nameof(Contrast)} = {Contrast}, {nameof(Brightness)} = {Brightness}, ");
        builder.Append(
            CultureInfo.InvariantCulture,
            $"{nameof(Padding)} = {Padding}, {nameof(Interpolation)} = {Interpolation}, ");
        builder.Append(CultureInfo.InvariantCulture, $"{nameof(AnyRotationIfUnoriented)} = {AnyRotationIfUnoriented}");
        return true;
    }
}
