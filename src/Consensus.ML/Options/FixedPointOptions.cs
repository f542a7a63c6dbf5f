namespace Consensus.ML.Options;

/// <summary>
/// How <see cref="UNetKind.FixedPoint"/> crops, and when it stops (Zhou et al. 2017, "A fixed-point model for pancreas segmentation in
/// abdominal CT scans", section 3).
/// </summary>
public sealed record FixedPointOptions
{
    /// <summary>
    /// Frame around the mask before a fine pass of a prediction, as a share of each side of the slice, 0 to 1. Default 0.04, about
    /// 20 of 512 pixels, as in the authors' settings.
    /// </summary>
    public double Margin { get; init; } = 0.04;

    /// <summary>
    /// The widest frame in training, as a share of each side, 0 to 1: each of the four sides of the crop gets its own width, drawn evenly
    /// from 0 to this. Default 0.08: on average the frame of a prediction.
    /// </summary>
    public double TrainingMargin { get; init; } = 0.08;

    /// <summary>
    /// The passes end when the Dice of two masks that follow one another is above this, at least 0 and below 1. Default 0.95, as in the
    /// paper.
    /// </summary>
    public double Agreement { get; init; } = 0.95;

    /// <summary>Maximum number of fine passes, 1 to 100. Default 10, as in the paper.</summary>
    public int Passes { get; init; } = 10;
}
