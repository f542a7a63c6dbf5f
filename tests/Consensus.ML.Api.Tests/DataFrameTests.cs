using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>
/// Tables are one form of input: with one column for each rater, as in a spreadsheet, or with the columns of the loaders.
/// </summary>
public sealed class DataFrameTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_CSV_with_a_column_for_each_rater_gives_rows_and_an_empty_cell_is_a_rater_who_did_not_draw()
    {
        File.WriteAllText(_folder["cases.csv"], "id,picture,Ann,Ben\n7,a.png,a1.png,a2.png\n8,b.png,,b2.png\n");
        IDataView rows = _ml.Data.LoadFromDataFrame(
            DataFrame.LoadCsv(_folder["cases.csv"]), ["Ann", "Ben"], caseColumn: "id", imageColumns: ["picture"], folder: "data");
        Assert.Equal(["7", "8"], rows.GetColumn<string>("Case"));
        Assert.Equal([Path.Combine("data", "a.png"), Path.Combine("data", "b.png")], rows.GetColumn<string>("ImagePath"));
        Assert.Equal([["Ann", "Ben"], ["Ben"]], rows.GetColumn<string[]>("RaterNames"));
        Assert.Equal([Path.Combine("data", "b2.png")], rows.GetColumn<string[]>("AnnotationPaths").Last());
    }

    [Fact]
    public void Several_columns_of_images_are_channels()
    {
        File.WriteAllText(_folder["cases.csv"], "Case,t1,t2,Ann\none,a.nii,b.nii,m.nii\n");
        IDataView rows = _ml.Data.LoadFromDataFrame(DataFrame.LoadCsv(_folder["cases.csv"]), ["Ann"], imageColumns: ["t1", "t2"]);
        Assert.Equal(["a.nii", "b.nii"], Assert.Single(rows.GetColumn<string[]>("ImagePath")));
    }

    [Fact]
    public void Mistakes_name_the_column_or_the_case()
    {
        File.WriteAllText(_folder["cases.csv"], "Case,ImagePath,Ann\none,a.nii,m.nii\ntwo,,m.nii\n");
        DataFrame frame = DataFrame.LoadCsv(_folder["cases.csv"]);
        Assert.Contains(
            "no column 'Ben'; it has 'Case', 'ImagePath', 'Ann'",
            Assert.Throws<ArgumentException>(() => _ml.Data.LoadFromDataFrame(frame, ["Ben"])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "'Ann' is given twice",
            Assert.Throws<ArgumentException>(() => _ml.Data.LoadFromDataFrame(frame, ["Ann", "Ann"])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "'two' has no path in column 'ImagePath'",
            Assert.Throws<InvalidDataException>(() => _ml.Data.LoadFromDataFrame(frame, ["Ann"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_frame_with_the_loaders_own_columns_is_a_data_view_that_trains_as_it_is()
    {
        CaseRow[] cases = [.. Enumerable.Range(1, 4).Select(number => Blobs.WriteCase(_folder[$"case{number}"], number))];
        var frame = new DataFrame(
            new StringDataFrameColumn("Case", cases.Select(one => one.Case)),
            new StringDataFrameColumn("ImagePath", cases.Select(one => one.ImagePath)),
            new VBufferDataFrameColumn<ReadOnlyMemory<char>>(
                "AnnotationPaths",
                cases.Select(one => new VBuffer<ReadOnlyMemory<char>>(
                    one.AnnotationPaths.Length, [.. one.AnnotationPaths.Select(path => path.AsMemory())]))));
        using TransformerChain<ConsensusSegmentationTransformer> model = Pipelines.Build(_ml, TinyModel.Options()).Fit(frame);
        Assert.Equal(cases.Select(one => one.Case), _ml.Segmentation.Evaluate(model.Transform(frame)).Cases.Select(one => one.Name));
    }
}
