using Consensus.Imaging;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>NormalizeSlices gives each slice its own scale where the training images differ in level and contrast.</summary>
public sealed class NormalizationTests : IDisposable
{
    // Mean 2 and population deviation √2, with no value beyond three deviations.
    private static readonly float[] Pattern = [0, 1, 2, 3, 4];

    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(8, 10, 1, NormalizationScale.EachSlice)] // other levels
    [InlineData(8, 0, 2, NormalizationScale.EachSlice)] // other contrasts
    [InlineData(8, 0.1, 1, NormalizationScale.TrainingSet)]
    [InlineData(7, 10, 2, NormalizationScale.TrainingSet)] // too few to tell
    public void The_training_images_decide(int count, double shift, double factor, NormalizationScale expected)
    {
        var said = new List<string>();
        _ml.Log += (_, message) => said.Add(message.RawMessage);
        Assert.Equal(expected, _ml.Transforms.NormalizeSlices("Image").Fit(Exposures(count, shift, factor)).Scale);
        Assert.Equal(
            count < 8 ? 0 : 1, said.Count(line => line.StartsWith("Normalisation: the images differ by ", StringComparison.Ordinal)));
    }

    /// <summary>A blank image, such as an empty field of view, has no contrast, in whatever units it is stored.</summary>
    [Theory]
    [InlineData(1f)]
    [InlineData(1000f)]
    public void Images_without_contrast_do_not_decide(float unit)
    {
        Slice blank = new(1, 1, 5, [.. Pattern.Select(_ => 2 * unit)]);
        Slice[] alike = [.. Enumerable.Range(0, 8).Select(_ => Times(unit))],
            different = [.. Enumerable.Range(1, 7).Select(number => Times(number * unit))];
        Assert.Equal(NormalizationScale.TrainingSet, Fit(_ml.Data.LoadFromSlices([blank, .. alike]), NormalizationScale.Automatic).Scale);

        // Seven others are too few to tell. With an eighth, m and s have the variances 4 · 4.48 and 2 · 4.48, and s has the mean √2 · 3.63.
        Assert.Equal(
            NormalizationScale.TrainingSet, Fit(_ml.Data.LoadFromSlices([blank, .. different]), NormalizationScale.Automatic).Scale);
        Assert.Equal(
            NormalizationScale.EachSlice,
            Fit(_ml.Data.LoadFromSlices([blank, alike[0], .. different]), NormalizationScale.Automatic).Scale);

        static Slice Times(float factor) => new(1, 1, 5, [.. Pattern.Select(value => value * factor)]);
    }

    [Fact]
    public void Slices_of_volumes_have_the_scale_of_the_training_set()
    {
        Slice[] slices =
        [
            .. Enumerable.Range(0, 8).Select(i => new Slice(1, 1, 5, [.. Pattern.Select(value => (value * (i + 1)) + i)], source: "a.png")),
        ];
        Assert.Equal(NormalizationScale.EachSlice, Fit(_ml.Data.LoadFromSlices(slices), NormalizationScale.Automatic).Scale);
        Slice first = new(1, 1, 5, Pattern, source: "volume.nii.gz#axis=2,slice=0");
        Assert.Equal(NormalizationScale.TrainingSet, Fit(_ml.Data.LoadFromSlices([first, .. slices]), NormalizationScale.Automatic).Scale);
        Assert.Equal(NormalizationScale.EachSlice, Fit(_ml.Data.LoadFromSlices([first, .. slices]), NormalizationScale.EachSlice).Scale);
    }

    [Fact]
    public void A_scale_that_is_asked_for_is_taken()
    {
        IDataView different = Exposures(8, 10, 2);
        Assert.Equal(NormalizationScale.TrainingSet, Fit(different, NormalizationScale.TrainingSet).Scale);
        Assert.Equal(NormalizationScale.EachSlice, Fit(Exposures(1, 0, 1), NormalizationScale.EachSlice).Scale);
        Assert.Contains(
            "scale is 7; it must be one of Automatic, TrainingSet, EachSlice",
            Assert.Throws<ArgumentException>(() => _ml.Transforms.NormalizeSlices("Image", scale: (NormalizationScale)7)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Slices_that_differ_in_exposure_alone_become_the_same()
    {
        IDataView data = Exposures(8, 10, 2);
        float[][] normalized = Pixels(Fit(data, NormalizationScale.EachSlice), data);
        float[] expected = [.. Pattern.Select(value => (value - 2) / MathF.Sqrt(2))];
        Assert.All(normalized, pixels => Assert.All(pixels.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-6f)));
    }

    [Fact]
    public void Pixels_without_data_have_no_say_and_become_0()
    {
        IDataView data = _ml.Data.LoadFromSlices([new Slice(1, 1, 7, [-9999, .. Pattern, -9999])]);
        SliceNormalizingTransformer fitted = _ml.Transforms.NormalizeSlices(
            "Image", noData: -9999, scale: NormalizationScale.EachSlice).Fit(data);
        float[] pixels = Assert.Single(Pixels(fitted, data));
        Assert.Equal((0f, 0f), (pixels[0], pixels[^1]));
        Assert.Equal(-MathF.Sqrt(2), pixels[1], 1e-6f);
        Assert.All(
            Pixels(fitted, _ml.Data.LoadFromSlices([new Slice(1, 1, 2, [-9999, -9999])])), empty => Assert.Equal([0f, 0f], empty));
    }

    [Theory]
    [InlineData(NormalizationScale.TrainingSet)]
    [InlineData(NormalizationScale.EachSlice)]
    public void A_saved_step_normalises_as_before(NormalizationScale scale)
    {
        IDataView data = Exposures(3, 10, 2);
        SliceNormalizingTransformer fitted = Fit(data, scale);
        string file = _folder["model.zip"];
        _ml.Model.Save(fitted, data.Schema, file);
        SliceNormalizingTransformer loaded = new MLContext().Model.Load(file, out _) switch
        {
            SliceNormalizingTransformer one => one,
            ITransformer other => ((IEnumerable<ITransformer>)other).OfType<SliceNormalizingTransformer>().Single(),
        };
        Assert.Equal(scale, loaded.Scale);
        Assert.Equal(fitted.Means, loaded.Means);
        Assert.Equal(Pixels(fitted, data), Pixels(loaded, data));
    }

    private SliceNormalizingTransformer Fit(IDataView data, NormalizationScale scale) =>
        _ml.Transforms.NormalizeSlices("Image", scale: scale).Fit(data);

    private static float[][] Pixels(SliceNormalizingTransformer step, IDataView data) =>
        [.. step.Transform(data).GetColumn<Slice>("Image").Select(slice => slice.Pixels)];

    /// <summary>The pattern at two exposures in turn: as it is, and with another level and contrast.</summary>
    private IDataView Exposures(int count, double shift, double factor) => _ml.Data.LoadFromSlices(Enumerable.Range(0, count).Select(
        i => new Slice(1, 1, 5, [.. Pattern.Select(value => i % 2 == 0 ? value : (float)((value * factor * factor) + shift))])));
}
