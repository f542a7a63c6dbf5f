using Consensus.ML.Evaluation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Tests;

/// <summary>Cross-validation of a pipeline that learns nothing, but remembers the rows that it was given.</summary>
public sealed class CrossValidationTests
{
    private readonly MLContext _ml = new();

    [Fact]
    public void Every_row_is_held_out_once_and_never_trained_on_with_its_case()
    {
        // Ten cases. The even cases have two slices.
        Row[] rows = [.. Enumerable.Range(0, 10).SelectMany(number => Enumerable.Range(0, 2 - (number % 2))
            .Select(slice => new Row { Case = $"case{number}", Slice = slice, Patient = number / 5 }))];
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        var watcher = new Watcher(_ml.Transforms.CopyColumns("SoftMap", "Guess"));
        IReadOnlyList<TrainCatalogBase.CrossValidationResult<SegmentationMetrics>> results = _ml.Segmentation.CrossValidate(
            data, watcher, 3, seed: 4, annotationsColumnName: "Masks");
        Assert.Equal([0, 1, 2], results.Select(result => result.Fold));
        Assert.Equal(
            rows.Select(row => row.Case).Order(), results.SelectMany(result => result.Metrics.Cases).Select(one => one.Name).Order());
        foreach ((TrainCatalogBase.CrossValidationResult<SegmentationMetrics> result, string[] trained) in results.Zip(watcher.Seen))
        {
            string[] held = [.. result.ScoredHoldOutSet.GetColumn<string>("Case")];
            Assert.Equal(5, held.Length);
            Assert.Equal(held, result.Metrics.Cases.Select(one => one.Name));
            Assert.Empty(held.Intersect(trained));
            Assert.Equal(rows.Length, held.Length + trained.Length);
            Assert.NotNull(result.Model);
        }

        // The folds can be computed without training, and follow from the seed.
        int[] folds = _ml.Segmentation.AssignFolds(data, 3, seed: 4);
        Assert.Equal(
            rows.Where((_, row) => folds[row] == 1).Select(row => row.Case), results[1].ScoredHoldOutSet.GetColumn<string>("Case"));
        Assert.Equal(folds, _ml.Segmentation.AssignFolds(data, 3, seed: 4));
        Assert.Equal(folds, new MLContext(seed: 4).Segmentation.AssignFolds(data, 3));
        Assert.NotEqual(folds, _ml.Segmentation.AssignFolds(data, 3, seed: 5));
    }

    [Fact]
    public void A_key_column_keeps_cases_of_a_patient_together()
    {
        Row[] rows = [.. Enumerable.Range(0, 12).Select(number => new Row { Case = $"case{number}", Patient = number % 4 })];
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        int[] folds = _ml.Segmentation.AssignFolds(data, 4, samplingKeyColumnName: "Patient");
        Assert.All(rows.Zip(folds).GroupBy(row => row.First.Patient, row => row.Second), patient => Assert.Single(patient.Distinct()));
        Assert.Equal(4, folds.Distinct().Count());
        IDataView keyed = _ml.Transforms.Conversion.MapValueToKey("Key", "Patient").Fit(data).Transform(data);
        Assert.All(
            rows.Zip(_ml.Segmentation.AssignFolds(keyed, 4, samplingKeyColumnName: "Key"))
                .GroupBy(row => row.First.Patient, row => row.Second),
            patient => Assert.Single(patient.Distinct()));

        // Without either, every row is alone.
        Assert.Equal(12, _ml.Segmentation.AssignFolds(data, 12, caseColumnName: null).Distinct().Count());
        Complaint.Expect<ArgumentException>(
            () => _ml.Segmentation.AssignFolds(data, 5, samplingKeyColumnName: "Patient"), "5 folds need 5 groups", "there are 4");
        Complaint.Expect<ArgumentException>(
            () => _ml.Segmentation.AssignFolds(data, 2, samplingKeyColumnName: "Hospital"), "'Hospital' is missing");
        Complaint.Expect<ArgumentException>(
            () => _ml.Segmentation.AssignFolds(data, 2, samplingKeyColumnName: "Guess"), "'Guess' is Vector");
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Segmentation.AssignFolds(data, 1));
    }

    [Fact]
    public void With_a_key_column_the_cases_need_no_names()
    {
        IDataView named = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 12).Select(number => new Row { Patient = number % 4 }));
        IDataView data = _ml.Transforms.DropColumns("Case").Fit(named).Transform(named);
        IReadOnlyList<TrainCatalogBase.CrossValidationResult<SegmentationMetrics>> results = _ml.Segmentation.CrossValidate(
            data, _ml.Transforms.CopyColumns("SoftMap", "Guess"), 2, samplingKeyColumnName: "Patient", annotationsColumnName: "Masks");
        Assert.Equal((12, 4), (results.Sum(result => result.Metrics.Cases.Count), results.Sum(result => result.Metrics.Groups)));
        Complaint.Expect<ArgumentException>(
            () => _ml.Segmentation.CrossValidate(
                data, _ml.Transforms.CopyColumns("SoftMap", "Guess"), 2, annotationsColumnName: "Masks"),
            "'Case' is missing");
    }

    private sealed class Row
    {
        public string Case { get; set; } = "";

        public int Slice { get; set; }

        public int Patient { get; set; }

        [VectorType(1, 2)]
        public float[] Guess { get; set; } = [1, 0];

        [VectorType(1, 1, 2)]
        public bool[] Masks { get; set; } = [true, false];
    }

    private sealed class Watcher(IEstimator<ITransformer> inner) : IEstimator<ITransformer>
    {
        public List<string[]> Seen { get; } = [];

        public ITransformer Fit(IDataView input)
        {
            Seen.Add([.. input.GetColumn<string>("Case")]);
            Assert.Equal(Seen[^1].Length, input.GetRowCount());
            return inner.Fit(input);
        }

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => inner.GetOutputSchema(inputSchema);
    }
}
