using Consensus.Imaging.Cases;
using Consensus.ML.Datasets;
using Consensus.ML.Tests.Shared;
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Tests.Datasets;

/// <summary>The group of a case: the description of the set names it, or it is known because slices come from one volume.</summary>
public sealed class GroupTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_case_is_a_group_of_its_own_unless_it_is_a_slice_or_a_group_is_given()
    {
        var plain = new RaterCase("eye01", "eye01.png", []);
        Assert.Equal(("eye01", true), (plain.Group, plain.IsOwnGroup));
        Assert.Equal("eye02", (plain with { Name = "eye02" }).Group);
        var slice = new RaterCase("scan 3", "scan.nii.gz#axis=2,slice=3", []);
        Assert.Equal(("scan.nii.gz", false), (slice.Group, slice.IsOwnGroup));
        Assert.Equal(("p7", false), ((slice with { Group = "p7" }).Group, (plain with { Group = "p7" }).IsOwnGroup));
        Assert.Equal("eye01", (plain with { Group = " " }).Group);
        Assert.Equal("eye01", (plain with { Group = "p7" } with { Group = null }).Group);
    }

    [Fact]
    public void Loaders_write_the_group_beside_the_case()
    {
        Assert.Equal(["p1", "b"], Groups(_ml.Data.LoadFromCases([new("a", "a.png", []) { Group = "p1" }, new("b", "b.png", [])])));
        Assert.Equal(
            ["p1", "b"], Groups(_ml.Data.LoadFromCases([new("a", ["a1.png", "a2.png"], [], []) { Group = "p1" }, new("b", "b.png", [])])));
        var table = new DataFrame(
            new StringDataFrameColumn("Case", ["a", "b", "c"]),
            new StringDataFrameColumn("ImagePath", ["a.png", "b.png", "c.png"]),
            new StringDataFrameColumn("Patient", ["7", "7", null]));
        Assert.Equal(["7", "7", "c"], Groups(_ml.Data.LoadFromDataFrame(table, [], groupColumn: "Patient")));
        Assert.Equal(["a", "b", "c"], Groups(_ml.Data.LoadFromDataFrame(table, [])));
        Complaint.Expect<ArgumentException>(
            () => _ml.Data.LoadFromDataFrame(table, [], groupColumn: "Person"), "no column 'Person'", "'Patient'");
        string scan = Volume("scan.nii");
        Assert.Equal([scan, scan], Groups(_ml.Data.LoadFromVolume(scan)));
    }

    [Fact]
    public void A_manifest_names_groups_and_its_volumes_are_groups_unasked()
    {
        Volume("v.nii");
        string path = Manifest("""
            { "name": "a", "split": "train", "group": "p1", "image": "a.png", "masks": {} },
            { "name": "b", "split": "train", "image": "b.png", "masks": {} },
            { "name": "v", "split": "val", "image": "v.nii", "volume": {} },
            { "name": "w", "split": "val", "group": "p2", "image": "v.nii", "volume": {} }
            """);
        DatasetManifest manifest = DatasetManifest.Read(path);
        Assert.Equal(["p1", "b", _folder["v.nii"], _folder["v.nii"], "p2", "p2"], manifest.AllCases().Select(one => one.Group));
        manifest.Write(_folder["again.json"]);
        Assert.Equal(["p1", null, null, "p2"], DatasetManifest.Read(_folder["again.json"]).Cases.Select(one => one.Group));
        Complaint.Expect<InvalidDataException>(
            () => DatasetManifest.Read(Manifest("""{ "name": "a", "group": 7, "image": "a.png" }""")),
            "$.cases[0].group",
            "must be text, but it is 7");
    }

    [Fact]
    public void Patterns_find_patients_whose_cases_may_be_called_alike()
    {
        Files("p1/1.png", "p1/2.png", "p2/1.png", "m/p1/1_A.png", "m/p1/2_A.png", "m/p2/1_A.png");
        DatasetManifest manifest = ManifestDraft.FromPatterns(
            _folder.Root, "{patient}/{case}.png", "m/{patient}/{case}_{rater}.png").Manifest;
        Assert.Equal([("p1_1", "p1"), ("p1_2", "p1"), ("p2_1", "p2")], manifest.Cases.Select(one => (one.Name, one.Group)));
        Assert.Equal("m/p2/1_A.png", manifest.Cases[2].Masks["A"]);
        Complaint.Expect<ArgumentException>(
            () => ManifestDraft.FromPatterns(_folder.Root, "{patient}/{case}.png", "m/*/{case}_{rater}.png"), "lacks '{patient}'",
            "a case '1' in several groups (p1, p2)");
        Complaint.Expect<ArgumentException>(
            () => ManifestDraft.FromPatterns(_folder.Root, "{case}.png", "{group}/{case}_{rater}.png"), "that of the images");
        Complaint.Expect<ArgumentException>(
            () => ManifestDraft.FromPatterns(_folder.Root, "{group}/{patient}_{case}.png", "{case}_{rater}.png"), "mean the same");
    }

    [Fact]
    public void Names_that_are_told_apart_stay_and_a_share_is_set_aside_by_patients()
    {
        Files([.. Enumerable.Range(0, 12).SelectMany(i => new[] { $"i/P{i / 3}-{i}.png", $"m/{i}_A.png" })]);
        ManifestDraft draft = ManifestDraft.FromPatterns(_folder.Root, "i/{group}-{case}.png", "m/{case}_{rater}.png");
        Assert.Equal(
            Enumerable.Range(0, 12).Select(i => ($"{i}", $"P{i / 3}")), draft.Manifest.Cases.Select(one => (one.Name, one.Group!)));
        for (int seed = 0; seed < 8; seed++)
        {
            ILookup<string?, string?> groups = draft.WithValidation(0.25, seed).Manifest.Cases.ToLookup(one => one.Split, one => one.Group);
            Assert.Equal((3, 9), (groups["val"].Count(), groups["train"].Count()));
            Assert.Empty(groups["val"].Intersect(groups["train"]));
        }

        ManifestDraft one = draft with { Manifest = draft.Manifest with { Cases = [.. draft.Manifest.Cases.Take(3)] } };
        Complaint.Expect<InvalidOperationException>(() => one.WithValidation(0.5), "All 3 cases are of the group 'P0'");
    }

    [Fact]
    public void A_group_or_a_volume_in_two_splits_is_found()
    {
        Volume("v.nii");
        string path = Manifest("""
            { "name": "a", "split": "train", "group": "p1", "image": "v.nii#slice=0" },
            { "name": "b", "split": "train", "group": "p1", "image": "v.nii#slice=0" },
            { "name": "c", "split": "val", "group": "p1", "image": "v.nii#slice=1" },
            { "name": "a", "split": "val", "group": "p2", "image": "v.nii#slice=1" }
            """);
        DatasetProblem[] found =
        [
            .. DatasetCheck.RunManifest(path).Problems.Where(problem => problem.Kind == DatasetProblemKind.GroupAcrossSplits),
        ];
        Assert.Equal(ProblemSeverity.Warning, Assert.Single(found).Severity);
        Assert.Equal("Cases of the group 'p1' are in two splits: case 'c' in 'val' and case 'a' and 1 more in 'train'.", found[0].Message);
        Assert.Equal(("val", "c"), (found[0].Split, found[0].Case));

        // Without groups, the volume is the group, also where the given groups differ. Names alone are no group.
        string[] messages = Messages(
            """{ "name": "a", "split": "train", "image": "v.nii#slice=0" }, { "name": "a", "split": "val", "image": "v.nii#slice=1" }""");
        Assert.Contains("Slices of the volume", Assert.Single(messages), StringComparison.Ordinal);
        messages = Messages(
            """
            { "name": "a", "split": "train", "group": "p1", "image": "v.nii#slice=0" },
            { "name": "b", "split": "val", "group": "p2", "image": "v.nii#slice=1" }
            """);
        Assert.Contains("Slices of the volume", Assert.Single(messages), StringComparison.Ordinal);
        Assert.Empty(
            Messages("""{ "name": "a", "split": "train", "image": "x.png" }, { "name": "a", "split": "val", "image": "y.png" }"""));

        string[] Messages(string cases) =>
            [.. DatasetCheck.RunManifest(Manifest(cases)).Problems
                .Where(problem => problem.Kind == DatasetProblemKind.GroupAcrossSplits)
                .Select(problem => problem.Message)];
    }

    private static string[] Groups(IDataView rows) => [.. rows.GetColumn<string>("Group")];

    private string Manifest(string cases)
    {
        File.WriteAllText(_folder["dataset.json"], $$"""{ "formatVersion": 1, "name": "set", "raters": ["A"], "cases": [ {{cases}} ] }""");
        return _folder["dataset.json"];
    }

    private string Volume(string name) =>
        new NiftiBytes { Dimensions = [2, 2, 2], Values = [0, 1, 2, 3, 4, 5, 6, 7] }.WriteTo(_folder[name]);

    private void Files(params string[] names)
    {
        foreach (string name in names)
        {
            string path = _folder[name.Split('/')];
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "");
        }
    }
}
