using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Evaluation;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>
/// The overloads of the trainers that take names of columns, without an options object: they train, and read and write the named columns.
/// </summary>
[Collection(nameof(TinyModel))]
public sealed class NamedColumnTests : IDisposable
{
    private const int Side = 16, Raters = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _train, _test;

    public NamedColumnTests()
    {
        PhantomDataset.Write(_folder.Root, QubiqTask.Kidney, trainCases: 4, validationCases: 1, seed: 1, size: 32);
        _train = _ml.Data.LoadFromQubiq(_folder.Root, QubiqTask.Kidney, QubiqSplit.Train);
        _test = _ml.Data.LoadFromQubiq(_folder.Root, QubiqTask.Kidney, QubiqSplit.Validation);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ConsensusSegment_trains_with_the_named_columns() => AssertNamed(_ml.Transforms.ConsensusSegment(
        featuresColumnName: "Pixels",
        annotationsColumnName: "Masks",
        softMapColumnName: "Share",
        consensusMapsColumnName: "Agreement",
        uncertaintyColumnName: "Doubt",
        samplesColumnName: "Drawings",
        timeLimit: Limit,
        seed: 3));

    [Fact]
    public void UNetSegment_trains_with_the_named_columns() => AssertNamed(_ml.Transforms.UNetSegment(
        featuresColumnName: "Pixels",
        annotationsColumnName: "Masks",
        softMapColumnName: "Share",
        consensusMapsColumnName: "Agreement",
        uncertaintyColumnName: "Doubt",
        samplesColumnName: "Drawings",
        timeLimit: Limit,
        seed: 3));

    [Fact]
    public void Without_arguments_both_read_and_write_the_default_columns()
    {
        AssertDefault(_ml.Transforms.ConsensusSegment(timeLimit: Limit));
        AssertDefault(_ml.Transforms.UNetSegment(timeLimit: Limit));
    }

    private void AssertNamed<T>(SegmentationEstimator<T> trainer)
        where T : SegmentationTransformer
    {
        // The default columns do not exist, so a trainer that read them would fail.
        using TransformerChain<T> model = _ml.Transforms.LoadSlices("Photo", "ImagePath")
            .Append(_ml.Transforms.NormalizeSlices("Photo"))
            .Append(_ml.Transforms.ResizeSlices("Pixels", "Photo", height: Side, width: Side))
            .Append(_ml.Transforms.CopyColumns("Masks", "AnnotationPaths"))
            .Append(_ml.Transforms.DropColumns("AnnotationPaths"))
            .Append(trainer)
            .Fit(_train);
        IDataView predicted = model.Transform(_test);
        AssertMaps(model.LastTransformer, predicted, "Share", "Agreement", "Doubt", "Drawings");
        Assert.All(
            (string[])["Features", "SoftMap", "ConsensusMaps", "Uncertainty", "Samples"],
            name => Assert.Null(predicted.Schema.GetColumnOrNull(name)));
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(
            predicted, softMapColumnName: "Share", annotationsColumnName: "Masks", samplesColumnName: "Drawings",
            uncertaintyColumnName: "Doubt");
        Assert.InRange(metrics.SoftDice5, 0, 1);
        Assert.Equal(model.LastTransformer.SoftMapFrom(Single(predicted, "Drawings")), Single(predicted, "Share"));
    }

    private void AssertDefault<T>(SegmentationEstimator<T> trainer)
        where T : SegmentationTransformer
    {
        using TransformerChain<T> model = _ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(_ml.Transforms.NormalizeSlices("Image"))
            .Append(_ml.Transforms.ResizeSlices("Features", "Image", height: Side, width: Side))
            .Append(trainer)
            .Fit(_train);
        AssertMaps(model.LastTransformer, model.Transform(_test), "SoftMap", "ConsensusMaps", "Uncertainty", "Samples");
    }

    private static void AssertMaps(
        SegmentationTransformer model,
        IDataView predicted,
        string softMap,
        string levels,
        string uncertainty,
        string samples)
    {
        Assert.InRange(model.Training.Steps, 1, 1999); // the limit of time ended it, not the 2000 steps of the preset
        Assert.Equal((Side, Side, Raters), (model.Height, model.Width, model.Levels));
        Assert.Equal(
            (Side * Side, Raters * Side * Side, Side * Side),
            (Single(predicted, softMap).Length, Single(predicted, levels).Length, Single(predicted, uncertainty).Length));
        Assert.All(Single(predicted, softMap), value => Assert.InRange(value, 0, 1));
        Assert.Equal(0, Single(predicted, samples).Length % (Side * Side));
        Assert.NotEmpty(Single(predicted, samples));
    }

    private static float[] Single(IDataView predicted, string column) => predicted.GetColumn<float[]>(column).Single();
}
