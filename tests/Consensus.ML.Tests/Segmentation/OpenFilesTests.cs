using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.ML.Evaluation;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Fitting;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Tests.Segmentation;

/// <summary>
/// Volumes from which rows are read are closed with the cursor, row or call that read them, however it ends. Linux' list of open files of
/// this process shows it.
/// </summary>
public sealed class OpenFilesTests : IDisposable
{
    private const int Slices = 4, Cursors = 50;

    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);
    private readonly string _image, _t2, _mask;

    public OpenFilesTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The open files of a process are read from /proc.");
        (_image, _t2, _mask) = (Volume("t1.nii", 5), Volume("t2.nii.gz", 5), Volume("mask.nii.gz", 2));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(Slices, false)]
    [InlineData(Slices, true)]
    public void A_cursor_closes_its_volumes_whether_or_not_it_reached_the_end(int rows, bool prepared)
    {
        IDataView view = Loaded(prepared);
        foreach (DataViewRowCursor opened in Enumerable.Range(0, Cursors).Select(_ => view.GetRowCursor(view.Schema)))
        {
            using DataViewRowCursor cursor = opened;
            Read(view, cursor, rows);
        }

        Assert.Empty(OpenFiles());
    }

    [Fact]
    public void A_cursor_at_its_end_holds_nothing_open_though_nobody_disposes_it()
    {
        IDataView view = Loaded(prepared: false);
        DataViewRowCursor cursor = view.GetRowCursor(view.Schema);
        Read(view, cursor, Slices);
        Assert.NotEmpty(OpenFiles());
        Assert.False(cursor.MoveNext());
        Assert.Empty(OpenFiles());
        cursor.Dispose();
        cursor.Dispose();
    }

    [Fact]
    public void Cursors_of_a_set_of_a_shuffle_and_of_a_part_close_theirs()
    {
        IDataView view = Loaded(prepared: true);
        DataViewSchema.Column features = view.Schema["Features"];
        foreach (DataViewRowCursor cursor in view.GetRowCursorSet([features], 4))
        {
            using (cursor)
            {
                ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(features);
                VBuffer<float> value = default;
                while (cursor.MoveNext())
                {
                    getter(ref value);
                }
            }
        }

        Assert.Equal(2, _ml.Data.TakeRows(view, 2).GetColumn<float[]>("Features").Count());
        Assert.Single(_ml.Data.ShuffleRows(view, seed: 1).GetColumn<float[]>("Features").Take(1));
        Assert.NotEmpty(new RowSubset(view, [false, true, false, true]).GetColumn<float[]>("Features").First());
        Assert.Empty(OpenFiles());
    }

    [Fact]
    public void A_row_that_cannot_be_read_leaves_no_file_open()
    {
        IDataView view = Loaded(prepared: true, Case(0), Case(1) with { ImagePaths = [$"{_image}#slice=1", $"{_t2}#slice=9"] });
        for (int i = 0; i < Cursors; i++)
        {
            Assert.Throws<InvalidDataException>(() => view.GetColumn<float[]>("Features").ToArray());
        }

        Assert.Empty(OpenFiles());
    }

    [Fact]
    public void A_prediction_engine_holds_no_file_open_between_predictions()
    {
        ITransformer chain = Steps().Fit(_ml.Data.LoadFromCases([Case(0)]));

        // ML.NET's engine never disposes the row that it reads.
        using PredictionEngine<Input, Output> engine = _ml.Model.CreatePredictionEngine<Input, Output>(chain);
        foreach (int slice in (int[])[1, 2, 3, 0])
        {
            Output output = engine.Predict(new() { ImagePath = [$"{_image}#slice={slice}", $"{_t2}#slice={Slices - 1 - slice}"] });
            Assert.Equal([16 * slice * 7 % 5, 16 * (Slices - 1 - slice) * 7 % 5], (float[])[output.Features[0], output.Features[16]]);
            Assert.Empty(OpenFiles());
        }
    }

    [Fact]
    public void Evaluating_describing_and_reading_for_training_close_the_volumes_of_masks()
    {
        IDataView view = Loaded(prepared: true);
        Assert.Equal(Slices, _ml.Segmentation.DescribeRaters(view).Cases.Count);
        Assert.Equal(Slices, _ml.Segmentation.Evaluate(WithMap(view, 0.5f)).Cases.Count);
        Assert.Equal(
            Slices,
            new TrainingCaseReader(view, new ConsensusSegmentationEstimator.Options()).Read(_ => { }, CancellationToken.None).Cases.Count);

        // They are also closed when an error comes in the middle of the rows.
        IDataView broken = Loaded(
            prepared: true, Case(0), Case(1), Case(2) with { AnnotationPaths = [$"{_mask}#slice=0", $"{_mask}#slice=9"] });
        Assert.Throws<InvalidDataException>(() => _ml.Segmentation.DescribeRaters(broken));
        Assert.Throws<InvalidDataException>(() => _ml.Segmentation.Evaluate(WithMap(broken, 0.5f)));
        Assert.Throws<InvalidDataException>(
            () => new TrainingCaseReader(broken, new ConsensusSegmentationEstimator.Options()).Read(_ => { }, CancellationToken.None));
        Assert.Empty(OpenFiles());
    }

    private static void Read(IDataView view, DataViewRowCursor cursor, int rows)
    {
        ValueGetter<Slice> image = cursor.GetGetter<Slice>(view.Schema["Image"]), again = cursor.GetGetter<Slice>(view.Schema["Again"]);
        Slice slice = null!;
        for (int row = 0; row < rows; row++)
        {
            Assert.True(cursor.MoveNext());
            image(ref slice);
            Assert.Equal(2, slice.Channels);
            again(ref slice);
            Assert.Equal(2, slice.Channels);
        }
    }

    private IDataView WithMap(IDataView view, float share) =>
        _ml.Transforms.CustomMapping<Nothing, SoftMap>((_, map) => map.Map = [.. Enumerable.Repeat(share, 16)], null)
            .Fit(view)
            .Transform(view);

    private EstimatorChain<SliceResizingTransformer> Steps() => _ml.Transforms.LoadSlices("Image", "ImagePath")
        .Append(_ml.Transforms.ResizeSlices("Features", "Image", height: 4, width: 4));

    /// <summary>Slices of two channels, each from its own volume. Two steps read them independently.</summary>
    private IDataView Loaded(bool prepared, params RaterCase[] cases)
    {
        IDataView data = _ml.Data.LoadFromCases(cases.Length > 0 ? cases : [.. Enumerable.Range(0, Slices).Select(Case)]);
        IEstimator<ITransformer> steps = _ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(_ml.Transforms.LoadSlices("Again", "ImagePath"));
        steps = prepared
            ? steps.Append(_ml.Transforms.NormalizeSlices("Image"))
                .Append(_ml.Transforms.ResizeSlices("Features", "Image", height: 4, width: 4))
            : steps;
        return cases.Length > 0
            ? steps.Fit(_ml.Data.LoadFromCases([Case(0)])).Transform(data)
            : steps.Fit(data).Transform(data);
    }

    private RaterCase Case(int slice) =>
        new(
            $"slice {slice}", [$"{_image}#slice={slice}", $"{_t2}#slice={slice}"],
            [$"{_mask}#slice={slice}", $"{_mask}#slice={Slices - 1 - slice}"], ["1", "2"]);

    private string Volume(string name, int values) =>
        new NiftiBytes { Dimensions = [4, 4, Slices], Values = [.. Enumerable.Range(0, 16 * Slices).Select(i => (double)(i * 7 % values))] }
            .WriteTo(_folder[name]);

    private string[] OpenFiles() =>
        [.. Directory.GetFiles("/proc/self/fd")
            .Select(handle => new FileInfo(handle).LinkTarget ?? "")
            .Where(file => file.StartsWith(_folder.Root, StringComparison.Ordinal))];

    private sealed class Input
    {
        [VectorType]
        public string[] ImagePath { get; set; } = [];
    }

    private sealed class Output
    {
        public float[] Features { get; set; } = [];
    }

    private sealed class Nothing;

    private sealed class SoftMap
    {
        [ColumnName("SoftMap"), VectorType(4, 4)]
        public float[] Map { get; set; } = [];
    }
}
