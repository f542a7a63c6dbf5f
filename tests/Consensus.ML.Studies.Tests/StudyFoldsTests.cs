using Consensus.Imaging.Cases;
using Consensus.ML.Studies.Planning;

namespace Consensus.ML.Studies.Tests;

public sealed class StudyFoldsTests
{
    [Fact]
    public void Every_case_is_scored_once_and_trained_on_in_all_other_folds()
    {
        RaterCase[] cases = Cases(11);
        IReadOnlyList<StudyFold> folds = StudyFolds.Split(cases, 3, seed: 4);
        Assert.Equal(["fold 1", "fold 2", "fold 3"], folds.Select(fold => fold.Name));
        Assert.Equal(
            cases.Select(rated => rated.Name).Order(),
            folds.SelectMany(fold => fold.Evaluation).Select(rated => rated.Name).Order());
        Assert.All(folds, fold =>
        {
            Assert.InRange(fold.Evaluation.Count, 3, 4);
            Assert.Equal(
                cases.Select(rated => rated.Name).Order(),
                fold.Training.Concat(fold.Evaluation).Select(rated => rated.Name).Order());
        });
    }

    [Fact]
    public void The_folds_follow_from_the_cases_and_the_seed_whatever_the_order()
    {
        RaterCase[] cases = Cases(9);
        string[] Names(IEnumerable<RaterCase> from, int seed) =>
            [.. StudyFolds.Split([.. from], 3, seed).Select(fold => string.Join(' ', fold.Evaluation.Select(rated => rated.Name)))];
        Assert.Equal(Names(cases, 1), Names(cases.Reverse(), 1));
        Assert.NotEqual(Names(cases, 1), Names(cases, 2));
    }

    [Fact]
    public void Slices_of_one_volume_are_never_torn_apart()
    {
        RaterCase[] slices =
        [
            .. Enumerable.Range(0, 12).Select(i => new RaterCase($"s{i}", $"volume{i / 4}.nii#axis=2,slice={i % 4}", [$"mask{i}.nii"])),
        ];
        foreach (StudyFold fold in StudyFolds.Split(slices, 3))
        {
            Assert.Equal(4, fold.Evaluation.Count);
            Assert.Single(fold.Evaluation.Select(rated => rated.ImagePaths[0].Split('#')[0]).Distinct());
        }

        Assert.Contains(
            "there are 3 volumes (12 slices",
            Assert.Throws<ArgumentException>(() => StudyFolds.Split(slices, 4)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Cases_of_one_patient_are_never_torn_apart()
    {
        // Patients of 5, 2, 2, 1 and 2 cases: four folds of 5, 2, 2 and 3.
        string[] patients = ["p1", "p1", "p1", "p2", "p2", "p1", "p3", "p3", "p1", "p4", "p5", "p5"];
        RaterCase[] cases = [.. Cases(12).Zip(patients, (rated, patient) => rated with { Group = patient })];
        IReadOnlyList<StudyFold> folds = StudyFolds.Split(cases, 4);
        Assert.Equal([2, 2, 3, 5], folds.Select(fold => fold.Evaluation.Count).Order());
        Assert.All(folds, fold => Assert.Empty(
            fold.Evaluation.Select(rated => rated.Group).Intersect(fold.Training.Select(rated => rated.Group))));
        Assert.Contains(
            "6 folds need at least 6 cases, but there are 5 groups (12 cases; those of one group, such as a patient, "
            + "stay together): ask for at most 5 folds",
            Assert.Throws<ArgumentException>(() => StudyFolds.Split(cases, 6)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void More_folds_than_cases_are_refused_with_both_numbers()
    {
        Assert.Contains(
            "5 folds need at least 5 cases, but there are 3 cases: ask for at most 3 folds",
            Assert.Throws<ArgumentException>(() => StudyFolds.Split(Cases(3), 5)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "at least 2", Assert.Throws<ArgumentException>(() => StudyFolds.Split(Cases(3), 1)).Message, StringComparison.Ordinal);
    }

    private static RaterCase[] Cases(int count) =>
        [.. Enumerable.Range(1, count).Select(i => new RaterCase($"case{i:00}", $"case{i:00}/image.nii", [$"case{i:00}/mask.nii"]))];
}
