using Consensus.ML.MLNet;
using Microsoft.ML;

namespace Consensus.ML.Segmentation.Chains;

/// <summary>Finds and replaces the trainers and the trained segmentations of this library in pipelines and models.</summary>
internal static class SegmentationPipelines
{
    /// <summary>The trainers in a pipeline.</summary>
    public static IReadOnlyList<ISegmentationEstimator> Trainers(IEstimator<ITransformer> pipeline) =>
        [.. PipelineSteps.List(pipeline).OfType<ISegmentationEstimator>()];

    /// <summary>A copy of a pipeline with other trainers in place of its own.</summary>
    public static IEstimator<ITransformer> ReplaceTrainers(
        IEstimator<ITransformer> pipeline,
        Func<ISegmentationEstimator, IEstimator<ITransformer>> replacement) =>
        PipelineSteps.Replace(pipeline, step => step is ISegmentationEstimator trainer ? replacement(trainer) : step);

    /// <summary>
    /// Fits a pipeline step by step. Each step learns from the training cases alone and then transforms both sets. So a trainer gets
    /// training cases and validation cases that went through the same steps.
    /// </summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="train">The training cases.</param>
    /// <param name="validation">The cases that decide which weights are best.</param>
    public static ITransformer Fit(IEstimator<ITransformer> pipeline, IDataView train, IDataView validation)
    {
        IDataView current = validation;
        return PipelineSteps.Replace(pipeline, step => new ValidatedStep(step, FitStep)).Fit(train);

        ITransformer FitStep(IEstimator<ITransformer> step, IDataView input)
        {
            ITransformer fitted = step is ISegmentationEstimator trainer ? trainer.FitWith(input, current) : step.Fit(input);
            current = fitted.Transform(current);
            return fitted;
        }
    }

    /// <summary>A copy of a model with other segmentations in place of its own. All other steps are shared with the given model.</summary>
    /// <exception cref="ArgumentException">The model has no segmentation.</exception>
    public static ITransformer ReplaceSegmentations(ITransformer model, Func<SegmentationTransformer, ITransformer> replacement) =>
        PipelineSteps.TryReplace(model, replacement) ?? throw new ArgumentException(
            $"The model ({model.GetType().Name}) has no consensus segmentation in it, so there is no sampling to change.", nameof(model));

    private sealed class ValidatedStep(IEstimator<ITransformer> step, Func<IEstimator<ITransformer>, IDataView, ITransformer> fit)
        : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input) => fit(step, input);

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => step.GetOutputSchema(inputSchema);
    }
}
