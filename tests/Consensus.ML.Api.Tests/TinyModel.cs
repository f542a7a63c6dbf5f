using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>
/// A model that trains in a second. It is trained once for all tests that only look at it. It has learnt almost nothing, so its maps are
/// mostly noise, and any change of the noise shows.
/// </summary>
public sealed class TinyModel : IDisposable
{
    public const int Side = 16;
    private readonly TemporaryFolder _folder = new();

    public TinyModel()
    {
        Context = new MLContext(seed: 5);
        Context.Log += (_, message) =>
        {
            // Tests of serving predict on several threads.
            lock (Log)
            {
                Log.Add($"{message.Kind}: {message.RawMessage}");
            }
        };
        Cases = [.. Enumerable.Range(1, 4).Select(number => Blobs.WriteCase(Path.Combine(_folder.Root, $"case{number:00}"), number))];
        Data = Context.Data.LoadFromEnumerable(Cases);

        Model = Fit(Options());
    }

    public MLContext Context { get; }

    public IList<string> Log { get; } = [];

    public IDataView Data { get; }

    public ITransformer Model { get; }

    internal CaseRow[] Cases { get; }

    /// <summary>Trains on its cases, with ML.NET's own steps before and after ours.</summary>
    public ITransformer Fit(ConsensusSegmentationEstimator.Options options) => Context.Transforms.CopyColumns(
        "File", nameof(CaseRow.ImagePath))
        .Append(Context.Transforms.LoadSlices("Image", "File"))
        .Append(Context.Transforms.NormalizeSlices("Image"))
        .Append(Context.Transforms.ResizeSlices("Features", "Image", height: Side, width: Side))
        .Append(Context.Transforms.AugmentSlices("Features"))
        .Append(Context.Transforms.ConsensusSegment(options))
        .Append(Context.Transforms.NormalizeMinMax("ScaledMap", "SoftMap"))
        .Fit(Data);

    public static ConsensusSegmentationEstimator.Options Options() => new()
    {
        Network = SmallNetwork.Options,
        Diffusion = new() { Steps = 8, LearnedVariance = true, Prediction = PredictionType.Epsilon },
        Training = new() { Steps = 2, BatchSize = 2, Validations = 1, ValidationFraction = 0.25, Threads = 1 },
        Sampling = new() { Generations = 2, Sampler = SamplerKind.Ddpm, RoundAtImageSize = true },
    };

    /// <summary>The soft maps of all rows.</summary>
    public static float[][] SoftMaps(ITransformer model, IDataView data) => [.. model.Transform(data).GetColumn<float[]>("SoftMap")];

    public void Dispose()
    {
        (Model as IDisposable)?.Dispose();
        _folder.Dispose();
    }
}

/// <summary>Tests of one collection share the model and run one after the other, because torch already uses all cores.</summary>
[CollectionDefinition(nameof(TinyModel))]
public sealed class TinyModelCollection : ICollectionFixture<TinyModel>;
