using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Consensus.ML.Onnx;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Exporting;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(OnnxSegmentationTransformer), null, typeof(SignatureLoadModel), "Consensus segmentation by ONNX Runtime",
    OnnxSegmentationTransformer.LoaderSignature)]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]

namespace Consensus.ML.Onnx;

/// <summary>
/// Predicts with ONNX Runtime what <see cref="ConsensusSegmentationTransformer"/> or <see cref="UNetSegmentationTransformer"/> predicts
/// with torch: the same columns. <see cref="ConsensusOnnxCatalog"/> loads it.
/// </summary>
/// <remarks>
/// With noise as an input, the maps are those of the exported model in float32, up to rounding, and the sampling options Generations,
/// Tolerance, Seed and BatchSize can be changed. Everything else is fixed in the graph.
/// </remarks>
public sealed class OnnxSegmentationTransformer : SegmentationTransformer
{
    internal const string LoaderSignature = "Consensus.OnnxSegment";

    private const string GraphName = "model.onnx", SamplingName = "sampling.json";

    // The largest file of Protocol Buffers, and more than sampling options take.
    private const long LargestGraph = int.MaxValue, LargestManifest = 1 << 24;

    private static readonly ModelState FileState = new("OnnxSegment", "CMLONNXS", LoaderSignature)
    {
        Assembly = typeof(OnnxSegmentationTransformer).Assembly,
    };

    private readonly byte[] _bytes;
    private readonly ReadOnnxFile _file;

    private OnnxSegmentationTransformer(
        IHostEnvironment environment,
        byte[] bytes,
        ReadOnnxFile file,
        ModelManifest manifest,
        SharedModel model,
        PredictionLimits? limits)
        : base(environment, nameof(OnnxSegmentationTransformer), manifest, model, limits)
    {
        _bytes = bytes;
        _file = file with { Network = [] };
    }

    /// <summary>
    /// Whether the noise is an input of the graph, so that the number of generations and the seed can be changed. False where the file
    /// holds the noise, and where the model needs none.
    /// </summary>
    public bool HasNoiseInput => _file.HasNoiseInput;

    private protected override ModelState State => FileState;

    private protected override int MapsOfGeneration =>
        Manifest is OnePassManifest onePass ? onePass.Description.Variant().MapsOfPass : Levels;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// An option is out of range, or differs from the model's and is fixed in the graph; the message names it.
    /// </exception>
    public override OnnxSegmentationTransformer WithSampling(SamplingOptions sampling)
    {
        ArgumentNullException.ThrowIfNull(sampling);
        SamplingOptions own = Sampling;
        Fixed(nameof(sampling.Mirror), own.Mirror, sampling.Mirror);
        Fixed(nameof(sampling.MirrorInterpolation), own.MirrorInterpolation, sampling.MirrorInterpolation);
        Fixed(nameof(sampling.Precision), own.Precision, sampling.Precision);
        if (SamplesByDiffusion)
        {
            Fixed(nameof(sampling.Sampler), own.Sampler, sampling.Sampler);
            Fixed(nameof(sampling.Steps), own.Steps, sampling.Steps);
        }

        if (!HasNoiseInput)
        {
            Fixed(nameof(sampling.Generations), own.Generations, sampling.Generations);
            Fixed(nameof(sampling.Tolerance), own.Tolerance, sampling.Tolerance);
            Fixed(nameof(sampling.Seed), own.Seed, sampling.Seed);
        }

        return (OnnxSegmentationTransformer)base.WithSampling(sampling);

        void Fixed<T>(string option, T own, T asked)
        {
            if (!EqualityComparer<T>.Default.Equals(own, asked))
            {
                throw new ArgumentException(
                    $"{option} is {Say(own)} in the graph of this ONNX model, and cannot become {Say(asked)}: export the model with that "
                    + $"option{(HasNoiseInput || !SamplesByDiffusion ? "" : ", or with noise as an input")}.");
            }
        }

        static string Say<T>(T value) => value is null ? "not set" : FormattableString.Invariant($"{value}");
    }

    /// <inheritdoc/>
    public override OnnxSegmentationTransformer WithCancellation(CancellationToken cancellation) =>
        (OnnxSegmentationTransformer)base.WithCancellation(cancellation);

    /// <inheritdoc/>
    public override OnnxSegmentationTransformer WithTimeLimit(TimeSpan limit) => (OnnxSegmentationTransformer)base.WithTimeLimit(limit);

    internal static OnnxSegmentationTransformer Open(
        IHostEnvironment environment,
        byte[] bytes,
        ReadOnnxFile file,
        OnnxRuntimeOptions options) =>
        new(environment, bytes, file, file.Manifest, new SharedModel(new OnnxModel(file, options)), null);

    internal static OnnxSegmentationTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        byte[] hashes = FileState.Load(ctx, reader => reader.ReadBytes(2 * SHA256.HashSizeInBytes));
        byte[] json = ModelFile.ReadEntry(ctx, SamplingName, LargestManifest, "where a manifest has at most");
        byte[] bytes = ModelFile.ReadEntry(ctx, GraphName, LargestGraph, "where an ONNX file has at most");
        if (!hashes.AsSpan().SequenceEqual((byte[])[.. SHA256.HashData(json), .. SHA256.HashData(bytes)]))
        {
            throw ModelState.Damaged($"{GraphName} or {SamplingName} does not have the SHA-256 it was saved with");
        }

        ReadOnnxFile file = ReadOnnxFile.Read(bytes);
        ModelManifest manifest = file.Manifest is DiffusionManifest
            ? ManifestJson.Read<DiffusionManifest>(json)
            : ManifestJson.Read<OnePassManifest>(json);
        ManifestCheck.Check(manifest);
        return new(env, bytes, file, manifest, new SharedModel(new OnnxModel(file, new())), null);
    }

    private protected override void SaveModel(ModelSaveContext context)
    {
        byte[] json = ManifestJson.Write(Manifest);
        State.Save(context, writer =>
        {
            writer.Write(SHA256.HashData(json));
            writer.Write(SHA256.HashData(_bytes));
        });
        context.SaveBinaryStream(SamplingName, writer => writer.Write(json));
        context.SaveBinaryStream(GraphName, writer => writer.Write(_bytes));
    }

    private protected override OnnxSegmentationTransformer Create(
        IHostEnvironment environment,
        ModelManifest manifest,
        SharedModel model,
        PredictionLimits limits) => new(environment, _bytes, _file, manifest, model, limits);

    private protected override float[] SoftMapOf(float[] samples, int generations)
    {
        SharedModel model = Acquire();
        try
        {
            return ((OnnxModel)model.Model).SoftMap(samples, generations);
        }
        finally
        {
            model.Release();
        }
    }
}
