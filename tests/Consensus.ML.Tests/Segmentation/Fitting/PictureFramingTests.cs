using Consensus.Imaging;
using Consensus.Imaging.Geometry;
using Consensus.ML.Segmentation.Fitting;

namespace Consensus.ML.Tests.Segmentation.Fitting;

/// <summary>Cut and padded pictures are recognised by their pixels. Whole pictures are never taken for them, whatever they show.</summary>
public sealed class PictureFramingTests
{
    private const int Side = 16;

    private static readonly Dictionary<string, Func<int, int, float>> Scenes = new()
    {
        ["constant"] = (_, _) => 0.3f,
        ["black"] = (_, _) => 0,
        ["noise"] = Noise,
        ["gradient across"] = (_, column) => column,
        ["gradient down"] = (row, _) => row,
        ["stripes"] = (_, column) => column / 4 % 2,
        ["checkers"] = (row, column) => (row / 4 + (column / 4)) % 2,
        ["waves"] = (row, column) => MathF.Sin(row * 0.7f) + MathF.Cos(column * 0.9f),
        ["dark frame"] = (row, column) => row is >= 12 and < 36 && column is >= 12 and < 36 ? 5 + Noise(row / 4, column / 4) : 0,
        ["one bright pixel"] = (row, column) => row == 20 && column == 20 ? 1 : 0,
    };

    // Several shapes of pictures: wider, taller, and nearly square, as many retinas are.
    private static readonly (int Height, int Width)[] Shapes = [(48, 96), (96, 48), (32, 37), (584, 565), (7, 13), (64, 48)];

    public static TheoryData<string> Scene => [.. Scenes.Keys];

    [Theory]
    [MemberData(nameof(Scene))]
    public void A_picture_that_was_fitted_whole_is_never_taken_for_another(string scene)
    {
        foreach ((int height, int width) in Shapes)
        {
            Slice picture = Picture(scene, height, width);
            float[] bilinear = Resampling.Bilinear(picture, Side, Side).Pixels, nearest = Middles(picture);
            float[] floor = [.. Enumerable.Range(0, Side * Side)
                .Select(i => picture.Pixels[(i / Side * height / Side * width) + (i % Side * width / Side)])];
            foreach (float[] features in (float[][])[bilinear, nearest, floor])
            {
                Assert.Null(PictureFraming.CutOrPadded(picture, features, Side, Side));
                Assert.Null(PictureFraming.CutOrPadded(picture, Array.ConvertAll(features, value => (value - 127.5f) / 60), Side, Side));
                Assert.Null(PictureFraming.CutOrPadded(picture, Array.ConvertAll(features, value => -3 * value), Side, Side));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_cut_is_recognised_at_every_anchor_and_scale_of_values(int channels)
    {
        for (int left = 0; left <= 16; left += 8)
        {
            // Of 16 rows with 32 columns, 16 columns are kept. Each pixel of the features is a pixel of the picture.
            Slice picture = Picture("noise", Side, 2 * Side, channels);
            float[] kept = [.. Enumerable.Range(0, channels * Side * Side)
                .Select(i => (picture.Pixels[(i / Side * 2 * Side) + left + (i % Side)] - 20) / 7)];
            Assert.Equal("cut", PictureFraming.CutOrPadded(picture, kept, Side, Side));
        }
    }

    [Fact]
    public void Padding_is_recognised_though_black_is_no_longer_zero()
    {
        // 32 rows of 16 columns become 16 rows of 8. Every second pixel is taken in both directions. There are 4 black columns on each
        // side.
        Slice picture = Picture("noise", 2 * Side, Side);
        float[] features = new float[Side * Side];
        for (int i = 0; i < features.Length; i++)
        {
            int row = i / Side, column = (i % Side) - 4;
            features[i] = (column is >= 0 and < 8 ? picture.Pixels[(((2 * row) + 1) * Side) + (2 * column) + 1] : 0) - 50;
        }

        Assert.Equal("padded", PictureFraming.CutOrPadded(picture, features, Side, Side));
    }

    [Fact]
    public void Pixels_that_other_steps_changed_beyond_recognition_tell_nothing()
    {
        float[] other = [.. Enumerable.Range(0, Side * Side).Select(i => Noise(i, 9999))];
        Assert.Null(PictureFraming.CutOrPadded(Picture("noise", 48, 96), other, Side, Side));
    }

    [Theory]
    [InlineData(100, 200, 64, 128, false)]
    [InlineData(100, 200, 64, 64, true)]
    [InlineData(200, 100, 64, 64, true)]
    [InlineData(100, 101, 64, 64, false)]
    [InlineData(584, 565, 64, 64, true)]
    [InlineData(584, 565, 32, 32, false)]
    public void Only_another_shape_that_moves_an_edge_by_a_pixel_matters(
        int pictureHeight,
        int pictureWidth,
        int height,
        int width,
        bool matters) =>
        Assert.Equal(matters, PictureFraming.Matters(pictureHeight, pictureWidth, height, width));

    private static Slice Picture(string scene, int height, int width, int channels = 1) =>
        new(channels, height, width, [.. Enumerable.Range(0, channels * height * width).Select(i => Scenes[scene](i / width, i % width))]);

    /// <summary>Each new pixel is the old pixel at its middle, as in ML.NET's Fill.</summary>
    private static float[] Middles(Slice picture) =>
        [.. Enumerable.Range(0, Side * Side)
            .Select(i => picture.Pixels[(((2 * (i / Side)) + 1) * picture.Height / (2 * Side) * picture.Width)
                + (((2 * (i % Side)) + 1) * picture.Width / (2 * Side))])];

    private static float Noise(int row, int column) => new Random((row * 7919) + column).Next(256);
}
