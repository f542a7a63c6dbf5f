using Consensus.Imaging;
using Consensus.ML.Graphs;
using Consensus.ML.Segmentation.Exporting;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Onnx.Tests.Models;

/// <summary>What the graph does to an image before the network: the same as NormalizeSlices and ResizeSlices.</summary>
public sealed class PreparationTests
{
    private const int Side = 16;

    [Theory]
    [InlineData(16, 16)]
    [InlineData(1, 1)]
    [InlineData(7, 300)]
    [InlineData(33, 17)]
    [InlineData(15, 64)]
    [InlineData(257, 511)]
    public void Any_size_gives_the_features_of_the_chain(int height, int width)
    {
        float[] image = [.. RandomModel.Image(2, height, width).Select(value => (value * 400) - 1000)];
        Compare(image, height, width, [-1000.25, -900], [333.3, 0], noData: null);
    }

    [Theory]
    [InlineData(16, 16, null)]
    [InlineData(1, 1, null)]
    [InlineData(33, 17, null)]
    [InlineData(257, 511, null)]
    [InlineData(20, 30, -9999f)]
    [InlineData(20, 30, float.NaN)]
    public void A_slice_on_its_own_scale_gives_the_features_of_the_chain(int height, int width, float? mark)
    {
        // The first channel has bright specks, which are left out in several rounds; the second has few pixels on a background of zeros.
        float[] image = [.. RandomModel.Image(2, height, width).Select(value => (value * 40) - 100)];
        for (int i = 0; i < image.Length / 2; i++)
        {
            image[i] = i % 41 == 7 ? 30_000 : i % 29 == 3 ? 700 : image[i];
            int second = (image.Length / 2) + i;
            image[second] = i % 50 == 9 ? image[second] : 0;
            image[i] = mark is not null && i % 7 == 5 ? mark.Value : image[i];
        }

        Compare(image, height, width, [0.25, -0.5], [1.25, 2], mark, NormalizationScale.EachSlice);
    }

    [Theory]
    [InlineData(-9999f)]
    [InlineData(float.NaN)]
    [InlineData(3.4e38f)]
    [InlineData(0f)]
    public void Pixels_without_data_become_the_mean_before_resizing(float mark)
    {
        float[] image = RandomModel.Image(2, 20, 30);
        for (int i = 0; i < image.Length; i += 7)
        {
            image[i] = mark;
        }

        Compare(image, 20, 30, [0.5, -0.5], [0.25, 2], mark);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(2e9f)]
    public void Values_that_the_library_refuses_give_maps_of_NaN(float value)
    {
        // At a size where resizing leaves most pixels out: the library refuses these too.
        float[] image = RandomModel.Image(2, 160, 160);
        image[(80 * 160) + 3] = value;
        byte[] file = Export(Preparation(new([0.0, 0.0], [1.0, 1.0], null, []), antialias: false));
        Dictionary<string, float[]> maps = GraphRun.Run(file, ("Image", image, [1, 2, 160, 160]));
        Assert.All(maps.Values, map => Assert.All(map, pixel => Assert.True(float.IsNaN(pixel))));
    }

    [Fact]
    public void Values_that_normalising_makes_infinite_give_maps_of_NaN()
    {
        float[] image = RandomModel.Image(2, Side, Side);
        image[5] = 1e8f;

        byte[] file = Export(Preparation(new([0.0, 0.0], [1e-31, 1e-31], null, []), antialias: true));
        Assert.All(GraphRun.Run(file, ("Image", image, [1, 2, Side, Side]))["SoftMap"], pixel => Assert.True(float.IsNaN(pixel)));
    }

    private static void Compare(
        float[] image,
        int height,
        int width,
        double[] means,
        double[] deviations,
        float? noData,
        NormalizationScale scale = NormalizationScale.TrainingSet)
    {
        foreach (bool antialias in (bool[])[false, true])
        {
            var ml = new MLContext();
            Slice slice = new(2, height, width, image, SliceGeometry.None, "test");
            IDataView rows = ml.Data.LoadFromSlices([slice]);
            var normalizing = new SliceNormalizingTransformer(ml, "Image", "Image", means, deviations, noData, [], scale);
            IDataView prepared = new SliceResizingTransformer(ml, "Features", "Image", 2, Side, Side, antialias)
                .Transform(normalizing.Transform(rows));
            float[] features = prepared.GetColumn<float[]>("Features").Single();

            // The maps of the image are those of its features, which the graph without preparation gets.
            byte[] whole = Export(Preparation(normalizing.Describe(), antialias));
            Dictionary<string, float[]> fromImage = GraphRun.Run(whole, ("Image", image, [1, 2, height, width]));
            ReadOnnxFile read = ReadOnnxFile.Read(whole);
            Dictionary<string, float[]> fromFeatures = GraphRun.Run(read.Network, ("Features", features, [1, 2, Side, Side]));
            Assert.True(fromFeatures["Samples"].Distinct().Count() > Side);
            foreach ((string name, float[] expected) in fromFeatures)
            {
                float most = expected.Zip(fromImage[name]).Max(pair => Math.Abs(pair.First - pair.Second));
                Assert.True(most < (name == "SoftMap" ? 0.34 : 1e-5), $"{name}: {most}");
            }

            // The features themselves, by a graph that ends there.
            var graph = new GraphBuilder();
            GraphValue input = graph.Input("Image", GraphType.Single, "", 1L, 2L, "height", "width");
            graph.Output(
                "Features", OnnxFile.Prepared(input, Preparation(normalizing.Describe(), antialias), Side, Side), "", 1L, 2L, (long)Side,
                (long)Side);
            float[] inGraph = GraphRun.Run(GraphRun.ToBytes(graph), ("Image", image, [1, 2, height, width]))["Features"];
            foreach ((float[] channel, float[] found) in features.Chunk(Side * Side).Zip(inGraph.Chunk(Side * Side)))
            {
                // Rounding is relative to the values that are weighed, and the second channel keeps the image's.
                float bound = 2e-7f * channel.Max(Math.Abs) * 4;
                Assert.All(channel.Zip(found), pair => Assert.InRange(pair.Second, pair.First - bound, pair.First + bound));
            }
        }
    }

    private static OnnxPreparation Preparation(OnnxNormalization normalization, bool antialias) =>
        new("Image", "ImagePath", [normalization]) { Antialias = antialias };

    private static byte[] Export(OnnxPreparation preparation)
    {
        DiffusionManifest manifest = RandomModel.DiffusionManifest(RandomModel.Diffusion(Side));
        byte[] weights = RandomModel.Weights(manifest.Description.Layout(), 1).File;
        using var stream = new MemoryStream();
        OnnxFile.Create(manifest, [weights], preparation, new()).Write(stream);
        return stream.ToArray();
    }
}
