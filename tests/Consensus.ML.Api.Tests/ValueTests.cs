using Consensus.Imaging;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>Values that are no measurements, values that training did not see, and values that no network can draw.</summary>
[Collection(nameof(TinyModel))]
public sealed class ValueTests(TinyModel tiny) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 5);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_map_that_is_no_number_is_an_error_that_names_the_slice()
    {
        string path = _folder["weights.safetensors"];
        DeterminismTests.Segmentation(tiny.Model).SaveCheckpoint(path);
        byte[] weights = File.ReadAllBytes(path);
        for (int at = 8 + (int)BitConverter.ToInt64(weights); at < weights.Length; at += 4)
        {
            BitConverter.TryWriteBytes(weights.AsSpan(at), float.NaN);
        }

        File.WriteAllBytes(path, weights);
        using ConsensusSegmentationTransformer spoilt = _ml.Transforms.ConsensusSegmentFromCheckpoint(
            path, 16, 16, 1, 3, TinyModel.Options());
        IDataView features = tiny.Model.Transform(tiny.Data);
        string expected = $"'{tiny.Cases[0].ImagePath}': the network's output is NaN or infinite, and no map can be made of it";
        Assert.StartsWith(
            expected,
            Assert.Throws<InvalidOperationException>(() => TinyModel.SoftMaps(spoilt, features)).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            expected, Assert.ThrowsAny<Exception>(() => _ml.Segmentation.Evaluate(spoilt.Transform(features))).GetBaseException().Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_vector_that_is_no_number_is_an_error_that_names_the_row()
    {
        using PredictionEngine<Vector, Drawn> engine = _ml.Model.CreatePredictionEngine<Vector, Drawn>(
            DeterminismTests.Segmentation(tiny.Model), new PredictionEngineOptions { OwnsTransformer = false });
        var vector = new Vector { Case = "a", Features = [.. Enumerable.Range(0, 256).Select(i => i == 3 ? float.NaN : 0.1f)] };
        Assert.Equal(
            "Case 'a' has the value NaN in column 'Features'; every value must be finite, and within ±1E+09.",
            Assert.Throws<InvalidOperationException>(() => engine.Predict(vector)).Message);
    }

    [Theory]
    [InlineData(float.MinValue)]
    [InlineData(1e30f)]
    [InlineData(float.NaN)]
    public void Pixels_without_data_are_refused_or_left_out(float mark)
    {
        // 8 and 4 around a mean of 2. The divisor is the mean of their deviations, 2.
        var marked = new Slice(1, 1, 4, [0, 8, mark, 4]);
        IDataView data = _ml.Data.LoadFromEnumerable([new InMemory { Image = marked }]);
        string refusal = Assert.Throws<InvalidDataException>(() => _ml.Transforms.NormalizeSlices("Image").Fit(data)).Message;
        Assert.Contains(
            FormattableString.Invariant(
                $"holds the value {mark}; every pixel must be finite, and within ±1E+09. If it marks missing data, train with --no-data"),
            refusal,
            StringComparison.Ordinal);

        SliceNormalizingTransformer fitted = _ml.Transforms.NormalizeSlices("Image", noData: mark == float.MinValue ? -3.4e38f : mark)
            .Fit(data);
        Assert.Equal(4, fitted.Means[0], 1e-12);
        Assert.Equal(Math.Sqrt(32 / 3.0), fitted.StandardDeviations[0], 1e-12);
        _ml.Model.Save(fitted, data.Schema, _folder["n.zip"]);
        ITransformer loaded = _ml.Model.Load(_folder["n.zip"], out _);
        foreach (ITransformer step in (ITransformer[])[fitted, loaded])
        {
            float[] pixels = _ml.Data.CreateEnumerable<InMemory>(step.Transform(data), reuseRowObject: false).Single().Image!.Pixels;
            float unit = (float)(4 / Math.Sqrt(32 / 3.0));
            Assert.Equal(
                [-unit, unit, 0, 0], pixels.Select(pixel => (float)Math.Round(pixel, 6)).ToArray(), (a, b) => Math.Abs(a - b) < 1e-5);
        }

        // Another value of that kind is also no value.
        Assert.Throws<InvalidDataException>(() => _ml.Data.CreateEnumerable<InMemory>(
            fitted.Transform(_ml.Data.LoadFromEnumerable([new InMemory { Image = new(1, 1, 2, [5, float.PositiveInfinity]) }])),
            reuseRowObject: false).Single());
    }

    [Theory]
    [InlineData(0f, 1f, "from 0 to 1", true)]
    [InlineData(-1024f, 3000f, "from -1024 to 3000", true)]
    [InlineData(0f, 260f, null, false)]
    [InlineData(20f, 200f, null, false)]
    [InlineData(7f, 7f, null, false)]
    public void A_slice_of_other_values_than_training_saw_is_warned_of_once(float smallest, float largest, string? told, bool warned)
    {
        var log = new List<string>();
        _ml.Log += (_, message) =>
        {
            if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
            {
                log.Add(message.RawMessage);
            }
        };
        SliceNormalizingTransformer fitted = _ml.Transforms.NormalizeSlices("Image").Fit(Rows([0, 100, 255], [10, 100, 240]));
        _ml.Model.Save(fitted, Rows([0]).Schema, _folder["n.zip"]);
        foreach (ITransformer step in (ITransformer[])[fitted, _ml.Model.Load(_folder["n.zip"], out _)])
        {
            log.Clear();
            IDataView transformed = step.Transform(Rows([5, 200], [smallest, largest], [smallest, largest]));
            Assert.Equal(3, _ml.Data.CreateEnumerable<InMemory>(transformed, reuseRowObject: false).Count());
            Assert.Equal(warned ? 1 : 0, log.Count);
            if (told is not null)
            {
                Assert.Contains(
                    $"has values {told}, and the training images had values from 0 to 255: in other units, or another window?",
                    log[0],
                    StringComparison.Ordinal);
            }
        }

        IDataView Rows(params float[][] slices) =>
            _ml.Data.LoadFromEnumerable(slices.Select(pixels => new InMemory { Image = new(1, 1, pixels.Length, pixels) }).ToArray());
    }

    private sealed class InMemory
    {
        // A column of slices alone leaves no schema to save.
        public string Case { get; set; } = "";

        [SliceType]
        public Slice? Image { get; set; }
    }

    private sealed class Vector
    {
        public string Case { get; set; } = "";

        [VectorType(1, 16, 16)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Drawn
    {
        public float[] SoftMap { get; set; } = [];
    }
}
