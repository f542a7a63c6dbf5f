using Consensus.Imaging;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>Scores maps at the size of the raters' masks, beside their scores at the model's size.</summary>
internal static class NativeScores
{
    /// <summary>The scores of a case, with those at the size of its masks.</summary>
    /// <param name="scores">The scores at the size of the map.</param>
    /// <param name="predicted">The map.</param>
    /// <param name="drawn">The masks as the raters drew them.</param>
    public static CaseMetrics With(CaseMetrics scores, PredictedMaps.Row predicted, RaterMasks drawn)
    {
        float[] truth = ConsensusLabels.SoftMap(drawn);
        scores = scores with
        {
            ResizingCeiling =
                predicted.PredictedAt is (int height, int width) ? ResizingCeiling.Compute(drawn, truth, height, width) : double.NaN,
        };
        if (drawn.Height == predicted.Height && drawn.Width == predicted.Width)
        {
            return scores with { NativeSoftDice5 = scores.SoftDice5, NativeSoftDice9 = scores.SoftDice9 };
        }

        var restored = new float[truth.Length];
        Resampling.RestoreSoftMap(
            predicted.SoftMap, predicted.Levels, predicted.Height, predicted.Width, restored, drawn.Height, drawn.Width,
            predicted.Placement);
        return scores with
        {
            NativeSoftDice5 = SoftDice.Mean(restored, truth, SoftDice.FiveThresholds),
            NativeSoftDice9 = SoftDice.Mean(restored, truth, SoftDice.NineThresholds),
        };
    }
}
