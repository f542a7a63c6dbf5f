using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Labels;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Tests.Datasets.Phantom;

public sealed class PhantomDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Tasks => [.. QubiqTask.All.Select(task => task.Name)];

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Every_task_is_written_with_its_raters_channels_and_splits(string name)
    {
        QubiqTask task = QubiqTask.Parse(name);
        PhantomDataset.Write(_folder.Root, task, trainCases: 2, validationCases: 1, seed: 3, size: 96);
        CaseListing train = QubiqDataset.List(_folder.Root, task, QubiqSplit.Train),
            validation = QubiqDataset.List(_folder.Root, task, QubiqSplit.Validation);
        Assert.Equal(["case01", "case02"], train.Cases.Select(item => item.Name));
        Assert.Equal(["case01"], validation.Cases.Select(item => item.Name));
        Assert.Empty(train.Warnings.Concat(validation.Warnings));
        foreach (RaterCase item in train.Cases.Concat(validation.Cases))
        {
            Slice image = NiftiFile.ReadSlice(item.ImagePaths[0]);
            RaterMasks masks = MaskReader.Read(item.AnnotationPaths);
            Assert.Equal((task.Channels, 96, 96), (image.Channels, image.Height, image.Width));
            Assert.Equal((task.Raters, 96, 96), (masks.Raters, masks.Height, masks.Width));
            for (int rater = 0; rater < masks.Raters; rater++)
            {
                Assert.InRange(masks.Rater(rater).Count((byte)1), 40, 96 * 96 / 3);
            }
        }

        Assert.NotEqual(
            NiftiFile.ReadSlice(train.Cases[0].ImagePaths[0]).Pixels, NiftiFile.ReadSlice(validation.Cases[0].ImagePaths[0]).Pixels);
    }

    [Theory]
    [InlineData("brain-growth", "int16", new long[] { 256, 256 }, 1)]
    [InlineData("kidney", "float64", new long[] { 497, 497 }, 1)]
    [InlineData("brain-tumor", "float32", new long[] { 240, 240, 4 }, 1)]
    [InlineData("prostate", "int16", null, 255)]
    public void Sizes_and_types_are_near_the_real_sets(string name, string type, long[]? shape, int marked)
    {
        QubiqTask task = QubiqTask.Parse(name);
        PhantomDataset.Write(_folder.Root, task, 1, 0, seed: 1);
        RaterCase item = QubiqDataset.List(_folder.Root, task, QubiqSplit.Train).Cases[0];
        NiftiHeader header = NiftiFile.ReadHeader(item.ImagePaths[0]);
        Assert.Equal(type, header.DataType);
        Assert.Equal(shape ?? [header.Shape[0] == 960 ? 960 : 640, 640, 1], header.Shape);
        Assert.Equal((0, marked), ((int)NiftiFile.ReadStatistics(
            item.AnnotationPaths[0]).Minimum, (int)NiftiFile.ReadStatistics(item.AnnotationPaths[0]).Maximum));
        if (name == "kidney")
        {
            NiftiStatistics statistics = NiftiFile.ReadStatistics(item.ImagePaths[0]);
            Assert.Equal(-1024, statistics.Minimum);
            Assert.InRange(statistics.Maximum, 300, 3071);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_on_any_thread_and_in_any_culture()
    {
        foreach (QubiqTask task in QubiqTask.All)
        {
            PhantomDataset.Write(_folder["a"], task, 1, 1, seed: -5, size: 48);
        }

        Exception? failure = null;
        var thread = new Thread(() =>
        {
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NumberDecimalSeparator = ",";
            culture.NumberFormat.NegativeSign = "~";
            CultureInfo.CurrentCulture = culture;
            try
            {
                foreach (QubiqTask task in QubiqTask.All.Reverse())
                {
                    PhantomDataset.Write(_folder["b"], task, 1, 1, seed: -5, size: 48);
                }
            }
            catch (Exception exception) when (exception is IOException or InvalidDataException)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);

        string[] files = [.. Directory.EnumerateFiles(_folder["a"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

        // Four sets with two cases each: an image, and all masks of seven tasks.
        Assert.Equal((4 * 2) + (2 * QubiqTask.All.Sum(task => task.Raters)), files.Length);
        foreach (string file in files)
        {
            Assert.True(
                File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(_folder["b", Path.GetRelativePath(_folder["a"], file)])),
                $"{file} differs");
        }

        PhantomDataset.Write(_folder["c"], QubiqTask.Kidney, 1, 0, seed: -4, size: 48);
        Assert.NotEqual(
            File.ReadAllBytes(_folder["a", "kidney", "train", "case01", "image.nii.gz"]),
            File.ReadAllBytes(_folder["c", "kidney", "train", "case01", "image.nii.gz"]));
    }

    [Fact]
    public void One_tasks_masks_survive_the_writing_of_another_and_foreign_files_too()
    {
        PhantomDataset.Write(_folder.Root, QubiqTask.BrainTumor1, 1, 0, seed: 1, size: 48);
        string first = _folder["brain-tumor", "train", "case01", "task01_seg01.nii.gz"];
        byte[] before = File.ReadAllBytes(first), image = File.ReadAllBytes(_folder["brain-tumor", "train", "case01", "image.nii.gz"]);
        Directory.CreateDirectory(_folder["brain-tumor", "train", "mine"]);
        File.WriteAllText(_folder["brain-tumor", "train", "mine", "notes.txt"], "keep");
        PhantomDataset.Write(_folder.Root, QubiqTask.BrainTumor3, 1, 0, seed: 1, size: 48);
        Assert.Equal(before, File.ReadAllBytes(first));
        Assert.Equal(image, File.ReadAllBytes(_folder["brain-tumor", "train", "case01", "image.nii.gz"]));
        Assert.Equal("keep", File.ReadAllText(_folder["brain-tumor", "train", "mine", "notes.txt"]));
        Assert.Equal(3, QubiqDataset.List(_folder.Root, QubiqTask.BrainTumor3, QubiqSplit.Train).Cases[0].AnnotationPaths.Count);
    }

    [Fact]
    public void An_image_under_another_tasks_masks_is_not_replaced_by_another()
    {
        PhantomDataset.Write(_folder.Root, QubiqTask.Prostate1, 1, 0, seed: 1, size: 48);
        byte[] image = File.ReadAllBytes(_folder["prostate", "train", "case01", "image.nii.gz"]);
        Complaint.Expect<InvalidDataException>(
            () => PhantomDataset.Write(_folder.Root, QubiqTask.Prostate2, 1, 0, seed: 2, size: 48),
            "case01", "task01_seg01.nii.gz", "one seed");
        Assert.Equal(image, File.ReadAllBytes(_folder["prostate", "train", "case01", "image.nii.gz"]));
        PhantomDataset.Write(_folder.Root, QubiqTask.Prostate1, 1, 0, seed: 2, size: 48);
        Assert.NotEqual(image, File.ReadAllBytes(_folder["prostate", "train", "case01", "image.nii.gz"]));
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Raters_disagree_as_much_as_real_ones(string name)
    {
        QubiqTask task = QubiqTask.Parse(name);
        PhantomDataset.Write(_folder.Root, task, 10, 0, seed: 11, size: 128);
        double mean = Masks(task).Average(ConsensusLabels.PairwiseDice);

        // The paper's Table 3 has 0.857 to 0.950.
        Assert.InRange(mean, 0.82, 0.955);
    }

    [Fact]
    public void A_rater_who_draws_large_does_so_in_every_case()
    {
        PhantomDataset.Write(_folder.Root, QubiqTask.BrainGrowth, 16, 0, seed: 4, size: 96);
        RaterMasks[] masks = Masks(QubiqTask.BrainGrowth);
        double[] early = RelativeAreas(masks[..8]), late = RelativeAreas(masks[8..]);
        double covariance = early.Zip(late).Sum(pair => (pair.First - 1) * (pair.Second - 1));
        double correlation = covariance / Math.Sqrt(early.Sum(area => (area - 1) * (area - 1)) * late.Sum(area => (area - 1) * (area - 1)));
        Assert.InRange(correlation, 0.8, 1);
        Assert.InRange(early.Max() - early.Min(), 0.02, 0.5);

        static double[] RelativeAreas(RaterMasks[] masks)
            => [.. Enumerable.Range(0, 7)
                .Select(rater => masks.Average(item => item.Rater(rater).Count((byte)1) * 7.0 / item.Pixels.Count(mark => mark == 1)))];
    }

    [Theory]
    [InlineData("kidney", 0, 100, 250)]
    [InlineData("brain-tumor-1", 0, 1.3, 4)]
    [InlineData("brain-tumor-3", 2, 1.3, 4)]
    public void The_image_shows_the_structure(string name, int channel, double low, double high)
    {
        // The kidney has Hounsfield units. The tumor has brightness against the rest of the brain (FLAIR, and T1 with contrast agent).
        QubiqTask task = QubiqTask.Parse(name);
        PhantomDataset.Write(_folder.Root, task, 3, 0, seed: 8, size: 96);
        foreach (RaterCase item in QubiqDataset.List(_folder.Root, task, QubiqSplit.Train).Cases)
        {
            ReadOnlySpan<float> plane = NiftiFile.ReadSlice(item.ImagePaths[0]).Pixels.AsSpan(channel * 96 * 96, 96 * 96);
            RaterMasks masks = MaskReader.Read(item.AnnotationPaths);
            byte[] all = ConsensusLabels.Level(masks, task.Raters), any = ConsensusLabels.Level(masks, 1);
            var inside = new List<float>();
            var outside = new List<float>();
            for (int i = 0; i < plane.Length; i++)
            {
                if (all[i] == 1)
                {
                    inside.Add(plane[i]);
                }
                else if (any[i] == 0 && plane[i] != 0)
                {
                    outside.Add(plane[i]);
                }
            }

            Assert.InRange(name == "kidney" ? inside.Average() : inside.Average() / outside.Average(), low, high);
        }
    }

    [Fact]
    public void Arguments_out_of_range_are_refused_before_anything_is_written()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PhantomDataset.Write(_folder["x"], QubiqTask.Kidney, -1, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PhantomDataset.Write(_folder["x"], QubiqTask.Kidney, 1, 0, 1, size: 4));
        Complaint.Expect<ArgumentException>(
            () => PhantomDataset.Write(_folder["x"], new QubiqTask("cells", ["cells"], 1, 8, 1, 256, 256), 1, 0, 1),
            "cells",
            "brain-growth");
        Assert.False(Directory.Exists(_folder["x"]));
    }

    private RaterMasks[] Masks(QubiqTask task)
        => [.. QubiqDataset.List(_folder.Root, task, QubiqSplit.Train).Cases.Select(item => MaskReader.Read(item.AnnotationPaths))];
}
