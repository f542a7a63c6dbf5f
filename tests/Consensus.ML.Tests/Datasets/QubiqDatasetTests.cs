using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Labels;
using Consensus.ML.Datasets;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Tests.Datasets;

public sealed class QubiqDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("brain-growth", "train", "val")]
    [InlineData("brain_growth", "train", "val")]
    [InlineData("brain-growth", "Training", "Validation")]
    [InlineData("Brain_Growth", "TRAIN", "Val")]
    public void The_published_codes_layout_is_found_from_above_and_from_the_set_itself(string set, string train, string validation)
    {
        Case(7, set, train, "case01");
        Case(7, set, validation, "case02");
        foreach (string root in new[] { _folder.Root, _folder[set] })
        {
            Assert.Equal(["case01"], Names(root, QubiqTask.BrainGrowth));
            Assert.Equal(["case02"], Names(root, QubiqTask.BrainGrowth, QubiqSplit.Validation));
        }
    }

    [Fact]
    public void The_challenges_archives_are_found_from_above_from_one_of_them_and_from_the_set_in_one()
    {
        Case(7, "training_data_v3_QC", "brain-growth", "Training", "case01");
        Case(7, "validation_data_qubiq2021_QC", "brain-growth", "Validation", "case40");
        string[] roots =
        [
            _folder.Root,
            _folder["training_data_v3_QC"],
            _folder["training_data_v3_QC"] + Path.DirectorySeparatorChar,
            _folder["validation_data_qubiq2021_QC"],
            _folder["training_data_v3_QC", "brain-growth"],
            _folder["validation_data_qubiq2021_QC", "brain-growth"],
        ];
        foreach (string root in roots)
        {
            Assert.Equal(["case01"], Names(root, QubiqTask.BrainGrowth));
            Assert.Equal(["case40"], Names(root, QubiqTask.BrainGrowth, QubiqSplit.Validation));
        }
    }

    [Fact]
    public void A_root_without_a_sets_name_is_the_set_when_it_holds_the_split()
    {
        Case(7, "my-copy", "train", "case01");
        Assert.Equal(["case01"], Names(_folder["my-copy"], QubiqTask.BrainGrowth));
    }

    [Fact]
    public void A_root_of_another_sets_name_is_not_this_set()
    {
        Case(3, "kidney", "train", "case01");
        Complaint.Expect<DirectoryNotFoundException>(
            () => QubiqDataset.List(_folder["kidney"], QubiqTask.BrainTumor1, QubiqSplit.Train), "brain-tumor-1");
    }

    [Fact]
    public void Cases_come_in_numeric_order()
    {
        foreach (string name in new[] { "case10", "case2", "case1", "case01-2", "case1-10", "case003", "case100" })
        {
            Case(3, "kidney", "train", name);
        }

        Assert.Equal(["case1", "case01-2", "case1-10", "case2", "case003", "case10", "case100"], Names(_folder.Root, QubiqTask.Kidney));
    }

    [Fact]
    public void Masks_come_in_the_order_of_the_raters_and_of_the_task_asked_for()
    {
        string path = _folder["prostate", "train", "case01"];
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "image.nii"), "");
        for (int rater = 6; rater >= 1; rater--)
        {
            File.WriteAllText(Path.Combine(path, $"task01_seg{rater:00}.nii.gz"), "");
            File.WriteAllText(Path.Combine(path, $"task02_seg{rater:00}.nii"), "");
        }

        RaterCase second = Assert.Single(QubiqDataset.List(_folder.Root, QubiqTask.Prostate2, QubiqSplit.Train).Cases);
        Assert.Equal(Enumerable.Range(1, 6).Select(rater => $"task02_seg{rater:00}.nii"), second.AnnotationPaths.Select(Path.GetFileName));
        Assert.Equal("image.nii", Path.GetFileName(second.ImagePaths[0]));
        RaterCase first = Assert.Single(QubiqDataset.List(_folder.Root, QubiqTask.Prostate1, QubiqSplit.Train).Cases);
        Assert.Equal("task01_seg01.nii.gz", Path.GetFileName(first.AnnotationPaths[0]));
    }

    [Fact]
    public void A_case_with_another_number_of_masks_or_without_an_image_is_left_out_with_a_warning()
    {
        Case(3, "kidney", "train", "case01");
        Case(2, "kidney", "train", "case02");
        Case(3, "kidney", "train", "case03");
        File.Delete(_folder["kidney", "train", "case03", "image.nii.gz"]);
        Case(4, "kidney", "train", "case04");
        CaseListing listing = QubiqDataset.List(_folder.Root, QubiqTask.Kidney, QubiqSplit.Train);
        Assert.Equal(["case01"], listing.Cases.Select(item => item.Name));
        Assert.Collection(
            listing.Warnings,
            warning => Mentions(warning, "'case02'", "2 masks", "has 3"),
            warning => Mentions(warning, "'case03'", "image.nii.gz"),
            warning => Mentions(warning, "'case04'", "4 masks", "has 3"));
    }

    [Fact]
    public void A_case_with_another_number_of_masks_is_kept_on_demand_with_the_raters_it_has()
    {
        Case(3, "kidney", "train", "case01");
        Case(3, "kidney", "train", "case02");
        File.Delete(_folder["kidney", "train", "case02", "task01_seg02.nii.gz"]);
        Case(4, "kidney", "train", "case03");
        Case(0, "kidney", "train", "case04");
        CaseListing listing = QubiqDataset.List(_folder.Root, QubiqTask.Kidney, QubiqSplit.Train, MissingRaters.Fraction);
        Assert.Equal(["case01", "case02", "case03"], listing.Cases.Select(item => item.Name));
        Assert.Equal(["1", "3"], listing.Cases[1].RaterNames);
        Assert.Collection(
            listing.Warnings,
            warning => Mentions(warning, "'case02' has another number of raters", "2 masks", "has 3"),
            warning => Mentions(warning, "'case03' has another number of raters", "4 masks", "has 3"),
            warning => Mentions(warning, "'case04' was left out", "0 masks"));
    }

    [Fact]
    public void Two_files_for_one_mask_count_once_and_are_not_passed_over_in_silence()
    {
        Case(3, "kidney", "train", "case01");
        File.WriteAllText(_folder["kidney", "train", "case01", "task01_seg02.nii"], "");
        CaseListing listing = QubiqDataset.List(_folder.Root, QubiqTask.Kidney, QubiqSplit.Train);
        Assert.Equal(3, Assert.Single(listing.Cases).AnnotationPaths.Count);
        Mentions(Assert.Single(listing.Warnings), "task01_seg02.nii'", "task01_seg02.nii.gz");
    }

    [Fact]
    public void A_set_of_pictures_is_a_set_too()
    {
        foreach (string name in new[] { "case01", "case02" })
        {
            Directory.CreateDirectory(_folder["retina", "train", name]);
        }

        new PngBytes { Colour = 2, Width = 2, Height = 1, Rows = [0, 1, 2, 3, 4, 5, 6] }
            .WriteTo(_folder["retina", "train", "case01", "image.png"]);
        new PngBytes { Width = 2, Height = 1, Rows = [0, 0, 255] }.WriteTo(_folder["retina", "train", "case01", "task01_seg01.png"]);
        new PngBytes { Width = 2, Height = 1, Rows = [0, 255, 255] }.WriteTo(_folder["retina", "train", "case01", "Task01_Seg02.PNG"]);
        new TiffBytes { Width = 2, Height = 1, Blocks = [[7, 8]] }.WriteTo(_folder["retina", "train", "case02", "IMAGE.TIFF"]);
        new TiffBytes { Width = 2, Height = 1, Blocks = [[1, 0]] }.WriteTo(_folder["retina", "train", "case02", "task01_seg01.tif"]);
        new PngBytes { Width = 2, Height = 1, Rows = [0, 0, 1] }.WriteTo(_folder["retina", "train", "case02", "task01_seg02.png"]);

        QubiqTask task = QubiqDataset.FindTask(_folder.Root, "retina");
        Assert.Equal((2, 3, 1, 2), (task.Raters, task.Channels, task.Height, task.Width));
        CaseListing listing = QubiqDataset.List(_folder.Root, task, QubiqSplit.Train);
        Assert.Empty(listing.Warnings);
        Assert.Equal(["image.png", "IMAGE.TIFF"], listing.Cases.Select(item => Path.GetFileName(item.ImagePaths[0])));
        Assert.Equal([0, 1, 1, 1], MaskReader.Read(listing.Cases[0].AnnotationPaths).Pixels.ToArray());
        Assert.Equal([1, 0, 0, 1], MaskReader.Read(listing.Cases[1].AnnotationPaths).Pixels.ToArray());
        Assert.Equal(2, QubiqDataset.ReadCase(_folder["retina", "train", "case01"]).AnnotationPaths.Count);
        Assert.Equal(
            ["retina/train/case01/image.png", "retina/train/case02/IMAGE.TIFF"],
            ManifestDraft.FromQubiq(_folder.Root, task).Manifest.Cases.Select(item => item.Image[0]));
    }

    [Theory]
    [InlineData("image.nii.gz", "image.nii", "image.png")]
    [InlineData("image.nii", "image.tif", "image.jpg")]
    [InlineData("IMAGE.TIF", "image.tiff", "image.png")]
    [InlineData("image.png", "image.BMP", "image.jpeg")]
    public void Of_several_files_for_one_image_the_one_that_keeps_most_is_taken_and_the_others_are_named(
        string taken,
        string second,
        string third)
    {
        Case(3, "kidney", "train", "case01");
        File.Delete(_folder["kidney", "train", "case01", "image.nii.gz"]);
        foreach (string file in new[] { third, taken, second })
        {
            File.WriteAllText(_folder["kidney", "train", "case01", file], "");
        }

        CaseListing listing = QubiqDataset.List(_folder.Root, QubiqTask.Kidney, QubiqSplit.Train);
        Assert.Equal(taken, Path.GetFileName(Assert.Single(listing.Cases).ImagePaths[0]));
        Assert.Equal(2, listing.Warnings.Count);
        Assert.All(
            new[] { second, third },
            other => Assert.Contains(listing.Warnings, warning => warning.Contains($"{other}' was left out", StringComparison.Ordinal)));
    }

    [Fact]
    public void Images_are_listed_whatever_was_drawn_on_them_and_in_silence()
    {
        Case(0, "kidney", "val", "case10");
        Case(2, "kidney", "val", "case2");
        File.WriteAllText(_folder["kidney", "val", "case2", "task01_seg01.png"], "");
        Case(3, "kidney", "val", "case3");
        CaseListing listing = QubiqDataset.ListImages(_folder.Root, "kidney", QubiqSplit.Validation);
        Assert.Equal(["case2", "case3", "case10"], listing.Cases.Select(item => item.Name));
        Assert.All(listing.Cases, item => Assert.Empty(item.AnnotationPaths));
        Assert.Empty(listing.Warnings);

        File.WriteAllText(_folder["kidney", "val", "case2", "image.png"], "");
        File.Delete(_folder["kidney", "val", "case3", "image.nii.gz"]);
        listing = QubiqDataset.ListImages(_folder.Root, "kidney", QubiqSplit.Validation);
        Assert.Equal(["case2", "case10"], listing.Cases.Select(item => item.Name));
        Assert.Collection(listing.Warnings, warning => Mentions(warning, "image.png' was left out"), warning =>
            Mentions(warning, "'case3' was left out", "image.nii.gz"));
    }

    [Fact]
    public void A_set_nobody_drew_on_is_found_by_name_or_as_the_only_one()
    {
        Case(0, "new_patients", "val", "case01");
        foreach (string? name in new[] { null, "new_patients", "New-Patients" })
        {
            Assert.Equal("case01", Assert.Single(QubiqDataset.ListImages(_folder.Root, name, QubiqSplit.Validation).Cases).Name);
        }

        Complaint.Expect<DirectoryNotFoundException>(
            () => QubiqDataset.ListImages(_folder.Root, null, QubiqSplit.Train), "new_patients", "'train'");
        Complaint.Expect<ArgumentException>(
            () => QubiqDataset.ListImages(_folder.Root, "old", QubiqSplit.Validation), "'old'", "new_patients");
        Case(0, "others", "val", "case01");
        Complaint.Expect<ArgumentException>(
            () => QubiqDataset.ListImages(_folder.Root, null, QubiqSplit.Validation), "several sets", "new_patients, others");
        Directory.Delete(_folder["others", "val", "case01"], recursive: true);
        Complaint.Expect<InvalidDataException>(
            () => QubiqDataset.ListImages(_folder.Root, "others", QubiqSplit.Validation), "others", "no images");
    }

    [Fact]
    public void The_tasks_of_one_set_share_its_images()
    {
        Case(2, "cells", "val", "case01");
        File.WriteAllText(_folder["cells", "val", "case01", "task02_seg01.nii.gz"], "");
        foreach (string? name in new[] { null, "cells", "cells-1", "cells-2" })
        {
            Assert.Single(QubiqDataset.ListImages(_folder.Root, name, QubiqSplit.Validation).Cases);
        }
    }

    [Fact]
    public void A_second_copy_of_the_split_is_left_out_with_a_warning()
    {
        Case(3, "kidney", "train", "case01");
        Case(3, "training_data_v3_QC", "kidney", "Training", "case02");
        CaseListing listing = QubiqDataset.List(_folder.Root, QubiqTask.Kidney, QubiqSplit.Train);
        Assert.Equal(["case01"], listing.Cases.Select(item => item.Name));
        Mentions(Assert.Single(listing.Warnings), "training_data_v3_QC");
    }

    [Fact]
    public void Linked_folders_are_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        Case(3, "store", "one");
        Directory.CreateDirectory(_folder["kidney", "train"]);
        Directory.CreateSymbolicLink(_folder["kidney", "train", "case07"], _folder["store", "one"]);
        Directory.CreateSymbolicLink(_folder["linked"], _folder["kidney"]);
        Assert.Equal(["case07"], Names(_folder.Root, QubiqTask.Kidney));
        Assert.Equal(["case07"], Names(_folder["linked"], QubiqTask.Kidney));
    }

    [Fact]
    public void Missing_and_empty_folders_each_have_a_clear_line()
    {
        Complaint.Expect<DirectoryNotFoundException>(() => List(_folder["absent"]), "absent", "does not exist");
        Complaint.Expect<DirectoryNotFoundException>(() => List(_folder.Root), _folder.Root, "brain-growth", "'train'");
        Directory.CreateDirectory(_folder["brain-growth", "train"]);
        Complaint.Expect<InvalidDataException>(() => List(_folder.Root), "train", "no cases", "case01", "7 masks");
        Case(5, "brain-growth", "train", "case09");
        Complaint.Expect<InvalidDataException>(() => List(_folder.Root), "no usable", "case09", "5 masks", "has 7");
        File.WriteAllText(_folder["file"], "");
        Complaint.Expect<DirectoryNotFoundException>(() => List(_folder["file"]), "file", "folder");

        static void List(string root) => QubiqDataset.List(root, QubiqTask.BrainGrowth, QubiqSplit.Train);
    }

    [Fact]
    public void A_set_that_is_not_qubiqs_can_be_described()
    {
        Case(8, "cells", "train", "case12");
        var task = new QubiqTask("cells", ["cells"], 1, 8, 1, 256, 256);
        Assert.Equal(8, Assert.Single(QubiqDataset.List(_folder.Root, task, QubiqSplit.Train).Cases).AnnotationPaths.Count);
    }

    [Fact]
    public void A_mask_of_another_size_than_its_image_is_named_with_both_sizes_and_one_that_would_fit_transposed_is_hinted_at()
    {
        string image = new NiftiBytes { Dimensions = [2, 3, 2], Values = new double[12] }.WriteTo(_folder["image.nii"]);
        string good = new NiftiBytes().WriteTo(_folder["good.nii.gz"]),
            wrong = new NiftiBytes { Dimensions = [3, 2] }.WriteTo(_folder["wrong.nii.gz"]);
        Assert.Empty(new RaterCase("case01", image, [good]).CheckGrids());
        Complaint.Expect<InvalidDataException>(
            () => new RaterCase("case01", image, [good, wrong]).CheckGrids(), "wrong.nii.gz", "3×2", "image.nii", "2×3",
            "rows and columns exchanged they would fit");
        string other = new NiftiBytes { Dimensions = [1, 6] }.WriteTo(_folder["other.nii.gz"]);
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => new RaterCase("case01", image, [other]).CheckGrids());
        Assert.DoesNotContain("would fit", exception.Message, StringComparison.Ordinal);
    }

    private static string[] Names(string root, QubiqTask task, QubiqSplit split = QubiqSplit.Train)
    {
        CaseListing listing = QubiqDataset.List(root, task, split);
        Assert.Empty(listing.Warnings);
        Assert.All(
            listing.Cases, item => Assert.All(item.AnnotationPaths.Append(item.ImagePaths[0]), path => Assert.True(File.Exists(path))));
        return [.. listing.Cases.Select(item => item.Name)];
    }

    private static void Mentions(string text, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, text, StringComparison.Ordinal));

    private void Case(int masks, params string[] names)
    {
        Directory.CreateDirectory(_folder[names]);
        File.WriteAllText(Path.Combine(_folder[names], "image.nii.gz"), "");
        for (int rater = 1; rater <= masks; rater++)
        {
            File.WriteAllText(Path.Combine(_folder[names], $"task01_seg{rater:00}.nii.gz"), "");
        }
    }
}
