using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Results;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>What was compared, on what data, and how.</summary>
internal static class SetupSection
{
    public static string Subtitle(ReportContext context)
    {
        StudyResults results = context.Results;
        return $"{Text.Count(results.Raters.Cases.Count, "held-out case")}"
            + $"{(results.Unit == "case" ? "" : $" of {Text.Count(results.Groups, "group")}")} · {RatersText(results)} · "
            + $"{Text.Invariant($"{context.Options.Size} × {context.Options.Size}")} pixels · "
            + $"{(context.Options.Folds.Count > 1 ? $"{context.Options.Folds.Count} folds · " : "")}"
            + $"{Text.Count(results.Record.Seeds.Count, "seed")} · {Budget(context)} a training";
    }

    public static IEnumerable<object> Content(ReportContext context)
    {
        StudyResults results = context.Results;
        StudyOptions options = context.Options;
        StudyFold first = options.Folds[0];
        string division = options.Folds.Count == 1
            ? $"{Text.Count(first.Training.Count, "case")} were trained on and {Text.Count(first.Evaluation.Count, "other case")} scored"
            : $"the {Text.Count(results.Raters.Cases.Count, "case")} were divided into {options.Folds.Count} folds, and each case was "
                + "scored by models that were trained on the other folds";
        string seeds = results.Record.Seeds.Count == 1
            ? Text.Invariant($"once, with seed {results.Record.Seeds[0]}")
            : $"{(results.Record.Seeds.Count == 2 ? "twice" : $"{results.Record.Seeds.Count} times")}, with the seeds "
                + $"{Text.List([.. results.Record.Seeds.Select(seed => Text.Invariant($"{seed}"))])}";
        yield return P(A("class", "lead"),
            $"Each image of {options.DataName} was outlined by {RatersText(results)}, who differ. Every method below learned from such "
            + "images and then predicted, for images it had not seen, which share of the raters would mark each pixel: the soft map. "
            + $"The prediction was compared with the share of raters who really did. Of the data, {division}. "
            + $"Every method was trained {seeds}{(options.Folds.Count > 1 ? " in each fold" : "")}, for {Budget(context)}, on slices "
            + $"resized to {Text.Invariant($"{options.Size} × {options.Size}")} pixels and varied by flips, turns, shifts and scaling; "
            + $"{SetAside(context.Methods)}. "
            + "The scored cases played no part in training or in any choice.");
        yield return E("div", A("class", "wide"), E("table",
            E("caption",
                context.TableCaption(
                    "The methods. Filled marks: drawn by diffusion, several generations of maps averaged. Open marks: "
                    + "a U-Net of the same size without diffusion, a single pass for each view of the image "
                    + "(mcd, ssn and prob-unet draw several maps). "
                    + "Both kinds may look at the image and its mirror images, where the model is set to.")),
            E("thead", E("tr", E("th", "method"), E("th", "what it learns and predicts"))),
            E("tbody",
                context.Methods.Select(
                    method => E("tr", E("th", A("scope", "row"), context.Name(method)), E("td", method.Method.Description))))));
    }

    /// <summary>Which methods chose their weights by training cases that were set aside, and by how many.</summary>
    public static string SetAside(IReadOnlyList<MethodResult> methods)
    {
        (string Name, int[] Aside)[] each =
            [.. methods.Select(method => (method.Name, method.Runs.Select(run => run.Training.ValidationCases).ToArray()))];
        string[] none = [.. each.Where(method => method.Aside.Max() == 0).Select(method => method.Name)];
        int[] aside = [.. each.SelectMany(method => method.Aside).Where(count => count > 0)];
        if (aside.Length == 0)
        {
            return "all training cases were trained on, and the last weights were kept";
        }

        int least = aside.Min(), most = aside.Max();
        string counted = least == most ? Text.Count(most, "training case") : Text.Invariant($"{least} to {most} training cases");
        string chosen = $"{counted} {(most == 1 ? "was" : "were")} set aside to choose the best weights by";
        return none.Length == 0 ? chosen : $"{chosen}, except by {Text.List(none)}, which took all of them and kept the last weights";
    }

    public static string RatersText(StudyResults results) =>
        results.Raters.FewestRaters == results.Raters.MostRaters
            ? Text.Count(results.Raters.MostRaters, "rater")
            : $"{results.Raters.FewestRaters} to {results.Raters.MostRaters} raters";

    public static string Budget(ReportContext context)
    {
        StudyOptions options = context.Options;
        return options.TimeLimit is { } limit ? Text.Duration(limit.TotalSeconds)
            : Text.Count(options.Steps ?? context.Methods[0].Runs[0].Training.Steps, "step");
    }
}
