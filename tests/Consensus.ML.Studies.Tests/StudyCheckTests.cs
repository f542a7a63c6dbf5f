using Consensus.Imaging.Cases;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Running;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Studies.Tests;

public sealed class StudyCheckTests
{
    [Fact]
    public void What_cannot_work_is_refused_with_the_reason()
    {
        StudyOptions good = Options();
        StudyCheck.Check(good);
        AssertRefused(good with { Folds = [new("val", [Case("a")], [Case("b")])] }, "'val' leaves 1 case to train on, but at least 2");
        AssertRefused(good with { Folds = [new("val", [Case("a"), Case("b")], [])] }, "'val' has no case to score");
        AssertRefused(
            good with { Folds = [new("val", [Case("a"), Case("b")], [Case("b")])] }, "Case 'b' of 'val' is both trained on and scored");
        RaterCase[] related = [Case("a") with { Group = "p1" }, Case("b")];
        AssertRefused(
            good with { Folds = [new("val", related, [Case("c") with { Group = "p1" }])] },
            "Case 'c' of 'val' is scored, and others of its group 'p1' are trained on");
        RaterCase[] slices = [.. Enumerable.Range(0, 3).Select(i => new RaterCase($"s{i}", $"scan.nii#slice={i}", ["m.nii"]))];
        AssertRefused(good with { Folds = [new("val", slices[..2], slices[2..])] }, "others of its group 'scan.nii' are trained on");
        StudyCheck.Check(good with { Folds = [new("val", related, [Case("a") with { ImagePaths = ["other/a.nii"] }])] });
        AssertRefused(
            good with { Folds = [good.Folds[0], good.Folds[0] with { Name = "other" }] },
            "The scored cases must differ, but 'c' is there twice");
        AssertRefused(good with { Folds = [] }, "Folds must have at least one entry");
        AssertRefused(
            good with { Methods = [StudyMethods.Consensus, StudyMethods.Consensus] },
            "Methods must differ, but 'consensus' is there twice");
        AssertRefused(good with { Seeds = [1, 1] }, "Seeds must differ, but '1' is there twice");
        AssertRefused(good with { Steps = 0 }, "Steps is 0; it must be at least 1");
        AssertRefused(good with { TimeLimit = TimeSpan.Zero }, "TimeLimit is 00:00:00");
        AssertRefused(good with { ValidationFraction = 0.6 }, "ValidationFraction is 0.6; it must be from 0 to 0.5");
        AssertRefused(good with { ValidationFraction = double.NaN }, "ValidationFraction is NaN");
        AssertRefused(good with { CurveGenerations = 1001 }, "CurveGenerations is 1001");
    }

    [Fact]
    public void Numbers_are_told_alike_in_every_culture()
    {
        Assert.Equal("Steps is -1; it must be at least 1.", Message(() => StudyCheck.Check(Options() with { Steps = -1 })));
        Assert.Equal(
            "-2 folds leave nothing to train on: there must be at least 2.", Message(() => StudyFolds.Split([Case("a"), Case("b")], -2)));
        Assert.Equal(
            "consensus, val, seed -3", ForeignCulture.Run(() => new StudyRun(StudyMethods.Consensus, Options().Folds[0], -3).ToString()));

        static string Message(Action call) => ForeignCulture.Run(() => Assert.ThrowsAny<ArgumentException>(call)).Message;
    }

    [Fact]
    public void Names_that_no_report_can_hold_are_refused_before_any_work()
    {
        StudyOptions good = Options();
        AssertRefused(
            good with { DataName = "made\u0001up" },
            "DataName 'made\uFFFDup' holds the control character U+0001; the report could not be written with it");
        AssertRefused(
            good with { Folds = [good.Folds[0] with { Name = "fold\n1" }] },
            "The name of a fold 'fold\uFFFD1' holds the control character U+000A");
        AssertRefused(
            good with { Folds = [good.Folds[0] with { Evaluation = [Case("c\u001b")] }] },
            "Case 'c\uFFFD' has a name that holds the control character U+001B. The report");
        AssertRefused(
            good with { Folds = [good.Folds[0] with { Training = [Case("a"), Case("b\ud800")] }] },
            "Case 'b\uFFFD' has a name that holds U+D800, which is half a character");
        AssertRefused(
            good with { Folds = [good.Folds[0] with { Evaluation = [Case("c") with { RaterNames = ["An\u0001"] }] }] },
            "Case 'c' has a rater 'An\uFFFD'");
    }

    [Fact]
    public void Each_case_has_files_of_its_own()
    {
        string[] names =
        [
            "ab", "a b", "a  b", "a_b", "a/b", "a\\b", "a:b", "..", ".", "...", "con", "NUL", "lpt1.x", "é", "è",
            new string('x', 300), new string('x', 301), "",
        ];
        string[] files = [.. names.Select(StudyFolder.CaseFileName)];
        Assert.Equal(names.Length, files.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(files, file => Assert.Matches("^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$", file));
        Assert.All(files, file => Assert.DoesNotMatch("^(?i:con|nul|lpt1)([.]|$)", file));
        Assert.Equal("ab", files[0]);
    }

    [Fact]
    public void A_method_needs_a_name_that_can_be_a_folder()
    {
        Assert.Contains(
            "'My method' cannot be a method's name",
            Assert.Throws<ArgumentException>(() => new StudyMethod("My method", "d", (_, _) => null!)).Message,
            StringComparison.Ordinal);
        Assert.Equal("level-unet", StudyMethods.ByName("level-unet").Name);
        Assert.Contains(
            "There is no method 'unet'; there are consensus, annotator",
            Assert.Throws<ArgumentException>(() => StudyMethods.ByName("unet")).Message,
            StringComparison.Ordinal);
        Assert.Equal(20, StudyMethods.All.Select(method => method.Name).Distinct().Count());
    }

    private static StudyOptions Options() =>
        new() { Folder = "study", DataName = "made-up", Levels = 3, Folds = [new("val", [Case("a"), Case("b")], [Case("c")])] };

    private static RaterCase Case(string name) => new(name, $"{name}.nii", [$"{name}_1.nii"]);

    private static void AssertRefused(StudyOptions options, string said) =>
        Assert.Contains(said, Assert.Throws<ArgumentException>(() => StudyCheck.Check(options)).Message, StringComparison.Ordinal);
}
