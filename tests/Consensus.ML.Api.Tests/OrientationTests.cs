using System.Text.Json;
using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>Training rotates cases by any angle if they lie any way round, and remembers by which.</summary>
public sealed class OrientationTests : IDisposable
{
    private const int Side = 16;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(8, false, MirrorAxes.Both, true, 180, "training rotates them by any angle")]
    [InlineData(8, true, MirrorAxes.Both, true, 15, "have 1.00 of 1 in common, at least 0.15; training rotates them by at most 15 degrees")]
    [InlineData(7, false, MirrorAxes.Both, true, 15, null)]
    [InlineData(8, false, MirrorAxes.Columns, true, 15, null)]
    [InlineData(8, false, MirrorAxes.Both, false, 15, null)]
    public void The_cases_decide_the_angle(
        int count, bool areUpright, MirrorAxes mirror, bool mayRotate, double expected, string? said)
    {
        var ml = new MLContext(seed: 1);
        List<string> log = [];
        ml.Log += (_, message) => log.Add(message.RawMessage);
        AugmentationPolicy policy = AugmentationPolicy.Strong with { Mirror = mirror, AnyRotationIfUnoriented = mayRotate };
        using var model = ml.Transforms.AugmentSlices("Features", policy)
            .Append(ml.Transforms.ConsensusSegment(TinyModel.Options()))
            .Fit(ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new BarRow(areUpright || i % 2 == 0))));
        Assert.Equal(policy with { RotationDegrees = expected }, model.LastTransformer.Training.Augmentation);
        string file = _folder["model.zip"];
        ml.Model.Save(model, null, file);

        using JsonDocument manifest = JsonDocument.Parse(ModelZip.Entry(file, "manifest.json"));
        JsonElement augmentation = manifest.RootElement.GetProperty("training").GetProperty("augmentation");
        Assert.Equal(expected, augmentation.GetProperty("rotationDegrees").GetDouble());
        Assert.Equal("reflection", augmentation.GetProperty("padding").GetString());
        Assert.Equal(mayRotate, augmentation.GetProperty("anyRotationIfUnoriented").GetBoolean());
        string? line = log.SingleOrDefault(line => line.StartsWith("Orientation: ", StringComparison.Ordinal));
        Assert.True(said is null ? line is null : line?.EndsWith(said, StringComparison.Ordinal), line);
    }

    /// <summary>A bright bar, upright or lying, that all three raters drew.</summary>
    private sealed class BarRow(bool isUpright)
    {
        private readonly bool[] _bar =
            [.. Enumerable.Range(0, Side * Side).Select(i => Math.Abs((isUpright ? i % Side : i / Side) - 7.5) < 3)];

        [VectorType(1, Side, Side)]
        public float[] Features => [.. _bar.Select(inside => inside ? 1f : -1f)];

        [RaterMasksType]
        public RaterMasks AnnotationPaths =>
            new(3, Side, Side, [.. Enumerable.Repeat(_bar.Select(inside => inside ? (byte)1 : (byte)0), 3).SelectMany(mask => mask)]);
    }
}
