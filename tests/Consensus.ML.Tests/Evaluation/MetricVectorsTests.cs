using System.Text.Json;
using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Tests.Evaluation;

/// <summary>The metrics against numbers of the published implementation, for all masks in the folder of vectors.</summary>
[Trait("Category", "Parity")]
public sealed class MetricVectorsTests
{
    private const double Tolerance = 1e-6;

    [Fact]
    public void Soft_Dice_and_the_Dice_at_each_threshold_equal_the_published_implementation()
    {
        foreach (Vector vector in Vectors())
        {
            double[] five = SoftDice.AtEach(vector.Prediction, vector.SoftMap, SoftDice.FiveThresholds);
            double[] nine = SoftDice.AtEach(vector.Prediction, vector.SoftMap, SoftDice.NineThresholds);
            vector.AssertEach("dice_at_5", five);
            vector.AssertEach("dice_at_9", nine);
            vector.AssertEqual("soft_dice_5", SoftDice.Mean(vector.Prediction, vector.SoftMap, SoftDice.FiveThresholds));
            vector.AssertEqual("soft_dice_9", SoftDice.Mean(vector.Prediction, vector.SoftMap, SoftDice.NineThresholds));
        }
    }

    [Fact]
    public void Scores_of_rounded_maps_equal_the_published_implementation()
    {
        int compared = 0;
        foreach (Vector vector in Vectors().Where(vector => vector.Expected.TryGetProperty("f1", out _)))
        {
            compared++;
            vector.AssertEqual("f1", RoundedMaps.F1(vector.Prediction, vector.SoftMap));
            vector.AssertEqual("iou", RoundedMaps.IntersectionOverUnion(vector.Prediction, vector.SoftMap));
            vector.AssertEqual("area_ratio", RoundedMaps.AreaRatio(vector.Prediction, vector.SoftMap));
            vector.AssertEqual("boundary_f", BoundaryScore.Mean(vector.Prediction, vector.SoftMap, vector.Height, vector.Width));
        }

        Assert.SkipWhen(compared == 0, "No vector has scores of rounded maps.");
    }

    [Fact]
    public void A_case_carries_the_same_scores_as_the_single_measures()
    {
        foreach (Vector vector in Vectors())
        {
            CaseMetrics scores = CaseMetrics.Compute(
                "case01", vector.Prediction, vector.SoftMap, vector.Height, vector.Width, vector.Raters);
            vector.AssertEqual("soft_dice_5", scores.SoftDice5);
            vector.AssertEqual("soft_dice_9", scores.SoftDice9);
            vector.AssertEach("dice_at_9", scores.DiceAtThresholds);
        }
    }

    private static List<Vector> Vectors()
    {
        Assert.SkipUnless(
            File.Exists(TestVectors.PathOf("metrics.json")), $"There is no metrics.json in the folder of vectors ({TestVectors.Folder}).");
        using JsonDocument document = TestVectors.Json("metrics.json");
        List<Vector> vectors = [.. document.RootElement.EnumerateArray().Select((entry, index) => new Vector(index, entry.Clone()))];
        Assert.NotEmpty(vectors);
        return vectors;
    }

    private sealed class Vector
    {
        private readonly int _index;

        public Vector(int index, JsonElement entry)
        {
            _index = index;
            Height = entry.GetProperty("height").GetInt32();
            Width = entry.GetProperty("width").GetInt32();
            Expected = entry.GetProperty("expected");
            Prediction = [.. entry.GetProperty("prediction").EnumerateArray().Select(value => value.GetSingle())];
            string[] masks = [.. entry.GetProperty("masks").EnumerateArray().Select(mask => mask.ValueKind == JsonValueKind.String
                ? mask.GetString()!
                : string.Concat(mask.EnumerateArray().Select(row => row.ToString())))];
            Raters = masks.Length;
            SoftMap =
            [
                .. Enumerable.Range(0, Height * Width).Select(pixel => (float)masks.Count(mask => mask[pixel] == '1') / masks.Length),
            ];
        }

        public int Height { get; }

        public int Width { get; }

        public int Raters { get; }

        public JsonElement Expected { get; }

        public float[] Prediction { get; }

        public float[] SoftMap { get; }

        public void AssertEqual(string name, double actual)
        {
            double expected = Expected.GetProperty(name).GetDouble();
            Assert.True(Math.Abs(expected - actual) <= Tolerance, $"Vector {_index}: {name} is {actual}, expected {expected}.");
        }

        public void AssertEach(string name, IReadOnlyList<double> actual)
        {
            double[] expected = [.. Expected.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];
            Assert.Equal(expected.Length, actual.Count);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.True(
                    Math.Abs(expected[i] - actual[i]) <= Tolerance,
                    $"Vector {_index}: {name}[{i}] is {actual[i]}, expected {expected[i]}.");
            }
        }
    }
}
