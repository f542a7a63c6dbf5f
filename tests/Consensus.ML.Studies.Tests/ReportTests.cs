using System.Globalization;
using System.Xml.Linq;
using Consensus.Imaging.Metrics;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Reports;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Running;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Studies.Tests;

/// <summary>The report of a made-up study.</summary>
public sealed class ReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_page_is_well_formed_needs_nothing_beside_it_and_speaks_to_those_who_do_not_see()
    {
        (_, string text, XElement page) = Render(new MadeUpStudy(_folder.Root));
        Assert.StartsWith("<!DOCTYPE html>\n<html lang=\"en\">", text, StringComparison.Ordinal);
        string[] references = [.. page.DescendantsAndSelf()
            .Attributes()
            .Where(attribute => attribute.Name.LocalName is "src" or "href" or "data" or "action")
            .Select(attribute => attribute.Value)];
        Assert.NotEmpty(references);
        Assert.All(references, reference =>
            Assert.True(reference.StartsWith("data:image/", StringComparison.Ordinal) || reference.StartsWith('#'), reference));
        Assert.DoesNotContain("url(", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", text, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(page.Descendants("script"));
        Assert.All(page.Descendants("img"), image => Assert.False(string.IsNullOrWhiteSpace((string?)image.Attribute("alt"))));
        string[] ids = [.. page.Descendants().Attributes("id").Select(id => id.Value)];
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(page.Descendants("a").Attributes("href"), link => Assert.Contains(link.Value[1..], ids));
        Assert.All(page.Descendants("table"), table => Assert.NotNull(table.Element("thead")));

        // Only void elements may close themselves: browsers ignore the slash of any other element.
        string[] empty = ["br", "img", "meta", "col", "hr"];
        Assert.All(page.Descendants().Where(element => element.IsEmpty), element => Assert.Contains(element.Name.LocalName, empty));

        // HTML does not decode characters in a style sheet.
        Assert.DoesNotContain(page.Descendants("style").Single().Value, letter => letter is '<' or '>' or '&');
        Assert.All(
            page.Descendants("img")
                .Where(image => ((string)image.Attribute("src")!).StartsWith("data:image/svg", StringComparison.Ordinal)),
            Svg);
    }

    [Fact]
    public void It_says_which_methods_chose_their_weights_and_draws_their_validations_alone()
    {
        StudyMethod[] two = [StudyMethods.Consensus, StudyMethods.Levels];
        Assert.Contains("; 1 training case was set aside to choose the best weights by. ", Written([]), StringComparison.Ordinal);
        string one = Written([StudyMethods.Consensus]);
        Assert.Contains(
            "; 1 training case was set aside to choose the best weights by, except by consensus, which took all of them and kept the last "
            + "weights. ",
            one, StringComparison.Ordinal);
        Assert.Contains("Methods without a curve were trained on all cases.", one, StringComparison.Ordinal);
        Assert.Contains("against steps. level-unet: best ", one, StringComparison.Ordinal);
        string none = Written(two);
        Assert.Contains("; all training cases were trained on, and the last weights were kept. ", none, StringComparison.Ordinal);
        Assert.DoesNotContain("Validation soft Dice", none, StringComparison.Ordinal);

        string Written(StudyMethod[] onAll) =>
            Render(new MadeUpStudy(Path.Combine(_folder.Root, $"all{onAll.Length}"), methods: two, onAll: onAll)).Text;
    }

    [Fact]
    public void People_stand_below_the_methods_with_what_they_reach_on_the_same_cases()
    {
        var study = new MadeUpStudy(_folder.Root);
        (StudyResults results, _, XElement page) = Render(study);
        XElement[] rows = [.. page.Descendants("tr").Where(row => (string?)row.Attribute("class") == "people")];
        Assert.Equal(
            ["one rater", "a second panel", "the majority's outline", "what resizing leaves"],
            rows.Select(row => row.Element("th")!.Value));

        // The masks of the cases themselves, which are as large as the maps of the study.
        RaterYardsticks[] people =
            [.. study.Options.Folds[0].Evaluation.Select(raterCase => RaterYardsticks.Compute(raterCase.ReadMasks()))];
        double panel = people.Average(one => one.HalfAgainstHalf);
        Assert.StartsWith(panel.ToString("0.000", CultureInfo.InvariantCulture), rows[1].Element("td")!.Value, StringComparison.Ordinal);
        string place = PeopleScores.FromResults(results).Place(results.Best.Score(MethodResult.Headline).Mean)!;
        Assert.Contains($"{results.Best.Name} is {place}.", page.Value, StringComparison.Ordinal);
    }

    /// <summary>The name of a case may come from anyone, and a spreadsheet runs text that looks like a formula.</summary>
    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("=HYPERLINK(\"http://a.example\",\"b\")", "\"'=HYPERLINK(\"\"http://a.example\"\",\"\"b\"\")\"")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\n=1", "\"'\n=1\"")]
    [InlineData("＝1", "'＝1")]
    [InlineData("case-1", "case-1")]
    [InlineData("'=1", "'=1")]
    public void Text_in_the_table_is_no_formula_and_negative_numbers_stay_numbers(string name, string cell)
    {
        StudyResults made = new MadeUpStudy(_folder.Root, cases: 1, methods: [StudyMethods.SoftLabel]).Run();
        RunResult run = made.Methods[0].Runs[0];
        var scores = new Dictionary<string, double> { ["SoftDice5"] = -0.25, ["=Score"] = -1 };
        CaseRecord named = run.Cases[0] with { Case = name, Scores = scores };
        StudyFold fold = run.Run.Fold with { Evaluation = [run.Run.Fold.Evaluation[0] with { Name = name }] };
        var results = new StudyResults(
            made.Options with { Folds = [fold] }, made.Record,
            [run with { Run = run.Run with { Fold = fold }, Cases = [named] }], made.Pictured);
        using var table = new StringWriter { NewLine = "\n" };
        ResultsTable.Write(table, results);
        string[] parts = table.ToString().Split('\n', count: 2);
        Assert.EndsWith(",SoftDice5,'=Score,Group", parts[0], StringComparison.Ordinal);
        Assert.StartsWith($"soft-label,val,1,{cell},32,32,3,", parts[1], StringComparison.Ordinal);

        // The group follows the scores. A case without a group has its own name there.
        Assert.EndsWith($",-0.25,-1,{cell}\n", parts[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_character_that_no_page_can_hold_costs_that_character_alone()
    {
        XElement page = Html.E("html", Html.E("p", Html.A("title", "a\u0001b\ttab"), "half \ud83e, whole \U0001F9E0, bell \u0007,\nline"),
            Html.E("style", "p { }\n"));
        using var writer = new StringWriter();
        Html.Write(writer, page);
        var read = XElement.Parse(writer.ToString().Split('\n', 2)[1]);
        Assert.Equal("half \uFFFD, whole \U0001F9E0, bell \uFFFD,\nline", read.Element("p")!.Value);
        Assert.Equal("a\uFFFDb\ttab", (string?)read.Element("p")!.Attribute("title"));
    }

    [Fact]
    public void The_page_says_what_was_found_and_at_what_size()
    {
        MadeUpStudy study = new(
            _folder.Root, cases: 6, methods: [StudyMethods.Consensus, StudyMethods.SoftLabel, StudyMethods.Levels], seeds: [1, 2]);
        (StudyResults results, string text, XElement page) = Render(study);
        string said = page.Value;
        Assert.Contains("All scores are at 32 × 32 pixels", said, StringComparison.Ordinal);
        Assert.Contains("not comparable with the paper's", said, StringComparison.Ordinal);
        Assert.Contains("consensus study --data data --task <made & up> --out study", said, StringComparison.Ordinal);
        Assert.Contains("seeds 1 and 2", said, StringComparison.Ordinal);
        Assert.Contains("6 cases count as 6", said, StringComparison.Ordinal);
        Assert.Contains("Not a medical device", said, StringComparison.Ordinal);

        // The headline table has the mean over cases of the mean over seeds, computed here from the rows of results.csv.
        string[][] rows = [.. File.ReadAllLines(Path.Combine(study.Options.Folder, "results.csv")).Select(line => line.Split(','))];
        int column = Array.IndexOf(rows[0], "SoftDice5");
        foreach (MethodResult method in results.Methods)
        {
            double mean = rows.Where(row => row[0] == method.Name).Average(row => double.Parse(row[column], CultureInfo.InvariantCulture));
            Assert.Equal(mean, method.Score("SoftDice5").Mean, 12);
            XElement row = page.Descendants("tr").First(row => row.Element("th")?.Value == method.Name
                && row.Elements("td").Any(cell => cell.Value.StartsWith(Text.Score(mean), StringComparison.Ordinal)));
            Assert.Contains(" to ", row.Elements("td").First().Value, StringComparison.Ordinal);
        }

        // Figures and tables are numbered from 1 without gaps.
        foreach (string kind in new[] { "Table", "Figure" })
        {
            int[] numbers = [.. page.Descendants("strong")
                .Where(strong => strong.Value.StartsWith(kind + " ", StringComparison.Ordinal))
                .Select(strong => int.Parse(strong.Value[(kind.Length + 1)..^2], CultureInfo.InvariantCulture))];
            Assert.Equal(Enumerable.Range(1, numbers.Length), numbers);
        }

        // Each of six panels has a row for the raters and a row for each method.
        Assert.Equal(6 * 4, page.Descendants("article").SelectMany(panel => panel.Descendants("tbody").Elements("tr")).Count());
        Assert.Equal(text, Render(study).Text);
    }

    [Fact]
    public void Too_few_cases_for_any_finding_are_said_to_be_too_few()
    {
        (_, _, XElement page) = Render(new MadeUpStudy(_folder.Root, cases: 3, methods: [StudyMethods.Consensus, StudyMethods.Levels]));
        Assert.Contains(
            "3 cases cannot show any difference at that level in 1 comparison, however large", page.Value, StringComparison.Ordinal);
        Assert.Contains("the smallest p-value that this test can give is 0.25", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reference_that_the_scores_chose_is_said_to_be_chosen_by_them()
    {
        const string Said = "Holm's correction covers the comparisons of the table, but not that choice.",
            InShort = "which does not cover that the scores chose the reference";
        (StudyResults results, _, XElement page) = Render(new MadeUpStudy(
            _folder["chosen"], cases: 6, methods: [StudyMethods.Annotator, StudyMethods.SoftLabel]));
        Assert.Equal(results.Best, results.Reference);
        Assert.Contains(
            $"{results.Best.Name} was chosen by the scores that are compared here: of 2 methods it came out best", page.Value,
            StringComparison.Ordinal);
        Assert.Contains(Said, page.Value, StringComparison.Ordinal);
        Assert.Contains(InShort, page.Value, StringComparison.Ordinal);

        // The paper's method is the reference whatever its scores are.
        XElement named = Render(new MadeUpStudy(
            _folder["named"], cases: 6, methods: [StudyMethods.Consensus, StudyMethods.SoftLabel])).Page;
        Assert.Contains("Every method is set against consensus, the paper's method", named.Value, StringComparison.Ordinal);
        Assert.DoesNotContain(Said, named.Value, StringComparison.Ordinal);
        Assert.DoesNotContain(InShort, named.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Uncertainties_of_different_kinds_have_no_best_and_the_page_says_who_rounds()
    {
        (_, _, XElement page) = Render(new MadeUpStudy(
            _folder.Root, methods: [StudyMethods.Consensus, StudyMethods.SoftLabel, StudyMethods.MonteCarloDropout, StudyMethods.Levels]));
        XElement table = page.Descendants("table").Single(table => table.Element("thead")!.Descendants("th").Any(IsUncertainty));
        int column = table.Element("thead")!.Descendants("th").TakeWhile(heading => !IsUncertainty(heading)).Count();
        XElement[] cells = [.. table.Element("tbody")!.Elements("tr").Select(row => row.Elements().ElementAt(column))];
        Assert.Equal(4, cells.Length);
        Assert.All(cells, cell => Assert.Equal("n", (string?)cell.Attribute("class")));
        Assert.Contains(table.Descendants("td"), cell => (string?)cell.Attribute("class") == "n best");
        Assert.Contains("the column of the uncertainty does not compare methods", page.Value, StringComparison.Ordinal);
        Assert.Contains(
            "maps are rounded at one half by consensus and level-unet, but not by soft-label and mcd.", page.Value,
            StringComparison.Ordinal);

        // The arrow tells the scores from the pictures.
        static bool IsUncertainty(XElement heading) => heading.Value == "uncertainty\u00A0↑";
    }

    [Fact]
    public void A_single_method_with_a_single_case_has_a_report_too()
    {
        (StudyResults results, _, XElement page) = Render(new MadeUpStudy(_folder.Root, cases: 1, methods: [StudyMethods.Levels]));
        Assert.Equal("level-unet on kidney", page.Element("head")!.Element("title")!.Value);
        Assert.Empty(results.Comparisons);
        Assert.DoesNotContain("NaN", page.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("Are the differences real?", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Comparisons_pair_the_cases_and_average_seeds_first()
    {
        StudyResults results =
            new MadeUpStudy(_folder.Root, cases: 6, methods: [StudyMethods.Consensus, StudyMethods.Annotator], seeds: [1, 2]).Run();
        MethodComparison comparison = Assert.Single(results.Comparisons);

        // The maps of annotator are shifted one pixel further, so it is worse in all six cases. Of 64 choices of signs, two are as far from
        // zero.
        Assert.Equal((0, 6), (comparison.Better, comparison.Worse));
        Assert.Equal(2.0 / 64, comparison.PValue, 12);
        Assert.Equal(comparison.PValue, comparison.AdjustedPValue, 12);
        Assert.Equal(results.Methods[1].Score("SoftDice5").Mean - results.Methods[0].Score("SoftDice5").Mean, comparison.Difference, 12);
        Assert.InRange(comparison.Difference, comparison.Interval.Lower, comparison.Interval.Upper);
    }

    public void Dispose() => _folder.Dispose();

    private static (StudyResults Results, string Text, XElement Page) Render(MadeUpStudy study)
    {
        StudyResults results = study.Run();
        string text = File.ReadAllText(Path.Combine(study.Options.Folder, "report.html"));
        return (results, text, XElement.Parse(text[text.IndexOf("<html", StringComparison.Ordinal)..], LoadOptions.PreserveWhitespace));
    }

    private static void Svg(XElement image)
    {
        string source = (string)image.Attribute("src")!;
        var svg = XElement.Parse(
            System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(source[(source.IndexOf(',', StringComparison.Ordinal) + 1)..])));
        Assert.Equal("svg", svg.Name.LocalName);
        Assert.NotNull(svg.Attribute("viewBox"));
        Assert.DoesNotContain(svg.Descendants().Attributes(), attribute => attribute.Value.Contains("NaN", StringComparison.Ordinal));
    }
}
