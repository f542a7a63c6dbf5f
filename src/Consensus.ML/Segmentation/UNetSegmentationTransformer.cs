using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Torch.Models;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using TorchSharp;

[assembly: LoadableClass(
    typeof(UNetSegmentationTransformer), null, typeof(SignatureLoadModel), "One-pass U-Net segmentation",
    UNetSegmentationTransformer.LoaderSignature)]

namespace Consensus.ML.Segmentation;

/// <summary>
/// Predicts the soft map of several raters in one pass of a U-Net (several with Monte-Carlo dropout); made by
/// <see cref="UNetSegmentationEstimator"/>, whose remarks list the columns.
/// </summary>
/// <remarks>
/// Maps are predicted when a column is read, once a row. What dropout drops in a row comes from a seed and the row's own values: the same
/// slice gives the same maps alone, in any order and on any thread. Safe for several cursors at once. Holds memory outside .NET: dispose
/// it, or the chain it is in. A prediction engine disposes its model too, unless it is made with OwnsTransformer = false.
/// </remarks>
public sealed class UNetSegmentationTransformer : SegmentationTransformer
{
    internal const string LoaderSignature = "Consensus.UNetSegment";

    private static readonly ModelState FileState = new("UNetSegment", "CMLUNETS", LoaderSignature);

    /// <param name="environment">The environment.</param>
    /// <param name="manifest">What the model is.</param>
    /// <param name="model">The weights; one use of them becomes this transformer's.</param>
    /// <param name="limits">What ends predictions; null for nothing.</param>
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

    // Passes with dropout are counted as generations; the outputs of the other kinds belong to one pass.
    private protected override int MapsOfGeneration => Kind switch
    {
        UNetKind.Levels or UNetKind.MultiHead => Levels,
        _ => 1,
    };

    /// <inheritdoc/>
    /// <remarks>
    /// Of the options, Precision and Mirror matter to every kind; Generations (the number of passes), Tolerance and Seed to Monte-Carlo
    /// dropout; the others to none.
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

    private protected override ConsensusPrediction Reduce(torch.Tensor samples) =>
        MapReduction.Reduce(samples.flatten(0, 1), Kind, Levels, RoundsMaps);
}
