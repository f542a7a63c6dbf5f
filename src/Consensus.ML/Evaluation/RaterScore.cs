using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>The scores of a predicted soft map against the mask of one rater.</summary>
/// <param name="Name">The rater's name, or the number of the mask from 1 where names are not known.</param>
/// <param name="Dice">Dice of the rounded map and the mask, in [0, 1], 1 where both are empty. Higher is better.</param>
/// <param name="CalibrationError">
/// Expected calibration error of the soft map against the mask, in [0, 1], with as many bins as
/// <see cref="EvaluationOptions.CalibrationBins"/> says. Lower is better.
/// </param>
public sealed record RaterScore(string Name, double Dice, double CalibrationError)
{
    /// <summary>Scores a map against each mask.</summary>
    internal static RaterScore[] OfEach(ReadOnlySpan<float> prediction, RaterMasks masks, IReadOnlyList<string>? names, int bins)
    {
        double[] errors = Calibration.ExpectedErrors(prediction, masks, bins);
        var scores = new RaterScore[masks.Raters];
        for (int rater = 0; rater < scores.Length; rater++)
        {
            ReadOnlySpan<byte> mask = masks.Rater(rater);
            long both = 0, sum = 0;
            for (int i = 0; i < mask.Length; i++)
            {
                int isMarked = prediction[i] > 0.5f ? 1 : 0;
                both += isMarked & mask[i];
                sum += isMarked + mask[i];
            }

            scores[rater] = new(
                names?[rater] ?? (rater + 1).ToString(CultureInfo.InvariantCulture), sum == 0 ? 1 : 2.0 * both / sum, errors[rater]);
        }

        return scores;
    }
}
