using System.Xml.Linq;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Labels;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Running;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>The score of every case, and pictures of the best case, the worst case and some cases between.</summary>
internal static class CaseSection
{
    private const int MostLevels = 8;

    public static IEnumerable<object> Content(ReportContext context)
    {
        StudyResults results = context.Results;
        CaseAverage[] ordered = [.. results.Reference.Cases.OrderBy(shownCase => shownCase.Score(MethodResult.Headline))];
        yield return E("div", A("class", "wide"), E("table", A("class", context.Methods.Count > 7 ? "dense" : "plain"),
            E("caption",
                context.TableCaption(
                    $"Soft Dice (5 thresholds) of every held-out case{(results.Record.Seeds.Count > 1 ? ", mean over seeds" : "")}, "
                    + $"hardest for {results.Reference.Name} first.")),
            E("thead",
                E("tr", E("th", "case"), context.Options.Folds.Count > 1 ? E("th", "fold") : null, N("pairwise rater Dice"),
                    context.Methods.Select(method => N(method.Name)))),
            E("tbody", ordered.Select(shownCase => Row(context, shownCase)))));

        if (results.Pictured is null)
        {
            yield return P(
                "This report was made from the records of the scores alone, which hold no images. The command of the study with --resume, "
                + "run where the cases are, adds pictures of the cases and of the steps of one sampling.");
            yield break;
        }

        CaseAverage[] shown = Chosen(ordered, context.Options.CasePanels);
        yield return P(
            (shown.Length == ordered.Length
                ? "All cases"
                : $"{shown.Length} of the {ordered.Length} cases, from the hardest to the easiest by the score of {results.Reference.Name}")
            + Text.Invariant($", as the models with seed {results.Record.Seeds[0]} see them. ")
            + "First the image, the raters' outlines (a colour for each) and the true soft map; then, for every method, "
            + "its soft map over the image, each level in grey with the true level outlined in orange, and its uncertainty. "
            + "Colours of a soft map run from violet (few raters) over orange to yellow (all of them); "
            + "the white line encloses the majority.");
        Dictionary<string, RaterCase> cases = results.Cases.ToDictionary(shownCase => shownCase.Name, StringComparer.Ordinal);
        for (int i = 0; i < shown.Length; i++)
        {
            string rank = shown.Length < 2 ? "" : i == 0 ? "the hardest" : i == shown.Length - 1 ? "the easiest" : "";
            yield return Panel(context, cases[shown[i].Name], shown[i], rank);
        }
    }

    /// <summary>Chooses some of the cases: the first, the last, and others evenly spaced between them.</summary>
    internal static T[] Chosen<T>(T[] ordered, int most) =>
        ordered.Length <= most ? ordered
            : most == 1 ? [ordered[0]]
            : [.. Enumerable.Range(0, most).Select(i => ordered[(int)Math.Round(i * (ordered.Length - 1) / (most - 1.0))])];

    private static XElement Row(ReportContext context, CaseAverage shownCase)
    {
        double[] scores =
        [
            .. context.Methods.Select(method => method.Cases.First(other => other.Name == shownCase.Name).Score(MethodResult.Headline)),
        ];
        double agreement = context.Results.Raters.Cases.First(other => other.Name == shownCase.Name).PairwiseDice;
        return E("tr", E("th", A("scope", "row"), shownCase.Name), context.Options.Folds.Count > 1 ? E("td", shownCase.Fold) : null,
            D(Text.Score(agreement)),
            scores.Select(score => E("td", A("class", scores.Length > 1 && score == scores.Max() ? "n best" : "n"), Text.Score(score))));
    }

    private static XElement Panel(ReportContext context, RaterCase shownCase, CaseAverage scores, string rank)
    {
        int size = context.Options.Size;
        Slice image = Resampling.Bilinear(shownCase.ReadImage(), size, size);
        RaterMasks masks = Resampling.Nearest(shownCase.ReadMasks(), size, size);
        (MethodResult Method, CaseRecord Record, StoredMaps Maps)[] rows =
        [
            .. context.Methods.Select(method => (method, Run: method.Runs.First(run => run.Run.Fold.Name == scores.Fold)))
                .Select(pair => (
                    pair.method, pair.Run.Cases.First(record => record.Case == shownCase.Name),
                    StoredMaps.Read(pair.Run.Files.Maps(shownCase.Name), size, size))),
        ];
        int levels = rows.Max(row => row.Maps.Maps.Count) - 2;
        int[] shown = levels <= MostLevels
            ? [.. Enumerable.Range(0, levels)]
            : [.. Enumerable.Range(0, MostLevels).Select(i => i * (levels - 1) / (MostLevels - 1))];

        // A method that draws the raters may have more maps than the other methods have levels.
        Dictionary<int, byte[][]> truths = rows.Select(row => row.Maps.Maps.Count - 2)
            .Append(levels)
            .Distinct()
            .ToDictionary(count => count, count => ConsensusLabels.Levels(masks, count).Chunk(size * size).ToArray());
        float most = rows.Max(row => row.Maps.Maps[1].Max());
        float[] soft = ConsensusLabels.SoftMap(masks);
        string range = $"{Text.Score(rows.Min(row => MethodResult.Value(row.Record, MethodResult.Headline)))} to "
            + $"{Text.Score(rows.Max(row => MethodResult.Value(row.Record, MethodResult.Headline)))}";
        return E("article", A("class", "case"),
            E("h3", $"{Text.Case(shownCase.Name)}{(rank.Length > 0 ? $": {rank}" : "")}"),
            E("p", A("class", "quiet"),
                $"{Text.Count(masks.Raters, "rater")}, pairwise Dice "
                + $"{Text.Score(context.Results.Raters.Cases.First(other => other.Name == shownCase.Name).PairwiseDice)}; "
                + $"soft Dice {range}; uncertainty drawn from 0 to {Text.Score(most)}."),
            E("div", A("class", "trio"),
                Large(CasePictures.Image(image), "the image", $"Image of {shownCase.Name}"),
                Large(
                    CasePictures.Outlines(image, masks),
                    "the raters' outlines",
                    $"Image of {shownCase.Name} with the outline that each of {masks.Raters} raters drew"),
                Large(
                    CasePictures.SoftMap(image, soft, isLarge: true),
                    "the true soft map",
                    $"Share of raters who marked each pixel of {shownCase.Name}"),
                Large(
                    CasePictures.SoftMap(image, rows.First(row => row.Method == context.Results.Reference).Maps.Maps[0], isLarge: true),
                    $"predicted by {context.Results.Reference.Name}",
                    $"Soft map of {shownCase.Name} by {context.Results.Reference.Name}")),
            E("table", A("class", "panels"), A("style", PaperWidth(rows.Length + 1, shown.Length + 2)),
                E("colgroup", E("col", A("class", "names")), Enumerable.Range(0, shown.Length + 2).Select(_ => E("col"))),
                E("thead", E("tr", E("th", ""), E("th", A("scope", "col"), "soft map"),
                    shown.Select(level => E("th", A("scope", "col"), $"level {level + 1}")), E("th", A("scope", "col"), "uncertainty"))),
                E("tbody",
                    E("tr", E("th", A("scope", "row"), "raters"),
                        Picture(CasePictures.SoftMap(image, soft), $"True soft map of {shownCase.Name} over the image"),
                        shown.Select(level => Picture(
                            CasePictures.Level([.. truths[levels][level].Select(value => (float)value)], null, size, size),
                            $"True level {level + 1}: where at least {level + 1} of {levels} raters agree")),
                        E("td", Text.Nothing)),
                    rows.Select(row => E("tr",
                        E("th", A("scope", "row"), context.Name(row.Method), E("br"),
                            E("small", Text.Score(MethodResult.Value(row.Record, MethodResult.Headline)))),
                        Picture(
                            CasePictures.SoftMap(image, row.Maps.Maps[0]),
                            $"Soft map by {row.Method.Name}, soft Dice "
                            + $"{Text.Score(MethodResult.Value(row.Record, MethodResult.Headline))}"),
                        shown.Select(level => level < row.Maps.Maps.Count - 2
                            ? Picture(
                                CasePictures.Level(row.Maps.Maps[level + 2], truths[row.Maps.Maps.Count - 2][level], size, size),
                                $"Level {level + 1} by {row.Method.Name}")
                            : E("td", Text.Nothing)),
                        Picture(CasePictures.Uncertainty(row.Maps.Maps[1], most, size, size), $"Uncertainty of {row.Method.Name}"))))));
    }

    /// <summary>The width of the table on paper, chosen so that all rows fit on one page below the large pictures.</summary>
    private static string PaperWidth(int rows, int columns)
    {
        // In millimetres, for an A4 page. The large pictures take a quarter of its height.
        const double Height = 182, Width = 180, Names = 26, Spacing = 0.9;
        double picture = Math.Min(Height / rows, (Width - Names) / columns) - Spacing;
        return Text.Invariant($"--paper: {Names + ((picture + Spacing) * columns):0}mm");
    }

    private static XElement Large(byte[] png, string caption, string alt) =>
        E("figure", Image("image/png", png, alt), E("figcaption", caption));

    private static XElement Picture(byte[] png, string alt) => E("td", Image("image/png", png, alt));
}
