using System.Collections.Concurrent;
using System.Text;
using Consensus.Imaging;
using Consensus.ML.Options;
using Consensus.ML.Serving.Images;
using Consensus.ML.Serving.Prediction;

namespace Consensus.ML.Serving.Tests;

/// <summary>
/// A model and an image reader that a test steers, to see what the server does around them. An image is the text of a number; its map is
/// that number in every pixel, as hundredths. Only the tests with a real model show that maps are right.
/// </summary>
internal sealed class FakeModel : IImageDecoder, IMapEncoder
{
    public const int Side = 4, Levels = 3;

    /// <summary>The images that were predicted, in the order in which they began.</summary>
    public ConcurrentQueue<int> Begun { get; } = [];

    /// <summary>The images whose prediction was broken off.</summary>
    public ConcurrentQueue<int> BrokenOff { get; } = [];

    /// <summary>Predictions wait for this; open unless a test closes it.</summary>
    public ManualResetEventSlim Gate { get; } = new(initialState: true);

    /// <summary>Whether predictions go on although they are cancelled.</summary>
    public bool IsDeaf { get; init; }

    /// <summary>The structures, each of as many levels; one without a name and without named raters unless a test says so.</summary>
    public IReadOnlyList<(string Name, string[] Raters)> Structures { get; init; } = [("", [])];

    /// <summary>What a prediction throws; null for nothing.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Loads a model. The server asks for one for each worker.</summary>
    public IMapPredictor Load() => new Predictor(this);

    public DecodedImage Decode(ImageBytes bytes, DecodingRules rules)
    {
        string text = Encoding.ASCII.GetString(bytes.Files[0].Span);
        if (text.StartsWith("damaged", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"'{bytes.NameOf(0)}' is damaged");
        }

        if (!int.TryParse(text, out int number))
        {
            throw new UnknownFormatException($"'{bytes.NameOf(0)}' is of no known format");
        }

        int channels = bytes.Files.Count;
        float[] pixels = [.. Enumerable.Repeat((float)number, channels * Side * Side)];
        return new([new Slice(channels, Side, Side, pixels, new SliceGeometry(0.5, 2, SliceGeometry.None.Affine))], null, null);
    }

    public byte[] Nifti(IReadOnlyList<Slice> maps, DecodedImage image, bool isNative, bool compress) => [1, 2, 3];

    public byte[] Tiff(Slice map) => [4, 5, 6];

    public byte[] Png(Slice map) => [7, 8, 9];

    private sealed class Predictor(FakeModel fake) : IMapPredictor
    {
        public ServedModel Model { get; } = new(
            ServedModel.Diffusion, Side, Side, 1, 1, 100, [], new SamplingOptions { Generations = 4 }, null,
            [
                .. fake.Structures.Select(one => new ServedStructure(
                    one.Name, Levels, one.Raters, new("SoftMap", "ConsensusMaps", "Uncertainty", one.Raters))),
            ]);

        public bool UsesTorch => false;

        public void WarmUp(CancellationToken cancellation)
        {
        }

        public IReadOnlyList<SliceMaps> Predict(
            IReadOnlyList<Slice> slices,
            PredictionRequest request,
            Action<TimeSpan> took,
            CancellationToken cancellation)
        {
            float value = slices[0].Pixels[0];
            fake.Begun.Enqueue((int)value);
            try
            {
                fake.Gate.Wait(fake.IsDeaf ? CancellationToken.None : cancellation);
            }
            catch (OperationCanceledException)
            {
                fake.BrokenOff.Enqueue((int)value);
                throw;
            }

            if (fake.Failure is { } failure)
            {
                throw failure;
            }

            took(TimeSpan.FromMilliseconds(1));
            float[] pixels = [.. Enumerable.Repeat(value / 100, Side * Side)];
            return [.. slices.Select(slice => new SliceMaps(
                Map(1, pixels), request.Maps.HasFlag(MapKinds.Levels) ? Map(Levels, [.. pixels, .. pixels, .. pixels]) : null,
                request.Maps.HasFlag(MapKinds.Uncertainty) ? Map(1, pixels) : null, [16, 8, 0])
            {
                Raters = request.Maps.HasFlag(MapKinds.Raters)
                    ? Map(request.Structure.Raters.Count, [.. request.Structure.Raters.SelectMany(_ => pixels)])
                    : null,
            })];

            Slice Map(int channels, float[] values) => new(channels, Side, Side, values, slices[0].Geometry);
        }

        public void Dispose()
        {
        }
    }
}
