using System.Xml.Linq;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Running;
using static Consensus.ML.Studies.Reports.Html;

namespace Consensus.ML.Studies.Reports;

/// <summary>Figure 4 of the paper: every step of one sampling.</summary>
internal static class StepSection
{
    private const int MostLevels = 8;

    public static IEnumerable<object> Content(ReportContext context)
    {
        StudyResults results = context.Results;
        if (results.Pictured is not { } pictured)
        {
            yield break;
        }

        MethodResult? drawn = context.Methods.Where(method => method.Method.IsDiffusion)
            .OrderBy(method => method == results.Reference ? 0 : 1)
            .FirstOrDefault();
        RunResult? run = drawn?.Runs.FirstOrDefault(run => File.Exists(run.Files.Steps(pictured)));
        if (drawn is null || run is null)
        {
            yield break;
        }

        int size = context.Options.Size;
        StoredMaps maps = StoredMaps.Read(run.Files.Steps(pictured), size, size);

        // For each step the file has x_t of every level, then x_0 of every level.
        int levels = StoredMaps.Read(run.Files.Maps(pictured), size, size).Maps.Count - 2, steps = maps.Maps.Count / (2 * levels);
        int[] shown = levels <= MostLevels
            ? [.. Enumerable.Range(0, levels)]
            : [.. Enumerable.Range(0, MostLevels).Select(i => i * (levels - 1) / (MostLevels - 1))];
        string what = drawn == results.Reference && drawn.Name == StudyMethods.Consensus.Name ? "level" : "map";
        yield return P(
            $"Diffusion draws a map by removing noise from it step by step. One generation of {pictured} by {drawn.Name} "
            + Text.Invariant($"(seed {run.Run.Seed}), here in {Text.Count(steps, "step")} so that they can be seen; ")
            + "the scores above are of the number of steps that the model is set to. "
            + "In each step the network looks at the noisy map x(t) and at the image, and says what the map without noise, x(0), "
            + "would be; the next step starts from a mixture of the two.");
        yield return E("figure",
            E("table", A("class", "panels"),
                E("colgroup", E("col", A("style", "width: 7%")), Enumerable.Range(0, 2 * steps).Select(_ => E("col"))),
                E("thead",
                    E("tr", E("th", ""), E("th", A("colspan", $"{steps}"), A("scope", "colgroup"), "x(t), what the network is shown"),
                        E("th", A("colspan", $"{steps}"), A("scope", "colgroup"), "x(0), what it predicts from that")),
                    E("tr", E("th", ""),
                        Enumerable.Range(0, 2 * steps).Select(step => E("th", A("scope", "col"), $"step {(step % steps) + 1}")))),
                E("tbody",
                    shown.Select(level => E("tr", E("th", A("scope", "row"), $"{what} {level + 1}"), Pictures(level, 0, "shown"),
                        Pictures(level, levels, "predicted"))))),
            E("figcaption",
                context.FigureCaption(
                    $"All steps of one sampling, from noise (left) to the map (right); a row for each {what} (the paper's Figure 4).")));

        IEnumerable<XElement> Pictures(int level, int offset, string kind) => Enumerable.Range(0, steps).Select(step => E("td",
            Image(
                "image/png",
                CasePictures.Level(maps.Maps[(step * 2 * levels) + offset + level], null, size, size),
                $"{what} {level + 1}, step {step + 1}, {kind}")));
    }
}
