using System.Xml.Linq;
using Consensus.ML.Studies.Results;

namespace Consensus.ML.Studies.Reports;

/// <summary>Writes report.html: a single page that needs no other file.</summary>
internal static class StudyReport
{
    public static void Write(TextWriter writer, StudyResults results) => Html.Write(writer, Page(results));

    public static XElement Page(StudyResults results)
    {
        var context = new ReportContext(results);
        string title =
            $"{(results.Methods.Count == 1 ? results.Methods[0].Name : $"{results.Methods.Count} methods")} on {results.Options.DataName}";
        (string Id, string Title, Func<ReportContext, IEnumerable<object>> Content)[] sections =
        [
            ("methods", "What was compared, and how", SetupSection.Content),
            ("scores", "Scores", ScoreSection.Content),
            ("significance", "Are the differences real?", SignificanceSection.Content),
            ("ensembles", "The networks of all seeds together", EnsembleSection.Content),
            ("raters", "How far the raters themselves agree", RaterSection.Content),
            ("cost", "Time and memory", CostSection.Content),
            ("thresholds", "From union to intersection", ThresholdSection.Content),
            ("generations", "How many generations", GenerationSection.Content),
            ("steps", "The steps of one sampling", StepSection.Content),
            ("training", "Learning curves", TrainingSection.Content),
            ("cases", "Case by case", CaseSection.Content),
            ("reproduce", "How to repeat this", ReproductionSection.Content),
            ("definitions", "What the numbers mean, and what they do not", DefinitionSection.Content),
        ];

        // The sections number their tables and figures as they are made, so they are made in the order of the page.
        (string Id, string Title, object[] Content)[] made =
        [
            .. sections.Select(section => (section.Id, section.Title, Content: section.Content(context).ToArray()))
                .Where(section => section.Content.Length > 0),
        ];
        return Html.E("html", Html.A("lang", "en"),
            Html.E("head",
                Html.E("meta", Html.A("charset", "utf-8")),
                Html.E("meta", Html.A("name", "viewport"), Html.A("content", "width=device-width, initial-scale=1")),
                Html.E("meta", Html.A("name", "generator"),
                    Html.A("content", $"Consensus.ML {results.Methods[0].Runs[0].Training.Machine.Library}")),
                Html.E("title", title),
                Html.E("style", Style.Sheet)),
            Html.E("body", Html.E("main",
                Html.E("header", Html.E("h1", title), Html.E("p", Html.A("class", "quiet"), SetupSection.Subtitle(context))),
                SummarySection.Content(context),
                Html.E("nav", Html.A("aria-label", "Contents"),
                    Html.E("ol", made.Select(section => Html.E("li", Html.E("a", Html.A("href", $"#{section.Id}"), section.Title))))),
                made.Select(section => Html.E("section", Html.A("id", section.Id), Html.E("h2", section.Title), section.Content)),
                Html.E("footer",
                    Html.P("Written by Consensus.ML, for research. Not a medical device: no diagnosis may rest on these maps.")))));
    }
}
