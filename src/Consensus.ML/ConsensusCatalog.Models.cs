using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Chains;
using Microsoft.ML;

namespace Consensus.ML;

// What trained models gain: other sampling, cancellation and time limits on the same weights.
public static partial class ConsensusCatalog
{
    /// <summary>
    /// The steps of a trained model in their order; a chain inside the model gives its own steps. A model that is a single step gives
    /// itself.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <example>
    /// <code>
    /// // How training went: soft Dice at every validation.
    /// TrainingSummary training = model.GetSteps().OfType&lt;SegmentationTransformer&gt;().Single().Training;
    /// double[] curve = [.. training.Validations.Select(validation => validation.Score)];
    /// </code>
    /// </example>
    public static IEnumerable<ITransformer> GetSteps(this ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return PipelineSteps.List(model);
    }

    /// <summary>A trained model that shares the weights but samples differently: nothing is trained again.</summary>
    /// <remarks>
    /// Chains are searched to any depth; their other steps are shared as they are. Dispose both models; the weights go with the last.
    /// </remarks>
    /// <param name="model">A <see cref="SegmentationTransformer"/>, or a chain with at least one in it.</param>
    /// <param name="sampling">How to sample.</param>
    /// <exception cref="ArgumentException">The model has no consensus segmentation in it, or an option is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <example>
    /// <code>
    /// // As the paper samples: 25 generations of 100 steps each.
    /// ITransformer thorough = model.WithSampling(new SamplingOptions { Generations = 25, Sampler = SamplerKind.Ddpm });
    /// float[][] softMaps = [.. thorough.Transform(test).GetColumn&lt;float[]&gt;("SoftMap")];
    /// </code>
    /// </example>
    public static ITransformer WithSampling(this ITransformer model, SamplingOptions sampling)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(sampling);
        return SegmentationPipelines.ReplaceSegmentations(model, segmentation => segmentation.WithSampling(sampling));
    }

    /// <summary>
    /// A trained model that shares the weights, and whose predictions end when <paramref name="cancellation"/> is cancelled.
    /// </summary>
    /// <remarks>
    /// A prediction under way, or waiting for its turn behind others, then throws <see cref="OperationCanceledException"/> within a pass
    /// of the network; the model it shares its weights with is not touched. Made in no time, so that each request of a server can have
    /// its own. Chains and disposal as for <see cref="WithSampling"/>. The token is not saved with the model.
    /// </remarks>
    /// <param name="model">A <see cref="SegmentationTransformer"/>, or a chain with at least one in it.</param>
    /// <param name="cancellation">Ends predictions.</param>
    /// <exception cref="ArgumentException">The model has no consensus segmentation in it.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <example>
    /// <code>
    /// using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
    /// ITransformer cancellable = model.WithCancellation(stop.Token);
    /// float[][] softMaps = [.. cancellable.Transform(test).GetColumn&lt;float[]&gt;("SoftMap")];
    /// </code>
    /// </example>
    public static ITransformer WithCancellation(this ITransformer model, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        return SegmentationPipelines.ReplaceSegmentations(model, segmentation => segmentation.WithCancellation(cancellation));
    }

    /// <summary>A trained model that shares the weights, and whose predictions take no longer than <paramref name="limit"/> each.</summary>
    /// <remarks>
    /// What takes longer, the wait for other predictions included, throws <see cref="TimeoutException"/> within a pass of the
    /// network. It suits prediction engines, which take no token. Chains and disposal as for <see cref="WithSampling"/>. The limit is
    /// not saved with the model.
    /// </remarks>
    /// <param name="model">A <see cref="SegmentationTransformer"/>, or a chain with at least one in it.</param>
    /// <param name="limit">The most that the maps of one slice may take; above zero, at most 24 days.</param>
    /// <exception cref="ArgumentException">The model has no consensus segmentation in it, or the limit is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <example>
    /// <code>
    /// ITransformer prompt = model.WithTimeLimit(TimeSpan.FromSeconds(2));
    /// float[][] softMaps = [.. prompt.Transform(test).GetColumn&lt;float[]&gt;("SoftMap")];
    /// </code>
    /// </example>
    public static ITransformer WithTimeLimit(this ITransformer model, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(model);
        return SegmentationPipelines.ReplaceSegmentations(model, segmentation => segmentation.WithTimeLimit(limit));
    }
}
