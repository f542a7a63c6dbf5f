using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Chains;
using Consensus.ML.Segmentation.Exporting;
using Microsoft.ML;

namespace Consensus.ML;

// Extends trained models: the same weights with different sampling, with cancellation and with time limits.
public static partial class ConsensusCatalog
{
    /// <summary>
    /// The steps of a trained model in their order; a chain inside the model gives its own steps. A model of a single step gives itself.
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

    /// <summary>
    /// Writes a trained model as an ONNX file: the normalisation and resizing of its chain, the network and its sampling become one graph.
    /// <see cref="SegmentationTransformer.SaveOnnx"/> says what the graph takes and gives.
    /// </summary>
    /// <param name="model">A <see cref="SegmentationTransformer"/>, or a chain with one in it.</param>
    /// <param name="path">The file to create or replace; written whole or not at all.</param>
    /// <param name="options">Where the noise comes from; null for the defaults.</param>
    /// <exception cref="ArgumentException">The model has no segmentation of this library in it, or several.</exception>
    /// <exception cref="NotSupportedException">
    /// The model cannot be a graph; the message names the option, or the step of the chain, that is in the way.
    /// </exception>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <example>
    /// <code>
    /// model.SaveOnnx("brain-growth.onnx");
    /// </code>
    /// </example>
    public static void SaveOnnx(this ITransformer model, string path, OnnxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        (SegmentationTransformer segmentation, OnnxPreparation preparation) = OnnxChain.Open(model);
        segmentation.ExportOnnx(path, options ?? new(), preparation);
    }

    /// <summary>A trained model that shares the weights but samples differently: nothing is trained again.</summary>
    /// <remarks>
    /// Chains are searched to any depth. Both models share the other steps of the chains. Dispose both models: the weights are freed with
    /// the last of them.
    /// </remarks>
    /// <param name="model">A <see cref="SegmentationTransformer"/>, or a chain with at least one in it.</param>
    /// <param name="sampling">How to sample.</param>
    /// <exception cref="ArgumentException">The model has no segmentation of this library in it, or an option is out of range.</exception>
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
    /// A running prediction, or a prediction that waits for others, then throws <see cref="OperationCanceledException"/> within one pass of
    /// the network. The original model is not affected. The new model is cheap to make, so each request of a server can have its own.
    /// Chains and disposal work as for <see cref="WithSampling"/>. The token is not saved with the model.
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
    /// A prediction that takes longer, including the time it waits for others, throws <see cref="TimeoutException"/> within one pass of the
    /// network. Use it with prediction engines, which accept no token. Chains and disposal work as for <see cref="WithSampling"/>. The
    /// limit is not saved with the model.
    /// </remarks>
    /// <param name="model">A <see cref="SegmentationTransformer"/>, or a chain with at least one in it.</param>
    /// <param name="limit">The longest time for the maps of one slice; above zero, at most 24 days.</param>
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
