using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(UNetSegmentationTransformer), null, typeof(SignatureLoadModel), "One-pass U-Net segmentation",
    UNetSegmentationTransformer.LoaderSignature)]

namespace Consensus.ML.Segmentation;

/// <summary>
/// Predicts the soft map of several raters in one pass of a U-Net, or in several random passes or drawn masks.
/// <see cref="UNetSegmentationEstimator"/> makes it; its remarks list the columns.
/// </summary>
/// <remarks>
/// Maps are predicted when a column is read, once for each row. A seed and the row's own values decide what is drawn at random. So the
/// same slice always gives the same maps: alone or among others, in any order and on any thread. Several cursors may use the transformer
/// at the same time. It holds memory outside .NET: dispose it, or the chain that contains it. A prediction engine disposes its model too,
/// unless the engine is made with OwnsTransformer = false.
/// </remarks>
public sealed class UNetSegmentationTransformer : SegmentationTransformer
{
    internal const string LoaderSignature = "Consensus.UNetSegment";

    private static readonly ModelState FileState = new("UNetSegment", "CMLUNETS", LoaderSignature);

    /// <param name="environment">The environment.</param>
    /// <param name="manifest">The manifest of the model.</param>
    /// <param name="model">The weights. The caller has acquired them, and this transformer releases them.</param>
    /// <param name="limits">The limits of predictions; null for no limits.</param>
    internal UNetSegmentationTransformer(
        IHostEnvironment environment,
        OnePassManifest manifest,
        SharedModel model,
        PredictionLimits? limits = null)
        : base(environment, nameof(UNetSegmentationTransformer), manifest, model, limits)
    {
    }

    /// <summary>What the network learnt.</summary>
    public UNetKind Kind => Manifest.Kind;

    /// <summary>Whether the soft map is the mean of rounded maps.</summary>
    public bool RoundsMaps => Manifest.Rounded;

    internal override OnePassManifest Manifest => (OnePassManifest)base.Manifest;

    private protected override ModelState State => FileState;

    private protected override int MapsOfGeneration => Manifest.Description.Variant().MapsOfPass;

    /// <inheritdoc/>
    /// <remarks>
    /// The options Precision and Mirror matter to every kind. Generations (the number of passes or drawn masks), Tolerance and Seed matter
    /// only to the kinds that draw at random (<see cref="UNetKinds.DrawsAtRandom"/>). The other options have no effect.
    /// </remarks>
    public override UNetSegmentationTransformer WithSampling(SamplingOptions sampling) =>
        (UNetSegmentationTransformer)base.WithSampling(sampling);

    /// <inheritdoc/>
    public override UNetSegmentationTransformer WithCancellation(CancellationToken cancellation) =>
        (UNetSegmentationTransformer)base.WithCancellation(cancellation);

    /// <inheritdoc/>
    public override UNetSegmentationTransformer WithTimeLimit(TimeSpan limit) => (UNetSegmentationTransformer)base.WithTimeLimit(limit);

    internal static UNetSegmentationTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        (OnePassManifest manifest, SharedModel model) = Load<OnePassManifest>(FileState, env, ctx);
        return new(env, manifest, model);
    }

    private protected override UNetSegmentationTransformer Create(
        IHostEnvironment environment,
        ModelManifest manifest,
        SharedModel model,
        PredictionLimits limits) => new(environment, (OnePassManifest)manifest, model, limits);

    private protected override float[] SoftMapOf(float[] samples, int generations) =>
        SoftMapOf(samples, generations, maps => Manifest.Description.Variant().Reduce(maps.flatten(0, 1)));
}
