using Consensus.Imaging;
using Consensus.Imaging.Labels;
using Consensus.ML.Segmentation.Fitting;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Training.Batches;

namespace Consensus.ML.Tests.Segmentation.Fitting;

/// <summary>Which cases are trained on, how many levels there are, and which mask is which level, when raters are missing.</summary>
public sealed class RatersOfCasesTests
{
    private readonly List<string> _warnings = [];

    [Fact]
    public void Dropping_keeps_the_cases_with_the_commonest_number_of_raters_and_names_the_others()
    {
        Assert.Equal(("a c", 3), Choose(MissingRaters.Drop, null, false, ("a", "1 2 3"), ("b", "1 2"), ("c", "1 2 4"), ("d", "1 2 3 4")));
        Assert.Equal(2, _warnings.Count);
        Assert.StartsWith("b was left out: it has 2 annotations, where 3 are needed", _warnings[0], StringComparison.Ordinal);
        Assert.StartsWith("d was left out: it has 4 annotations, where 3 are needed", _warnings[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_numbers_as_common_as_each_other_dropping_takes_the_larger() =>
        Assert.Equal(("b c", 3), Choose(MissingRaters.Drop, null, false, ("a", "1 2"), ("b", "1 2 3"), ("c", "1 2 3"), ("d", "1 2")));

    [Fact]
    public void A_number_of_levels_that_is_asked_for_chooses_the_cases_or_leaves_none()
    {
        Assert.Equal(("a", 2), Choose(MissingRaters.Drop, 2, false, ("a", "1 2"), ("b", "1 2 3"), ("c", "1 2 3")));
        Complaint.Expect<InvalidDataException>(
            () => Choose(MissingRaters.Drop, 4, false, ("a", "1 2"), ("b", "1 2 3"), ("c", "1 2 3")), "No case has 4 annotations",
            "1 with 2, 2 with 3", "Fraction");
    }

    [Fact]
    public void Fractions_keep_every_case_with_as_many_levels_as_the_most_raters_or_as_asked_for()
    {
        Assert.Equal(("a b c", 4), Choose(MissingRaters.Fraction, null, false, ("a", "1 2"), ("b", "1 2 3 4"), ("c", "7")));
        Assert.Equal(("a b c", 3), Choose(MissingRaters.Fraction, 3, false, ("a", "1 2"), ("b", "1 2 3 4"), ("c", "7")));
        Assert.Empty(_warnings);
    }

    [Fact]
    public void Where_a_level_is_a_rater_names_decide_in_natural_order_whatever_the_order_of_the_masks()
    {
        (IReadOnlyList<TrainingCase> cases, int levels) = Of(MissingRaters.Fraction, null, true)
            .Choose([Case("a", "10 2"), Case("b", "9"), Case("c", "2 9 10")], _warnings.Add);
        Assert.Equal(3, levels);
        Assert.Equal([2, 0], cases[0].Raters);
        Assert.Equal([1], cases[1].Raters);
        Assert.Equal([0, 1, 2], cases[2].Raters);
    }

    [Fact]
    public void Where_a_level_is_a_rater_dropping_keeps_the_cases_that_the_same_raters_drew()
    {
        Assert.Equal(("a c", 2), Choose(MissingRaters.Drop, null, true, ("a", "Ann Bob"), ("b", "Bob Cem"), ("c", "Bob Ann")));
        Assert.StartsWith(
            "b was left out: it has annotations by Bob, Cem, where those by Ann, Bob are needed",
            Assert.Single(_warnings),
            StringComparison.Ordinal);
        Complaint.Expect<InvalidDataException>(
            () => Choose(MissingRaters.Fraction, 2, true, ("a", "Ann Bob"), ("b", "Cem")),
            "Levels is 2",
            "3 raters (Ann, Bob, Cem), each of whom the target Annotator takes for a level");
    }

    [Fact]
    public void More_raters_than_can_be_counted_are_refused() => Complaint.Expect<InvalidDataException>(
        () => Choose(MissingRaters.Fraction, null, false, ("crowd", string.Join(' ', Enumerable.Range(1, 256)))),
        "crowd has 256 annotations", "255");

    private static RatersOfCases Of(MissingRaters missing, int? levels, bool byRater) =>
        new(missing, levels, byRater ? "the target Annotator" : null);

    private static (TrainingCase Case, string[] Names) Case(string name, string raters)
    {
        string[] names = raters.Split(' ');
        return (new TrainingCase(name, [0], new RaterMasks(names.Length, 1, 1, new byte[names.Length])), names);
    }

    private (string Cases, int Levels) Choose(MissingRaters missing, int? levels, bool byRater, params (string Name, string Raters)[] cases)
    {
        (IReadOnlyList<TrainingCase> kept, int chosen) = Of(missing, levels, byRater)
            .Choose([.. cases.Select(one => Case(one.Name, one.Raters))], _warnings.Add);
        return (string.Join(' ', kept.Select(one => one.Name)), chosen);
    }
}
