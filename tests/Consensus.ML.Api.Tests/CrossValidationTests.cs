using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>Evaluation and cross-validation of a pipeline that is really trained, as users write it.</summary>
[Collection(nameof(TinyModel))]
public sealed class CrossValidationTests(TinyModel tiny)
{
    private readonly MLContext _ml = tiny.Context;

    [Fact]
    public void An_evaluation_scores_samples_uncertainty_and_distances_without_being_asked()
    {
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(tiny.Model.Transform(tiny.Data));
        Assert.All(metrics.Cases, one => Assert.Equal(6, one.Samples));
        Assert.InRange(metrics.GeneralizedEnergyDistance, 0, 2);
        Assert.InRange(metrics.UncertaintyErrorCorrelation, -1, 1);
        foreach (MeasureSummary summary in metrics.Summaries.Where(summary => summary.Cases > 0))
        {
            Assert.InRange(summary.Mean, summary.Interval.Lower, summary.Interval.Upper);
        }

        // The files say that a pixel is 0.5 × 0.75 mm. Images of 20×20 pixels become 16×16, so each pixel is a quarter longer. The
        // tolerance is its longer side.
        Assert.Equal(DistanceUnit.Millimeters, metrics.DistanceUnit);
        Assert.All(metrics.Cases, one => Assert.Equal(0.75 * 20 / 16, one.SurfaceTolerance, 1e-6));
    }

    [Fact]
    public void A_pipeline_is_trained_anew_for_each_fold_and_its_models_are_the_callers()
    {
        IReadOnlyList<TrainCatalogBase.CrossValidationResult<SegmentationMetrics>> results = _ml.Segmentation.CrossValidate(
            tiny.Data, Pipelines.Build(_ml, TinyModel.Options()), numberOfFolds: 2);
        Assert.Equal(
            tiny.Cases.Select(row => row.Case),
            results.SelectMany(result => result.Metrics.Cases).Select(one => one.Name).Order(StringComparer.Ordinal));
        foreach (TrainCatalogBase.CrossValidationResult<SegmentationMetrics> result in results)
        {
            Assert.Equal(2, result.Metrics.Cases.Count);
            Assert.All(result.Metrics.Cases, one => Assert.Equal(6, one.Samples));

            // Reading the scored fold again samples the same maps, as long as the model lives.
            Assert.Equal(result.Metrics.SoftDice5, _ml.Segmentation.Evaluate(result.ScoredHoldOutSet).SoftDice5);
            ((IDisposable)result.Model).Dispose();
            Assert.Throws<ObjectDisposedException>(() => result.ScoredHoldOutSet.GetColumn<float[]>("SoftMap").ToArray());
        }

        Assert.NotEqual(DeterminismTests.Segmentation(results[0].Model), DeterminismTests.Segmentation(results[1].Model));
    }

    [Fact]
    public void When_a_fold_fails_the_models_before_it_are_disposed()
    {
        var failing = new FailingLater(Pipelines.Build(_ml, TinyModel.Options()));
        Assert.Throws<InvalidOperationException>(() => _ml.Segmentation.CrossValidate(tiny.Data, failing, numberOfFolds: 2));
        Assert.NotNull(failing.First);
        Assert.Throws<ObjectDisposedException>(() => TinyModel.SoftMaps(failing.First, tiny.Data));
    }

    [Fact]
    public void Fewer_cases_than_folds_are_refused_before_anything_is_trained() =>
        Assert.Contains("there are 4", Assert.Throws<ArgumentException>(
            () => _ml.Segmentation.CrossValidate(tiny.Data, Pipelines.Build(_ml, TinyModel.Options()))).Message, StringComparison.Ordinal);

    private sealed class FailingLater(IEstimator<ITransformer> inner) : IEstimator<ITransformer>
    {
        public ITransformer? First { get; private set; }

        public ITransformer Fit(IDataView input) =>
            First is null ? First = inner.Fit(input) : throw new InvalidOperationException("the second fold fails");

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => inner.GetOutputSchema(inputSchema);
    }
}
