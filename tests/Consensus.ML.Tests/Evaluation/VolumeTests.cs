using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Tests.Evaluation;

/// <summary>
/// Volumes: the pixels of all slices count together. The first rater marks one pixel of the first slice, the second marks it and one more;
/// both mark all four pixels of the second slice. The numbers are derived by hand.
/// </summary>
public sealed class VolumeTests : IDisposable
{
    private const double S = 1e-4;

    private static readonly byte[] First = [1, 0, 0, 0, 1, 1, 0, 0], Second = [1, 1, 1, 1, 1, 1, 1, 1];

    private readonly MLContext _ml = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_pairwise_Dice_over_a_volume_is_not_the_mean_over_its_slices()
    {
        string image = Nifti("image", [0, 1, 2, 3, 4, 5, 6, 7]), one = Nifti("one", [1, 0, 0, 0, 1, 1, 1, 1]),
            other = Nifti("other", [1, 1, 0, 0, 1, 1, 1, 1]);
        RaterCase[] cases =
        [
            .. Enumerable.Range(0, 2).Select(index => new RaterCase(
                $"kidney_slice{index}", [At(image, index)], [At(one, index), At(other, index)], ["ann", "bob"])),
        ];
        RaterReport report = _ml.Segmentation.DescribeRaters(_ml.Data.LoadFromCases(cases));

        // 2 · 1 of 1 + 2, and 2 · 4 of 4 + 4; together 2 · 5 of 5 + 6.
        Assert.Equal((((2 + S) / (3 + S)) + 1) / 2, report.MeanPairwiseDice, 1e-12);
        CaseAgreement volume = Assert.Single(report.Volumes!.Cases);
        Assert.Equal((10 + S) / (11 + S), volume.PairwiseDice, 1e-12);
        Assert.Equal(volume.PairwiseDice, report.Volumes.MeanPairwiseDice);
        Assert.Equal(("kidney", 2, 2, 2), (volume.Name, volume.Slices, volume.Height, volume.Width));
        Assert.Equal([("ann", 5L), ("bob", 6L)], volume.Raters.Select(rater => (rater.Name, rater.Area)));
        Assert.Equal(5.5 / 8, volume.MarkedShare, 1e-12);

        // Seven of eight pixels agree; 11 of 16 marks are set: agreement by chance is (121 + 25) / 256.
        Assert.Equal(((7 / 8.0) - (146 / 256.0)) / (1 - (146 / 256.0)), volume.FleissKappa, 1e-12);
        Assert.Empty(report.Volumes.Ceilings);

        // Raters that differ between slices cannot be compared over the volume.
        cases[1] = cases[1] with { RaterNames = ["ann", "cem"] };
        Assert.Null(_ml.Segmentation.DescribeRaters(_ml.Data.LoadFromCases(cases)).Volumes);
    }

    [Fact]
    public void Scores_over_a_volume_follow_by_hand()
    {
        // The first map is the second rater's mask; the samples are nothing at all, and the map.
        SegmentationMetrics metrics = Evaluate(
            new Row("v_slice0", 0, [1, 1, 0, 0], First, [0, 0, 0, 0, 1, 1, 0, 0]),
            new Row("v_slice1", 1, [1, 1, 1, 1], Second, [0, 0, 0, 0, 1, 1, 1, 1]));
        Assert.Equal((((3 + (4 / 3.0)) / 5) + 1) / 2, metrics.SoftDice5, 1e-6);

        // Up to 0.5, both have six pixels; above, the truth has five of the map's six.
        CaseMetrics volume = Assert.Single(metrics.Volumes!.Cases);
        Assert.Equal((3 + (20 / 11.0)) / 5, volume.SoftDice5, 1e-6);
        Assert.Equal(("v", 2, 2, 2, 2), (volume.Name, volume.Slices, volume.Raters, volume.Samples, volume.Height));
        Assert.Equal([10 / 11.0, 1.0], volume.OfRaters.Select(rater => rater.Dice));
        Assert.Equal((6.0, 5.5), (volume.ExpectedArea, volume.MeanRaterArea));
        Assert.Equal(0.5 - 0.25, volume.AreaRankedProbability, 1e-12);

        // Across: 1, 1, 1/6 and 0 of four pairs; among the samples twice 1, among the raters twice 1/6, of four.
        Assert.Equal((2 * (13 / 6.0) / 4) - (2 / 4.0) - (2 / 24.0), volume.GeneralizedEnergyDistance, 1e-12);
        Assert.Equal(0.5, volume.GeneralizedEnergyDistance, 1e-12);

        // Outlines are of slices.
        MeasureSummary outlines = metrics.Volumes.Summary(SegmentationMeasure.ByName("BoundaryF"));
        Assert.Equal((0, "outlines are measured slice by slice"), (outlines.Cases, Assert.Single(outlines.LeftOut).Reason));
        MeasureSummary native = metrics.Volumes.Summary(SegmentationMeasure.ByName("NativeSoftDice5"));
        Assert.Equal("the size of the masks is compared slice by slice", Assert.Single(native.LeftOut).Reason);
        MeasureSummary drawn = metrics.Volumes.Summary(SegmentationMeasure.ByName("DrawnEnergyDistance"));
        Assert.Equal("masks are drawn slice by slice", Assert.Single(drawn.LeftOut).Reason);
        Assert.Equal(metrics.Volumes.Summary(SegmentationMeasure.ByName("SoftDice5")).Mean, volume.SoftDice5);
    }

    [Fact]
    public void Every_measure_of_a_volume_is_that_of_its_slices_as_one_large_slice()
    {
        // Slices of 15 pixels, so that the packed masks of a slice end within a word.
        var random = new Random(3);
        Row[] rows =
        [
            .. Enumerable.Range(0, 6).Select(slice => new Row(
                $"v_slice{slice}", slice, [.. Enumerable.Range(0, 15).Select(_ => random.Next(9) / 8f)], Bits(3 * 15),
                [.. Bits(4 * 15).Select(bit => (float)bit)])),
        ];
        CaseMetrics volume = Assert.Single(Evaluate(3, 5, rows).Volumes!.Cases), whole = CaseMetrics.Compute(
            "v", [.. rows.SelectMany(row => row.Map)], Stacked(3, row => row.Marks),
            Stacked(4, row => [.. row.Samples.Select(value => (byte)value)]));
        foreach (SegmentationMeasure measure in SegmentationMeasure.All)
        {
            Assert.Equal(measure.IsOfSlices ? double.NaN : measure.ValueOf(whole), measure.ValueOf(volume), 1e-12);
        }

        // What is of slices has a value there, or needs drawn masks or another size, which this slice does not have.
        Assert.Equal(
            ["BoundaryF", "HausdorffDistance95", "NormalizedSurfaceDice"],
            SegmentationMeasure.All.Where(measure => measure.IsOfSlices && !double.IsNaN(measure.ValueOf(whole))).Select(one => one.Name));

        byte[] Bits(int count) => [.. Enumerable.Range(0, count).Select(_ => (byte)random.Next(2))];

        RaterMasks Stacked(int masks, Func<Row, byte[]> pixels) => new(
            masks, 6 * 3, 5,
            [.. Enumerable.Range(0, masks).SelectMany(mask => rows.SelectMany(row => pixels(row).Skip(mask * 15).Take(15)))]);
    }

    /// <summary>LoadFromVolume and tables name slices otherwise than the loaders of data sets.</summary>
    [Theory]
    [InlineData("s")]
    [InlineData("v.nii.gz 00")]
    public void Slices_of_a_file_are_one_volume_whatever_their_cases_are_called(string name)
    {
        Row[] rows = [new($"{name}0", 0, [1, 1, 0, 0], First, []), new($"{name}1", 1, [1, 1, 1, 1], Second, [])];
        SegmentationMetrics metrics = Evaluate(rows);
        Assert.Equal([rows[0].Name, rows[0].Name], metrics.Cases.Select(one => one.Volume));
        CaseMetrics volume = Assert.Single(metrics.Volumes!.Cases);
        Assert.Equal((rows[0].Name, 2), (volume.Name, volume.Slices));
        Assert.Equal((3 + (20 / 11.0)) / 5, volume.SoftDice5, 1e-6);

        // Files of one name in two folders are two volumes.
        Row[] other = [.. rows.Select(row => row with { Name = $"b{row.Name}", ImagePath = $"b/{row.ImagePath}" })];
        Assert.Equal(
            [(rows[0].Name, 2), (other[0].Name, 2)],
            Evaluate([.. rows, .. other]).Volumes!.Cases.Select(one => (one.Name, one.Slices)));
    }

    [Fact]
    public void Slices_that_do_not_follow_each_other_have_no_volume_and_other_cases_none_either()
    {
        Row first = new("v_slice0", 0, [1, 1, 0, 0], First, []), second = new("v_slice1", 1, [1, 1, 1, 1], Second, []),
            alone = new("w_slice0", 0, [1, 1, 0, 0], First, []) { ImagePath = "w.nii.gz#axis=2,slice=0" };
        Assert.Equal("w", Assert.Single(Evaluate(first, second, alone).Volumes!.Cases.Skip(1)).Name);
        Assert.Null(Evaluate(first, alone, second).Volumes);
        Assert.Null(Evaluate(alone).Volumes);
        Assert.Null(Evaluate(first with { ImagePath = "a.nii.gz" }, second with { ImagePath = "b.nii.gz" }).Volumes);
    }

    /// <summary>
    /// Volumes that were scored one by one, as in a batch job, have the scores of volumes that were scored together: that of a single slice
    /// counts where another has several.
    /// </summary>
    [Fact]
    public void Volumes_scored_one_by_one_are_those_scored_together()
    {
        Row alone = new("w_slice0", 0, [1, 1, 0, 0], First, []) { ImagePath = "w.nii.gz#axis=2,slice=0" },
            first = new("v_slice0", 0, [1, 1, 0, 0], First, []), second = new("v_slice1", 1, [1, 1, 1, 1], Second, []);
        SegmentationMetrics together = Evaluate(alone, first, second), of = Evaluate(first, second), single = Evaluate(alone);
        Assert.Equal(["w", "v", "v"], together.Cases.Select(one => one.Volume));
        var joined = new SegmentationMetrics(single.Cases.Concat(of.Cases), volumes: of.Volumes!.Cases);
        Assert.Equal([("w", 1), ("v", 2)], joined.Volumes!.Cases.Select(volume => (volume.Name, volume.Slices)));
        Assert.Equal(
            together.Volumes!.Cases.Select(volume => volume.SoftDice5), joined.Volumes.Cases.Select(volume => volume.SoftDice5));
        Assert.All(joined.Volumes.Cases, volume => Assert.Equal((double.NaN, null), (volume.BoundaryF, volume.Volume)));
        Assert.Null(new SegmentationMetrics(single.Cases.Concat(of.Cases)).Volumes);
    }

    [Fact]
    public void Structures_and_named_raters_are_scored_over_volumes_too()
    {
        RaterRow[] rows =
        [
            new(new("v_slice0", 0, [1, 1, 0, 0], First, []), [1, 1, 0, 0], [0, 0, 0, 0]),
            new(new("v_slice1", 1, [1, 1, 1, 1], Second, []), [1, 1, 1, 0], [1, 1, 1, 1]),
        ];
        SchemaDefinition schema = Schema<RaterRow>(2, 2);
        foreach (string rater in (string[])["1", "2"])
        {
            SchemaDefinition.Column column = schema[$"RaterMap{rater}"];
            (column.ColumnName, column.ColumnType) = ($"RaterMap.{rater}", new VectorDataViewType(NumberDataViewType.Single, 2, 2));
        }

        StructureMetrics scores = Assert.Single(_ml.Segmentation.EvaluateStructures(
            _ml.Data.LoadFromEnumerable(rows, schema), [new("", 2, ["1", "2"])]));
        CaseMetrics volume = Assert.Single(scores.Metrics.Volumes!.Cases);
        Assert.Equal((3 + (20 / 11.0)) / 5, volume.SoftDice5, 1e-6);
        Assert.Equal("v", scores.Metrics.Cases[1].Volume);

        // The first rater's mask is predicted with 2 + 3 pixels: of the rater's own 1 + 4 it has 1 + 3, of the other's 2 + 4 it has 2 + 3.
        // The second's has 0 + 4 pixels: of the rater's own 2 + 4 it has 0 + 4, of the other's 1 + 4 too.
        RaterMapScores raters = scores.Raters!;
        Assert.Equal([((2 / 3.0) + (6 / 7.0)) / 2, 0.5], raters.Raters.Select(rater => rater.Dice), Near);
        Assert.Equal([8 / 10.0, 8 / 10.0], raters.Volumes!.Raters.Select(rater => rater.Dice), Near);
        Assert.Equal([10 / 11.0, 8 / 9.0], raters.Volumes.Raters.Select(rater => rater.DiceWithOthers), Near);
        Assert.Equal(["v", "v"], raters.Volumes.Cases.Select(one => one.Case));

        // Slices of different volumes are volumes of one slice each, which are none.
        rows[1].ImagePath = "w.nii.gz#axis=2,slice=1";
        StructureMetrics apart = _ml.Segmentation.EvaluateStructures(
            _ml.Data.LoadFromEnumerable(rows, schema), [new("", 2, ["1", "2"])])[0];
        Assert.Null(apart.Metrics.Volumes);
        Assert.Null(apart.Raters!.Volumes);

        static bool Near(double expected, double found) => Math.Abs(expected - found) < 1e-12;
    }

    /// <summary>Files that are replaced after the first slice are read on as they were only if nothing opens them again.</summary>
    [Fact]
    public void The_masks_of_several_structures_stay_open_from_slice_to_slice()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows replaces no file that is open.");
        string[] files = [Nifti("a", [1, 0, 0, 0, 1, 1, 1, 1]), Nifti("b", [1, 1, 0, 0, 1, 1, 1, 1])];
        PathsRow[] rows =
        [
            .. Enumerable.Range(0, 2).Select(index => new PathsRow
            {
                Case = $"v_slice{index}",
                PathsA = [At(files[0], index)],
                PathsB = [At(files[1], index)],
            }),
        ];
        SchemaDefinition schema = SchemaDefinition.Create(typeof(PathsRow));
        foreach (string name in (string[])["A", "B"])
        {
            schema[$"Paths{name}"].ColumnName = $"AnnotationPaths.{name}";
            SchemaDefinition.Column map = schema[$"Map{name}"];
            (map.ColumnName, map.ColumnType) = ($"SoftMap.{name}", new VectorDataViewType(NumberDataViewType.Single, 2, 2));
        }

        IReadOnlyList<StructureMetrics> scores = _ml.Segmentation.EvaluateStructures(
            _ml.Data.LoadFromEnumerable(rows, schema), [new("A", 1, []), new("B", 1, [])],
            progress: new Calling(
                after: 2, () => Array.ForEach(files, file => File.Move(Nifti("zeros", new double[8]), file, overwrite: true))));

        // The first two pixels are predicted, and the second slice is marked whole.
        Assert.All(scores, one => Assert.Equal(2 * 2 / (2.0 + 4), one.Metrics.Cases[1].F1, 1e-6));
        Assert.All(files, file => Assert.Equal(0, SliceReader.Read(At(file, 1)).Pixels[0]));
    }

    private static string At(string path, int index) => $"{path}#axis=2,slice={index}";

    private string Nifti(string name, double[] values) =>
        new NiftiBytes { Dimensions = [2, 2, 2], Values = values }.WriteTo(_folder[$"{name}.nii"]);

    private SegmentationMetrics Evaluate(params Row[] rows) => Evaluate(2, 2, rows);

    private SegmentationMetrics Evaluate(int height, int width, Row[] rows)
    {
        return _ml.Segmentation.Evaluate(_ml.Data.LoadFromEnumerable(
            rows.Select(row => new ScoredRow(row, height, width)), Schema<ScoredRow>(height, width)));
    }

    private static SchemaDefinition Schema<T>(int height, int width)
        where T : ScoredRow
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(T));
        schema[nameof(ScoredRow.SoftMap)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, height, width);
        schema[nameof(ScoredRow.Samples)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 0, height, width);
        return schema;
    }

    private sealed record Row(string Name, int Slice, float[] Map, byte[] Marks, float[] Samples)
    {
        public string ImagePath { get; init; } = $"v.nii.gz#axis=2,slice={Slice}";
    }

    private class ScoredRow(Row row, int height, int width)
    {
        public string Case { get; set; } = row.Name;

        public string ImagePath { get; set; } = row.ImagePath;

        public float[] SoftMap { get; set; } = row.Map;

        [RaterMasksType]
        public RaterMasks AnnotationPaths { get; set; } = new(row.Marks.Length / (height * width), height, width, row.Marks);

        public float[] Samples { get; set; } = row.Samples;
    }

    private sealed class PathsRow
    {
        public string Case { get; set; } = "";

        public float[] MapA { get; set; } = [1, 1, 0, 0];

        public float[] MapB { get; set; } = [1, 1, 0, 0];

        public string[] PathsA { get; set; } = [];

        public string[] PathsB { get; set; } = [];
    }

    private sealed class Calling(int after, Action action) : IProgress<CaseMetrics>
    {
        private int _scored;

        public void Report(CaseMetrics value)
        {
            if (++_scored == after)
            {
                action();
            }
        }
    }

    private sealed class RaterRow(Row row, float[] first, float[] second) : ScoredRow(row, 2, 2)
    {
        public float[] RaterMap1 { get; set; } = first;

        public float[] RaterMap2 { get; set; } = second;
    }
}
