using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Statistics;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>Definitions and limits.</summary>
internal static class DefinitionSection
{
    public static IEnumerable<object> Content(ReportContext context)
    {
        string unit = context.Results.Unit;
        yield return E("dl",
            ScoreGroup.Maps.Concat(ScoreGroup.Outlines).Concat(ScoreGroup.Challenges).Concat(ScoreGroup.Samples).Select(score => new[]
            {
                E("dt", score.Title), E("dd", $"{char.ToUpperInvariant(score.Description[0])}{score.Description[1..]}. {Better(score)}"),
            }),
            E("dt", "95 % interval"),
            E("dd",
                $"Percentile bootstrap over {unit}s: as many {unit}s as there are were drawn with replacement "
                + $"{Text.Number(MeanOverCases.Resamples, "#,0")} times{(unit == "case" ? "" : ", each with all its cases")}. "
                + $"It says how the mean would vary with other {unit}s of the same kind, not how it would vary with another training. "
                + $"With few {unit}s it is too narrow."),
            E("dt", "Generation"),
            E("dd",
                "One drawing of every level from fresh noise, or one random pass or mask of the methods that draw whole maps (mcd, ssn and "
                + $"prob-unet). Several are averaged. {Rounded(context.Methods)}"),
            E("dt", "Uncertainty"),
            E("dd",
                "A standard deviation at each pixel. For diffusion it is that over generations of the mean over the levels. For one-pass "
                + "methods it is that of the maps that a prediction is made of: levels, raters or random passes. These are different "
                + "quantities, so the column of the uncertainty does not compare methods, and no value in it is bold."));
        string folds = context.Options.Folds.Count > 1
            ? $" Folds share training cases, so that their models are not independent; intervals and tests treat {unit}s as if they were."
            : "";
        yield return P(
            $"Limits. {Text.Count(context.Results.Raters.Cases.Count, "case")} of one data set, at one size and one budget: "
            + $"another budget may order the methods otherwise.{folds} The raters are the truth here; "
            + "nobody knows a better one. Times are of one machine.");
    }

    /// <summary>Which methods round their maps.</summary>
    private static string Rounded(IReadOnlyList<MethodResult> methods)
    {
        string[] rounded = [.. methods.Where(method => method.Method.RoundsLevels).Select(method => method.Name)],
            plain = [.. methods.Where(method => !method.Method.RoundsLevels).Select(method => method.Name)];
        return rounded.Length == 0
            ? "Maps are not rounded before their mean becomes the soft map."
            : $"Before their mean becomes the soft map, maps are rounded at one half by {Text.List(rounded)}"
                + $"{(plain.Length == 0 ? "" : $", but not by {Text.List(plain)}")}.";
    }

    private static string Better(SegmentationMeasure measure) => measure.Direction switch
    {
        MeasureDirection.HigherIsBetter => "Higher is better.",
        MeasureDirection.LowerIsBetter => "Lower is better.",
        MeasureDirection.NearerToZeroIsBetter => "Nearer to zero is better.",
        _ => "",
    };
}
