using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.ML.Datasets;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Tests.Datasets;

/// <summary>A manifest of any layout is made from two patterns.</summary>
public sealed class ManifestDraftTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Cases_and_raters_are_read_from_the_names_in_natural_order()
    {
        Files(
            "images/eye10.png", "images/eye2.png", "masks/eye10_Ann.png", "masks/eye10_Ben.png",
            "masks/eye2_Ben.png", "masks/eye2_Ann.png", "notes.txt");
        ManifestDraft draft = ManifestDraft.FromPatterns(_folder.Root, "images/{case}.png", "masks/{case}_{rater}.png", "eyes");
        Assert.Empty(draft.Warnings);
        Assert.Equal("eyes", draft.Manifest.Name);
        Assert.Equal(["Ann", "Ben"], draft.Manifest.Raters);
        Assert.Equal(["eye2", "eye10"], draft.Manifest.Cases.Select(one => one.Name));
        Assert.Equal("masks/eye10_Ann.png", draft.Manifest.Cases[1].Masks["Ann"]);
        Assert.Equal(["images/eye2.png"], draft.Manifest.Cases[0].Image);
    }

    [Fact]
    public void Masks_beside_their_images_are_no_images_and_names_may_hold_what_parts_them()
    {
        Files("Image_01L.png", "Image_01L_1st_HO.png", "Image_01L_2nd.png", "Image_02R.png", "Image_02R_1st_HO.png", "Image_02R_2nd.png");
        ManifestDraft draft = ManifestDraft.FromPatterns(_folder.Root, "{case}.png", "{case}_{rater}.png");
        Assert.Empty(draft.Warnings);
        Assert.Equal(["Image_01L", "Image_02R"], draft.Manifest.Cases.Select(one => one.Name));
        Assert.Equal(["1st_HO", "2nd"], draft.Manifest.Raters);
    }

    [Fact]
    public void Channels_splits_and_any_folders_have_placeholders_and_a_repeated_one_is_the_same_text()
    {
        Files(
            "a/train/p1/p1_t1.nii", "a/train/p1/p1_t2.nii", "a/train/p1/p1_seg_1.nii", "b/test/p1/p1_t1.nii", "b/test/p1/p1_t2.nii",
            "b/test/p1/p1_seg_1.nii", "b/test/p2/p1_t1.nii");
        DatasetManifest manifest = ManifestDraft.FromPatterns(
            _folder.Root, "**/{split}/{case}/{case}_{channel}.nii", "*/{split}/{case}/{case}_seg_{rater}.nii").Manifest;
        Assert.Equal(["t1", "t2"], manifest.Channels);
        Assert.Equal(["test", "train"], manifest.Splits);
        Assert.Equal(["b/test/p1/p1_t1.nii", "b/test/p1/p1_t2.nii"], manifest.Cases[0].Image);
        Assert.Equal("a/train/p1/p1_seg_1.nii", manifest.Cases[1].Masks["1"]);
        Assert.Equal(2, manifest.Cases.Count);
    }

    [Fact]
    public void What_does_not_fit_is_said()
    {
        Files("i/1.png", "i/2.png", "i/3.png", "m/1-A.png", "m/1-B.png", "m/2-A.png", "m/2-B.png", "m/9-A.png");
        ManifestDraft draft = ManifestDraft.FromPatterns(_folder.Root, "i/{case}.png", "m/{case}-{rater}.png");
        Assert.Equal(2, draft.Manifest.Levels);
        Assert.Collection(
            draft.Warnings,
            warning => Assert.Contains(
                "1 fit the masks' pattern, but there is no image of their case; the first: 'm/9-A.png'", warning, StringComparison.Ordinal),
            warning => Assert.Contains("1 have no mask; the first: '3'", warning, StringComparison.Ordinal),
            warning => Assert.Contains("1 of 3 cases have another number of raters than 2", warning, StringComparison.Ordinal));
        Complaint.Expect<InvalidDataException>(
            () => ManifestDraft.FromPatterns(_folder.Root, "i/{case}.png", "x/{case}-{rater}.png"), "no mask 'x/{case}-{rater}.png'");
        Complaint.Expect<ArgumentException>(
            () => ManifestDraft.FromPatterns(_folder.Root, "i/{case}.png", "m/{case}.png"), "lacks '{rater}'");
    }

    [Fact]
    public void A_share_of_the_cases_is_set_aside_the_same_for_the_same_seed()
    {
        Files([.. Enumerable.Range(1, 10).SelectMany(number => new[] { $"i/{number}.png", $"m/{number}_A.png" })]);
        ManifestDraft draft = ManifestDraft.FromPatterns(_folder.Root, "i/{case}.png", "m/{case}_{rater}.png");
        string?[] first = Splits(3), second = Splits(4);
        Assert.Equal(3, first.Count(split => split == "val"));
        Assert.Equal(7, first.Count(split => split == "train"));
        Assert.Equal(first, Splits(3));
        Assert.NotEqual(first, second);
        Assert.Throws<InvalidOperationException>(() => draft.WithValidation(0.3).WithValidation(0.3));

        string?[] Splits(int seed) => [.. draft.WithValidation(0.3, seed).Manifest.Cases.Select(one => one.Split)];
    }

    [Fact]
    public void A_QUBIQ_set_is_described_with_both_splits_and_the_cases_that_lack_a_rater()
    {
        Files([.. Enumerable.Range(1, 6).Select(rater => $"prostate/train/case01/task02_seg{rater:00}.nii.gz"),
            "prostate/train/case01/image.nii.gz",
            "prostate/val/case01/image.nii", "prostate/val/case01/task02_seg01.nii.gz"]);
        ManifestDraft draft = ManifestDraft.FromQubiq(_folder.Root, QubiqTask.Prostate2);
        Assert.Equal(("prostate-2", 6), (draft.Manifest.Name, draft.Manifest.Levels));
        Assert.Equal([("train", 6), ("val", 1)], draft.Manifest.Cases.Select(one => (one.Split!, one.Masks.Count)));
        Assert.Equal("prostate/val/case01/image.nii", draft.Manifest.Cases[1].Image[0]);
        Assert.Contains("1 of 2 cases", Assert.Single(draft.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Volumes_as_in_QUBIQs_pancreas_set_are_cut_into_slices()
    {
        foreach (string name in (string[])["image", "task01_seg01", "task01_seg02"])
        {
            string file = _folder["pancreas", "Training", "case1-1", $"{name}.nii.gz"];
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(
                file,
                new NiftiBytes { Dimensions = [2, 3, 12], Values = [.. Enumerable.Range(0, 72).Select(i => (double)(i % 2))] }
                    .SingleFile());
        }

        DatasetManifest manifest = ManifestDraft.FromQubiq(_folder.Root, QubiqDataset.FindTask(_folder.Root, "pancreas")).Manifest;
        Assert.Equal(new VolumeSlicing(), manifest.Volume);
        RaterCase[] slices = [.. manifest.AllCases("train")];
        Assert.Equal(12, slices.Length);
        Assert.Equal("case1-1_slice11", slices[^1].Name);
        Assert.Equal((2, 2, 3), (slices[^1].AnnotationPaths.Count, SliceReader.ReadSize(
            slices[^1].AnnotationPaths[1]).Height, SliceReader.ReadSize(slices[^1].ImagePaths[0]).Width));
    }

    [Fact]
    public void Hidden_files_are_taken_only_where_a_pattern_names_them()
    {
        Files(
            "images/a.png", "images/._a.png", ".trash/images/b.png", "masks/a_A.png", "masks/._a_A.png",
            "masks/a_B.png", ".own/c.png", ".own/c_A.png");
        Assert.Equal(["a"], Names("images/{case}.png", "masks/{case}_{rater}.png"));
        Assert.Equal(["a"], Names("**/{case}.png", "masks/{case}_{rater}.png"));
        Assert.Equal(["c"], Names(".own/{case}.png", ".own/{case}_{rater}.png"));

        string[] Names(string images, string masks) => [.. ManifestDraft.FromPatterns(_folder.Root, images, masks).Manifest.Cases
            .Where(one => one.Masks.Count > 0)
            .Select(one => one.Name)];
    }

    [Theory]
    [InlineData("utf-16", true, "UTF-16")]
    [InlineData("utf-16", false, "UTF-16")]
    [InlineData("utf-16BE", true, "UTF-16")]
    [InlineData("utf-16BE", false, "UTF-16")]
    [InlineData("utf-32", true, "UTF-32")]
    [InlineData("utf-32", false, "UTF-32")]
    [InlineData("utf-8", true, null)]
    public void A_manifest_in_another_encoding_is_refused_by_its_name(string encoding, bool mark, string? named)
    {
        var writer = System.Text.Encoding.GetEncoding(encoding);
        byte[] text = writer.GetBytes(
            """
            {
              "formatVersion": 1, "name": "a", "raters": ["A"],
              "cases": [{ "name": "x", "image": "i\\x.png", "masks": { "A": "x.png" } }]
            }
            """);
        File.WriteAllBytes(_folder["dataset.json"], mark ? [.. writer.GetPreamble(), .. text] : text);
        if (named is null)
        {
            RaterCase read = Assert.Single(DatasetManifest.Read(_folder["dataset.json"]).AllCases());
            string hint = OperatingSystem.IsWindows() ? "" : " Here folders are separated by '/', and '\\' is a part of a name.";
            Assert.Equal(
                $"'{read.ImagePaths[0]}' does not exist.{hint}",
                Assert.Throws<FileNotFoundException>(() => SliceReader.Read(read.ImagePaths[0])).Message);
            return;
        }

        Complaint.Expect<InvalidDataException>(
            () => DatasetManifest.Read(_folder["dataset.json"]),
            $"dataset.json' is encoded in {named}, but a dataset manifest is text in UTF-8: save it as UTF-8.");
    }

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
