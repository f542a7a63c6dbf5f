using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;
using Consensus.ML.Datasets;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Tests.Datasets;

/// <summary>One run of the check names every mistake of a set. A broken case does not stop it.</summary>
public sealed class DatasetCheckTests : IDisposable
{
    private static readonly float[] _left = [1, 0, 1, 0], _top = [1, 1, 0, 0], _none = [0, 0, 0, 0];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_sound_set_has_no_problems()
    {
        Case("train", "case01", 1);
        Case("val", "case01", 2);
        DatasetCheckReport report = Check();
        Assert.Equal(2, report.Cases);
        Assert.Empty(report.Problems);

        // Enlarging 2×2 masks by a whole number loses nothing.
        Assert.Equal(ResizingCeiling.UsualSizes, report.Ceilings.Select(ceiling => ceiling.Size));
        Assert.All(report.Ceilings.Where(ceiling => ceiling.Size % 2 == 0), ceiling => Assert.Equal(1, ceiling.SoftDice, 1e-9));
    }

    [Fact]
    public void What_resizing_leaves_is_a_mean_over_the_cases_whose_masks_can_be_read()
    {
        // As in the report on raters: of a mask whose columns 0 to 32 are marked, 64 pixels leave (3·66/67 + 2) / 5; of an empty one, all.
        Wide("case01", [.. Enumerable.Range(0, 128 * 128).Select(i => i % 128 < 33 ? 1f : 0)]);
        Wide("case02", new float[128 * 128]);
        Wide("case03", [.. Enumerable.Range(0, 128 * 128).Select(i => i % 128 < 33 ? 1f : 0)]);
        File.WriteAllText(At("train", "case03", 2), "no mask");
        DatasetCheckReport report = Check();
        Assert.Equal(((((3 * 66 / 67.0) + 2) / 5) + 1) / 2, report.Ceilings[0].SoftDice, 1e-6);
        Assert.Equal(1, report.Ceilings.Single(ceiling => ceiling.Size == 128).SoftDice, 1e-12);

        File.WriteAllText(At("train", "case01", 1), "no mask");
        File.WriteAllText(At("train", "case02", 1), "no mask");
        Assert.Empty(Check().Ceilings);

        void Wide(string name, float[] mask)
        {
            Case("train", name, 1);
            Write(At("train", name, 0), 1, 128, 128, [.. mask.Select((_, i) => (float)i)]);
            Write(At("train", name, 1), 1, 128, 128, mask);
            Write(At("train", name, 2), 1, 128, 128, mask);
        }
    }

    [Fact]
    public void Every_kind_of_mistake_is_found_in_one_run()
    {
        Case("train", "case01", 1);
        Case("train", "case02", 2);
        Case("train", "case03", 3);
        Case("train", "case04-short", 4);
        byte[] image = File.ReadAllBytes(At("train", "case04-short", 0));
        File.WriteAllBytes(At("train", "case04-short", 0), image[..(image.Length / 2)]);
        Case("train", "case05-text", 5);
        File.WriteAllText(At("train", "case05-text", 1), new string('x', 500));
        Case("train", "case06-size", 6);
        Write(At("train", "case06-size", 2), 1, 1, 4, _top);
        Case("train", "case07-values", 7);
        Write(At("train", "case07-values", 1), 1, 2, 2, [0, 1, 2, 0]);
        Case("train", "case08-channels", 8);
        Write(At("train", "case08-channels", 0), 2, 2, 2, [1, 2, 3, 4, 5, 6, 7, 8]);
        Case("train", "case09-nan", 9);
        Write(At("train", "case09-nan", 0), 1, 2, 2, [1, float.NaN, 3, 4]);
        Case("train", "case10-flat", 10);
        Write(At("train", "case10-flat", 0), 1, 2, 2, [5, 5, 5, 5]);
        Case("train", "case11-empty", 11);
        Write(At("train", "case11-empty", 2), 1, 2, 2, _none);
        Case("train", "case12-twins", 12);
        Write(At("train", "case12-twins", 2), 1, 2, 2, [255, 0, 255, 0]);
        Case("train", "case13-few", 13);
        File.Delete(At("train", "case13-few", 2));
        Case("train", "case14-gone", 14);
        File.Delete(At("train", "case14-gone", 0));
        Case("train", "case15-again", 1);
        Case("train", "case16-two", 16);
        File.WriteAllText(_folder["cells", "train", "case16-two", "image.nii"], "");
        Case("train", "case17-spacing", 17);
        Write(At("train", "case17-spacing", 0), 1, 2, 2, [17, 1, 2, 3], spacing: 0.5);
        Write(At("train", "case17-spacing", 1), 1, 2, 2, _left, spacing: 0.7);
        Write(At("train", "case17-spacing", 2), 1, 2, 2, _top, spacing: 0.5);
        Case("val", "case01", 2);

        DatasetCheckReport report = Check();
        Assert.Equal(18, report.Cases);
        (ProblemSeverity, DatasetProblemKind, string?, string?)[] expected =
        [
            (ProblemSeverity.Warning, DatasetProblemKind.UnusedFile, "case16-two", null),
            (ProblemSeverity.Error, DatasetProblemKind.Unreadable, "case04-short", At("train", "case04-short", 0)),
            (ProblemSeverity.Error, DatasetProblemKind.Unreadable, "case05-text", At("train", "case05-text", 1)),
            (ProblemSeverity.Error, DatasetProblemKind.SizeMismatch, "case06-size", At("train", "case06-size", 2)),
            (ProblemSeverity.Error, DatasetProblemKind.NotBinary, "case07-values", At("train", "case07-values", 1)),
            (ProblemSeverity.Error, DatasetProblemKind.NotFinite, "case09-nan", At("train", "case09-nan", 0)),
            (ProblemSeverity.Warning, DatasetProblemKind.ConstantImage, "case10-flat", At("train", "case10-flat", 0)),
            (ProblemSeverity.Warning, DatasetProblemKind.EmptyMask, "case11-empty", At("train", "case11-empty", 2)),
            (ProblemSeverity.Warning, DatasetProblemKind.IdenticalMasks, "case12-twins", At("train", "case12-twins", 2)),
            (ProblemSeverity.Warning, DatasetProblemKind.RaterCount, "case13-few", null),
            (ProblemSeverity.Error, DatasetProblemKind.MissingFile, "case14-gone", At("train", "case14-gone", 0)),
            (ProblemSeverity.Error, DatasetProblemKind.GridMismatch, "case17-spacing", At("train", "case17-spacing", 1)),
            (ProblemSeverity.Error, DatasetProblemKind.ChannelCount, "case08-channels", At("train", "case08-channels", 0)),
            (ProblemSeverity.Warning, DatasetProblemKind.DuplicateImage, "case15-again", At("train", "case15-again", 0)),
            (ProblemSeverity.Warning, DatasetProblemKind.DuplicateAcrossSplits, "case01", At("val", "case01", 0)),
        ];
        Assert.Equal(expected, report.Problems.Select(problem => (problem.Severity, problem.Kind, problem.Case, problem.File)));
        Assert.All(report.Problems, problem =>
        {
            Assert.NotEmpty(problem.Advice);
            Assert.DoesNotContain('\n', problem.Message);
            Assert.True(problem.File is null || problem.Message.Contains(problem.File, StringComparison.Ordinal), problem.Message);
        });
    }

    [Fact]
    public void A_copy_is_found_though_it_was_compressed_again_and_stored_as_another_type()
    {
        Case("train", "case01", 1);
        Case("val", "case02", 2);
        File.Delete(At("val", "case02", 0));
        new NiftiBytes { Type = 64, Dimensions = [2, 2, 1], Values = [1, 2, 1, 3], Sform = 2, Rows = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] }
            .WriteTo(_folder["cells", "val", "case02", "image.nii"]);
        DatasetProblem problem = Assert.Single(Check().Problems);
        Assert.Equal((DatasetProblemKind.DuplicateAcrossSplits, "case02"), (problem.Kind, problem.Case));
        Assert.Contains(At("train", "case01", 0), problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifests_own_mistakes_are_listed_beside_those_of_its_files()
    {
        Case("train", "case01", 1);
        string image = "cells/train/case01/image.nii.gz", mask = "cells/train/case01/task01_seg01.nii.gz";
        File.WriteAllText(_folder["dataset.json"], $$"""
            {
              "formatVersion": 1, "name": "mine", "raters": ["Ann", "Ben", "Ann"], "note": "x",
              "cases": [
                { "name": "a", "image": "{{image}}", "masks": { "Ann": "{{mask}}", "Cleo": "{{mask}}" } },
                { "name": "a", "image": "{{image}}" },
                { "name": "b", "image": "none.nii", "masks": { "Ann": "{{mask}}", "Ben": "{{mask}}" } },
                { "name": "c", "image": "none.nii", "masks": {}, "volume": {} },
                7
              ]
            }
            """);
        DatasetCheckReport report = DatasetCheck.RunManifest(_folder["dataset.json"]);
        string[] places = ["$.note", "$.raters", "$.cases[0].masks.Cleo", "$.cases[1].name", "$.cases[4]"];
        DatasetProblem[] own = [.. report.Problems.Where(problem => problem.Kind == DatasetProblemKind.Manifest)];
        Assert.Equal(
            places.Order(StringComparer.Ordinal),
            own.Select(problem => problem.Message.Split(", ")[1].Split(": ")[0]).Order(StringComparer.Ordinal));
        Assert.Equal(
            [
                (DatasetProblemKind.Unreadable, "c"), (DatasetProblemKind.RaterCount, "a"), (DatasetProblemKind.MissingFile, "b"),
                (DatasetProblemKind.IdenticalMasks, "b"),
            ],
            report.Problems.Except(own).Select(problem => (problem.Kind, problem.Case!)));
    }

    [Fact]
    public void One_rater_and_an_empty_split_are_named()
    {
        Case("train", "case01", 1, raters: 1);
        Directory.CreateDirectory(_folder["cells", "val"]);
        Assert.Equal([DatasetProblemKind.NoCases, DatasetProblemKind.RaterCount], Check().Problems.Select(problem => problem.Kind));
        Complaint.Expect<DirectoryNotFoundException>(() => DatasetCheck.RunQubiq(_folder.Root, QubiqTask.Kidney), "kidney");
    }

    [Fact]
    public void Two_masks_are_enough_where_the_set_allows_missing_raters()
    {
        Case("train", "case01", 1, raters: 1);
        Case("train", "case02", 2);
        RaterCase[] cases = [.. new[] { "case01", "case02" }.Select((name, one) =>
            new RaterCase(name, At("train", name, 0), [.. Enumerable.Range(1, one + 1).Select(rater => At("train", name, rater))]))];
        Assert.Equal(["case01", "case02"], Names(MissingRaters.Drop));
        Assert.Equal(["case01"], Names(MissingRaters.Fraction));

        IEnumerable<string?> Names(MissingRaters missing) =>
            DatasetCheck.Run([new("train", cases)], raters: 3, missing).Problems.Select(problem => problem.Case);
    }

    [Fact]
    public void It_can_be_cancelled_and_says_how_far_it_is()
    {
        Case("train", "case01", 1);
        Case("train", "case02", 2);
        var told = new Counter();
        Assert.Equal(2, DatasetCheck.RunQubiq(_folder.Root, QubiqDataset.FindTask(_folder.Root), told).Cases);
        Assert.Equal([1, 2], told.Values);
        Assert.ThrowsAny<OperationCanceledException>(() =>
            DatasetCheck.RunQubiq(_folder.Root, QubiqDataset.FindTask(_folder.Root), cancellation: new CancellationToken(canceled: true)));
    }

    [Theory]
    [InlineData(float.MinValue, "the value -3.4028235E+38 in 4 of 64 pixels, which no scanner gives", ProblemSeverity.Error)]
    [InlineData(1e30f, "the value 1E+30 in 4 of 64 pixels, which no scanner gives", ProblemSeverity.Error)]
    [InlineData(-2147483648f, "the value -2.1474836E+09 in 4 of 64 pixels, which no scanner gives", ProblemSeverity.Error)]
    [InlineData(-9999f, "the value -9999 in 4 of 64 pixels, at least ten times as large as any other", ProblemSeverity.Warning)]
    [InlineData(-500f, null, null)]
    [InlineData(0f, null, null)]
    public void Marks_for_missing_data_are_found_among_the_grey_values(float mark, string? found, ProblemSeverity? severity)
    {
        // 4 pixels have the mark. The other 60 have values from 100 to 159.
        float[] pixels = [.. Enumerable.Range(0, 64).Select(i => i < 4 ? mark : 96f + i)],
            half = [.. Enumerable.Range(0, 64).Select(i => i < 20 ? 1f : 0)];
        Directory.CreateDirectory(_folder["cells", "train", "case01"]);
        Write(At("train", "case01", 0), 1, 8, 8, pixels);
        Write(At("train", "case01", 1), 1, 8, 8, half);
        Write(At("train", "case01", 2), 1, 8, 8, [.. half.Skip(1), 0]);

        DatasetCheckReport report = Check();
        if (found is null)
        {
            Assert.Empty(report.Problems);
            return;
        }

        DatasetProblem problem = Assert.Single(report.Problems);
        Assert.Equal((severity, DatasetProblemKind.NoDataValue), (problem.Severity, problem.Kind));
        Assert.Contains(found, problem.Message, StringComparison.Ordinal);
        Assert.Empty(DatasetCheck.RunQubiq(_folder.Root, QubiqDataset.FindTask(_folder.Root, "cells"), noData: mark).Problems);
    }

    [Fact]
    public void A_mask_that_marks_what_the_others_leave_is_named_once()
    {
        // Three raters agree on about 16 of 64 pixels. One file has its two values exchanged.
        Directory.CreateDirectory(_folder["cells", "train", "case01"]);
        Write(At("train", "case01", 0), 1, 8, 8, [.. Enumerable.Range(0, 64).Select(i => (float)i)]);
        for (int rater = 1; rater <= 4; rater++)
        {
            Write(At("train", "case01", rater), 1, 8, 8, [
                .. Enumerable.Range(0, 64).Select(i => (i >= rater && i < 15 + rater) == (rater != 3) ? 1f : 0),
            ]);
        }

        DatasetProblem problem = Assert.Single(Check().Problems);
        Assert.Equal(DatasetProblemKind.ComplementaryMasks, problem.Kind);
        Assert.Equal(
            $"'{At("train", "case01", 3)}' (rater 3) marks nearly what '{At("train", "case01", 1)}' (rater 1) leaves unmarked.",
            problem.Message);
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(6, true)]
    [InlineData(1, false)]
    public void An_image_turned_by_its_tag_alone_is_told(int tag, bool told)
    {
        Directory.CreateDirectory(_folder["cells", "train", "case01"]);
        byte[] pixels = [.. Enumerable.Range(0, 64).Select(i => (byte)i)], first = [.. pixels.Select(i => i < 16 ? (byte)255 : (byte)0)];
        string image = new TiffBytes { Height = 8, Width = 8, Orientation = tag, Blocks = [pixels] }
            .WriteTo(_folder["cells", "train", "case01", "image.tif"]);
        string mask = new TiffBytes { Height = 8, Width = 8, Blocks = [first] }
            .WriteTo(_folder["cells", "train", "case01", "task01_seg01.tif"]);
        new TiffBytes { Height = 8, Width = 8, Blocks = [[.. first.Skip(1), 0]] }
            .WriteTo(_folder["cells", "train", "case01", "task01_seg02.tif"]);

        IReadOnlyList<DatasetProblem> problems = Check().Problems;
        Assert.Equal(
            told
                ? [$"'{image}' is shown turned by its Orientation tag ({tag}), and is read so, but its mask '{mask}' has Orientation 1."]
                : [],
            problems.Select(problem => problem.Message));
    }

    [Fact]
    public void A_case_that_is_stored_in_another_orientation_than_most_is_named()
    {
        for (int number = 1; number <= 3; number++)
        {
            Case("train", $"case0{number}", number);
        }

        // The whole case lies on one grid, but its rows run in the other direction.
        double[] rows = [-1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0];
        foreach (int file in (int[])[0, 1, 2])
        {
            File.Delete(At("train", "case03", file));
            new NiftiBytes { Dimensions = [2, 2], Values = file == 0 ? [9, 1, 2, 3] : [1, 0, file == 1 ? 1 : 0, 0], Sform = 1, Rows = rows }
                .WriteTo(At("train", "case03", file));
        }

        DatasetProblem problem = Assert.Single(Check().Problems);
        Assert.Equal(
            (ProblemSeverity.Warning, DatasetProblemKind.CaseOrientation, "case03"), (problem.Severity, problem.Kind, problem.Case));
        Assert.Contains(
            "its rows to the left, columns to the front, most images of the set with their rows to the right, columns to the front",
            problem.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Masks_in_colour_and_in_signed_bytes_are_no_problem()
    {
        Case("train", "case01", 1);
        File.Delete(At("train", "case01", 1));
        File.Delete(At("train", "case01", 2));
        new PngBytes { Width = 2, Height = 2, Colour = 2, Rows = [0, 128, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0, 0, 0] }
            .WriteTo(_folder["cells", "train", "case01", "task01_seg01.png"]);
        new NiftiBytes { Type = 256, Dimensions = [2, 2], Values = [-1, 0, -1, 0] }
            .WriteTo(_folder["cells", "train", "case01", "task01_seg02.nii"]);

        // The check only says what it assumes about their position, and says it of both in one line.
        DatasetProblem assumed = Assert.Single(Check().Problems);
        Assert.Equal((ProblemSeverity.Warning, DatasetProblemKind.PositionAssumed), (assumed.Severity, assumed.Kind));
        Assert.EndsWith("So it is with 1 more file.", assumed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Real_cells_have_no_problems()
    {
        string folder = SharedData.FindOrSkip(null, "rat-smc");
        Assert.Empty(DatasetCheck.RunQubiq(folder, QubiqDataset.FindTask(folder)).Problems);
    }

    private DatasetCheckReport Check() => DatasetCheck.RunQubiq(_folder.Root, QubiqDataset.FindTask(_folder.Root, "cells"));

    private string At(string split, string name, int rater) =>
        _folder["cells", split, name, rater == 0 ? "image.nii.gz" : $"task01_seg{rater:00}.nii.gz"];

    /// <summary>A case of 2×2 pixels with two raters. The image of case number 1 has the values 1, 1 and below them 2, 3.</summary>
    private void Case(string split, string name, int number, int raters = 2)
    {
        Directory.CreateDirectory(_folder["cells", split, name]);
        Write(At(split, name, 0), 1, 2, 2, [number, 1, 2, 3]);
        for (int rater = 1; rater <= raters; rater++)
        {
            Write(At(split, name, rater), 1, 2, 2, rater == 1 ? _left : _top);
        }
    }

    private static void Write(string path, int channels, int height, int width, float[] pixels, double spacing = 1) =>
        NiftiFile.WriteSlice(path, new Slice(channels, height, width, pixels, new SliceGeometry(
            spacing, spacing, [spacing, 0, 0, 0, 0, spacing, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])));

    private sealed class Counter : IProgress<int>
    {
        public List<int> Values { get; } = [];

        public void Report(int value) => Values.Add(value);
    }
}
