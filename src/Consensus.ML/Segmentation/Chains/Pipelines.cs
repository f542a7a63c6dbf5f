using Consensus.ML.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Segmentation.Chains;

/// <summary>Reaches the trainers of this library inside chains of estimators, to any depth.</summary>
internal static class Pipelines
{
    /// <summary>The trainers in a pipeline.</summary>
    public static IReadOnlyList<ISegmentationEstimator> Trainers(IEstimator<ITransformer> pipeline)
    {
        var found = new List<ISegmentationEstimator>();
        _ = Changed(pipeline, trainer =>
        {
            found.Add(trainer);
            return trainer;
        });
        return found;
    }

    /// <summary>The pipeline with other trainers in the place of its own.</summary>
    public static IEstimator<ITransformer> Changed(
        IEstimator<ITransformer> pipeline,
        Func<ISegmentationEstimator, ISegmentationEstimator> change) =>
        pipeline is ISegmentationEstimator trainer
            ? (IEstimator<ITransformer>)change(trainer)
            : MLNetInternals.Rebuilt(pipeline, step => Changed(step, change)) ?? pipeline;

    /// <summary>
    /// Fits a pipeline step by step, and has the validation cases follow: transformed by what each step has learned from the training
    /// cases, they reach the trainers.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="train">The training cases.</param>
    /// <param name="validation">The cases to choose the best weights by.</param>
    public static ITransformer Fit(IEstimator<ITransformer> pipeline, IDataView train, IDataView validation)
    {
        IDataView current = validation;
        return Following(pipeline).Fit(train);

        IEstimator<ITransformer> Following(IEstimator<ITransformer> step) =>
            MLNetInternals.Rebuilt(step, Following) ?? new FollowedStep(step, input =>
            {
                ITransformer fitted = step is ISegmentationEstimator trainer ? trainer.FitWith(input, current) : step.Fit(input);
                current = fitted.Transform(current);
                return fitted;
            });
    }

    /// <summary>A model whose segmentations are others; the steps of its chains are shared as they are.</summary>
    /// <exception cref="ArgumentException">It has none.</exception>
    public static ITransformer Changed(ITransformer model, Func<SegmentationTransformer, ITransformer> change) =>
        TryChange(model, change) ?? throw new ArgumentException(
            $"The model ({model.GetType().Name}) has no consensus segmentation in it, so there is no sampling to change.", nameof(model));

    /// <summary>The same; null where there is none to change.</summary>
    public static ITransformer? TryChange(ITransformer model, Func<SegmentationTransformer, ITransformer> change)
    {
        if (model is SegmentationTransformer segmentation)
        {
            return change(segmentation);
        }

        if (model is not ITransformerChainAccessor chain)
        {
            return null;
        }

        ITransformer?[] changed = [.. chain.Transformers.Select(step => TryChange(step, change))];
        return changed.All(step => step is null)
            ? null
            : new TransformerChain<ITransformer>(chain.Transformers.Zip(changed, (before, after) => after ?? before), chain.Scopes);
    }

    private sealed class FollowedStep(IEstimator<ITransformer> step, Func<IDataView, ITransformer> fit) : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input) => fit(input);

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => step.GetOutputSchema(inputSchema);
    }
}
