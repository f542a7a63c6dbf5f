using Consensus.Imaging;
using Consensus.Imaging.Labels;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Fitting;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Training.Batches;

namespace Consensus.ML.Tests.Segmentation.Fitting;

/// <summary>Which cases are used for which structure, and whose masks are drawn, where structures and raters are missing.</summary>
public sealed class StructuresOfCasesTests
{
    private readonly List<string> _warnings = [];

    [Fact]
    public void A_case_is_left_out_of_the_structure_that_lacks_raters_and_stays_in_the_others()
    {
        ChosenCases chosen = Choose(
            MissingRaters.Drop, named: true, Case("a", "10 2 1", "Ann Ben"), Case("b", "1 2 10", "Ann"), Case("c", "", "Cem Ann"),
            Case("d", "1 2", "Ben"), Case("e", "1 2 10", "Ben Cem"));
        Assert.Equal(3, chosen.Levels);
        Assert.Equal(["whole", "core"], chosen.Structures!.Select(structure => structure.Name));
        Assert.Equal([3, 2], chosen.Structures!.Select(structure => structure.Levels));
        Assert.Equal(["1", "2", "10"], chosen.Structures![0].Raters);
        Assert.Equal(["Ann", "Ben", "Cem"], chosen.Structures![1].Raters);

        // d has two raters of whole and one of core, where three and two are needed.
        Assert.Equal(["a", "b", "c", "e"], chosen.Cases.Select(one => one.Name));
        Assert.Equal([0, 0, 0, 1, 1], chosen.Cases[0].Structures);
        Assert.Equal([2, 1, 0, 0, 1], chosen.Cases[0].Raters);
        Assert.Equal([0, 0, 0, -1], chosen.Cases[1].Structures);
        Assert.Equal([1, 1], chosen.Cases[2].Structures);
        Assert.Equal([2, 0], chosen.Cases[2].Raters);
        Assert.Equal(3, _warnings.Count);
        Assert.StartsWith("Structure 'whole': d was left out: it has 2 annotations", _warnings[0], StringComparison.Ordinal);
        Assert.StartsWith("Structure 'core': b was left out: it has 1 annotations", _warnings[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Fractions_keep_every_mask()
    {
        ChosenCases chosen = Choose(MissingRaters.Fraction, named: false, Case("a", "1 2 3", "1"), Case("b", "", "1 2"));
        Assert.Equal([3, 2], chosen.Structures!.Select(structure => structure.Levels));
        Assert.All(chosen.Structures!, structure => Assert.Empty(structure.Raters));
        Assert.Equal([[0, 0, 0, 1], [1, 1]], chosen.Cases.Select(one => one.Structures));
    }

    [Fact]
    public void A_structure_that_nobody_drew_is_refused() => Complaint.Expect<InvalidDataException>(
        () => Choose(MissingRaters.Fraction, named: false, Case("a", "1 2", "")), "No case has a mask of the structure 'core'");

    [Fact]
    public void Validation_cases_are_used_for_the_structures_that_are_complete()
    {
        StructuresOfCases structures = Of(MissingRaters.Drop, named: true);
        IReadOnlyList<TrainingCase> training = structures.Choose([Case("a", "1 2", "Ann")], _warnings.Add).Cases;
        IReadOnlyList<TrainingCase> kept = structures.ChooseValidation(
            [Case("v", "1 2", "Ann Ben"), Case("w", "7 8", "Cem")], training, _warnings.Add);
        Assert.Equal([[0, 0, -1, -1], [0, 0, 1]], kept.Select(one => one.Structures));
        Assert.StartsWith("Structure 'core': v of the validation set was left out", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_structures_named_raters_are_those_of_the_only_one()
    {
        var structures = new StructuresOfCases(new ConsensusSegmentationEstimator.Options { NamedRaters = true });
        ChosenCases chosen = structures.Choose([Read("a", ["Ben", "Ann"])], _warnings.Add);
        SegmentedStructure only = Assert.Single(chosen.Structures!);
        Assert.Equal(("", 2), (only.Name, only.Levels));
        Assert.Equal(["Ann", "Ben"], only.Raters);
        Assert.Equal([1, 0], chosen.Cases[0].Raters);
    }

    private static StructuresOfCases Of(MissingRaters missing, bool named) => new(new ConsensusSegmentationEstimator.Options
    {
        Structures = ["whole", "core"], NamedRaters = named, MissingRaters = missing,
    });

    private static ReadCase Case(string name, string whole, string core) =>
        Read(name, whole.Split(' ', StringSplitOptions.RemoveEmptyEntries), core.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static ReadCase Read(string name, params string[][] names)
    {
        int masks = names.Sum(raters => raters.Length);
        return new(new TrainingCase(name, [0], new RaterMasks(masks, 1, 1, new byte[masks])), names);
    }

    private ChosenCases Choose(MissingRaters missing, bool named, params ReadCase[] cases) =>
        Of(missing, named).Choose(cases, _warnings.Add);
}
