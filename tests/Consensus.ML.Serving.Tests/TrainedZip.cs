using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;

namespace Consensus.ML.Serving.Tests;

/// <summary>
/// A small model that was trained for two steps on discs, and saved, once for all tests. It has learnt next to nothing, so that its maps
/// are mostly noise: any change of the noise shows.
/// </summary>
public sealed class TrainedZip : IDisposable
{
    public const int Side = 16, Raters = 3;

    private readonly TemporaryFolder _folder = new();

    public TrainedZip()
    {
        var ml = new MLContext(seed: 5);
        IDataView train = ml.Data.LoadFromSlices([.. Enumerable.Range(1, 4).Select(number =>
            new SliceCase($"case {number}", Disc(number), Masks(number)))]);
        ConsensusSegmentationEstimator.Options options = new()
        {
            Network = new()
            {
                ModelChannels = 32,
                ChannelMultipliers = [1, 1],
                ResidualBlocks = 1,
                AttentionResolutions = [8],
                EncoderBlocks = 1,
                EncoderWidth = 4,
                EncoderGrowth = 2,
            },
            Diffusion = new() { Steps = 8 },
            Training = new() { Steps = 2, BatchSize = 2, Validations = 1, ValidationFraction = 0.25, Threads = 1 },
            Sampling = new() { Generations = 2, Sampler = SamplerKind.Ddpm },
        };
        var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(ml.Transforms.NormalizeSlices("Image"))
            .Append(ml.Transforms.ResizeSlices("Features", "Image", height: Side, width: Side))
            .Append(ml.Transforms.ConsensusSegment(options));
        using var model = pipeline.Fit(train);
        ml.Model.Save(model, train.Schema, Path);
    }

    public string Path => _folder["model.zip"];

    /// <summary>A bright disc on a grey ground.</summary>
    public static Slice Disc(int number, int height = 20, int width = 20, SliceGeometry? geometry = null)
    {
        IEnumerable<int> pixels = Enumerable.Range(0, height * width);
        return new(1, height, width, [.. pixels.Select(at => IsInside(number, at, width, 5) ? 200f + (at % 7) : 50 + (at % 5))], geometry);
    }

    public void Dispose() => _folder.Dispose();

    private static RaterMasks Masks(int number) => new(Raters, 20, 20, [
        .. Enumerable.Range(0, Raters * 400).Select(at => IsInside(number, at % 400, 20, 4 + (at / 400)) ? (byte)1 : (byte)0),
    ]);

    private static bool IsInside(int number, int at, int width, int radius)
    {
        int row = (at / width) - 8 - (number % 3), column = (at % width) - 10 + (number % 2);
        return (row * row) + (column * column) < radius * radius;
    }
}
