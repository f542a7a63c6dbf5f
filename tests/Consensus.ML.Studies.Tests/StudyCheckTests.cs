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
        AssertRefused(good with { Folds = [new("val", [Case("a"), Case("b")], [Case("b")])] }, "Case 'b' of 'val' is both trained on and scored");
        AssertRefused(good with { Folds = [good.Folds[0], good.Folds[0] with { Name = "other" }] }, "The scored cases must differ, but 'c' is there twice");
        AssertRefused(good with { Folds = [] }, "Folds must have at least one entry");
        AssertRefused(good with { Methods = [StudyMethods.Consensus, StudyMethods.Consensus] }, "Methods must differ, but 'consensus' is there twice");
        AssertRefused(good with { Seeds = [1, 1] }, "Seeds must differ, but '1' is there twice");
        AssertRefused(good with { Steps = 0 }, "Steps is 0; it must be at least 1");
        AssertRefused(good with { TimeLimit = TimeSpan.Zero }, "TimeLimit is 00:00:00");
        AssertRefused(good with { CurveGenerations = 1001 }, "CurveGenerations is 1001");
    }

    [Fact]
    public void Numbers_are_told_alike_in_every_culture()
    {
        Assert.Equal("Steps is -1; it must be at least 1.", Message(() => StudyCheck.Check(Options() with { Steps = -1 })));
        Assert.Equal("-2 folds leave nothing to train on: there must be at least 2.", Message(() => StudyFolds.Split([Case("a"), Case("b")], -2)));
        Assert.Equal("consensus, val, seed -3", ForeignCulture.Run(() => new StudyRun(StudyMethods.Consensus, Options().Folds[0], -3).ToString()));

        static string Message(Action call) => ForeignCulture.Run(() => Assert.ThrowsAny<ArgumentException>(call)).Message;
    }

    [Fact]
    public void A_method_needs_a_name_that_can_be_a_folder()
    {
        Assert.Contains("'My method' cannot be a method's name", Assert.Throws<ArgumentException>(() => new StudyMethod("My method", "d", (_, _) => null!)).Message, StringComparison.Ordinal);
        Assert.Equal("level-unet", StudyMethods.Find("level-unet").Name);
        Assert.Contains("There is no method 'unet'; there are consensus, annotator", Assert.Throws<ArgumentException>(() => StudyMethods.Find("unet")).Message, StringComparison.Ordinal);
        Assert.Equal(13, StudyMethods.All.Select(method => method.Name).Distinct().Count());
    }

    private static StudyOptions Options() => new() { Folder = "study", DataName = "made-up", Levels = 3, Folds = [new("val", [Case("a"), Case("b")], [Case("c")])] };

    private static RaterCase Case(string name) => new(name, $"{name}.nii", [$"{name}_1.nii"]);

    private static void AssertRefused(StudyOptions options, string said) => Assert.Contains(said, Assert.Throws<ArgumentException>(() => StudyCheck.Check(options)).Message, StringComparison.Ordinal);
}
