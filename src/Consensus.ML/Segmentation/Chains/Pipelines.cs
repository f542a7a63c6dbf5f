using Consensus.ML.MLNet;
using Microsoft.ML;

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
    public static IEstimator<ITransformer> Changed(IEstimator<ITransformer> pipeline, Func<ISegmentationEstimator, ISegmentationEstimator> change) =>
        pipeline is ISegmentationEstimator trainer ? (IEstimator<ITransformer>)change(trainer) : MLNetInternals.Rebuilt(pipeline, step => Changed(step, change)) ?? pipeline;

    /// <summary>Fits a pipeline step by step, and has the validation cases follow: transformed by what each step has learned from the training cases, they reach the trainers.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="train">The training cases.</param>
    /// <param name="validation">The cases to choose the best weights by.</param>
    public static ITransformer Fit(IEstimator<ITransformer> pipeline, IDataView train, IDataView validation)
    {
        IDataView current = validation;
        return Following(pipeline).Fit(train);

        IEstimator<ITransformer> Following(IEstimator<ITransformer> step) => MLNetInternals.Rebuilt(step, Following) ?? new FollowedStep(step, input =>
        {
            ITransformer fitted = step is ISegmentationEstimator trainer ? trainer.FitWith(input, current) : step.Fit(input);
            current = fitted.Transform(current);
            return fitted;
        });
    }

    private sealed class FollowedStep(IEstimator<ITransformer> step, Func<IDataView, ITransformer> fit) : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input) => fit(input);

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => step.GetOutputSchema(inputSchema);
    }
}
