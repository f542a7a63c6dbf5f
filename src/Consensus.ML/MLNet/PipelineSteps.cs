using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.MLNet;

/// <summary>
/// Walks ML.NET's chains of estimators and of transformers, to any depth. A step is an element that is not a chain itself.
/// </summary>
internal static class PipelineSteps
{
    /// <summary>The steps of a pipeline in their order.</summary>
    public static IEnumerable<IEstimator<ITransformer>> List(IEstimator<ITransformer> pipeline) =>
        EstimatorChainAccess.TryOpen(pipeline) is { } chain ? chain.Steps.SelectMany(List) : [pipeline];

    /// <summary>The steps of a model in their order.</summary>
    public static IEnumerable<ITransformer> List(ITransformer model) =>
        model is IEnumerable<ITransformer> chain ? chain.SelectMany(List) : [model];

    /// <summary>A pipeline of the same shape with other steps.</summary>
    /// <param name="pipeline">The pipeline; it stays as it is.</param>
    /// <param name="replacement">Gives the new step for each step; it may return the same step.</param>
    public static IEstimator<ITransformer> Replace(
        IEstimator<ITransformer> pipeline,
        Func<IEstimator<ITransformer>, IEstimator<ITransformer>> replacement) =>
        EstimatorChainAccess.TryOpen(pipeline) is { } chain
            ? chain.WithSteps(chain.Steps.Select(step => Replace(step, replacement)))
            : replacement(pipeline);

    /// <summary>A model of the same shape with other steps of one type. All other steps are shared with the given model.</summary>
    /// <typeparam name="T">The type of the steps to replace.</typeparam>
    /// <param name="model">The model; it stays as it is.</param>
    /// <param name="replacement">Gives the new step for each step of the type.</param>
    /// <returns>Null where the model has no step of the type.</returns>
    public static ITransformer? TryReplace<T>(ITransformer model, Func<T, ITransformer> replacement)
        where T : class, ITransformer
    {
        if (model is not ITransformerChainAccessor chain)
        {
            return model is T step ? replacement(step) : null;
        }

        ITransformer?[] replaced = [.. chain.Transformers.Select(step => TryReplace(step, replacement))];
        return replaced.All(step => step is null)
            ? null
            : new TransformerChain<ITransformer>(chain.Transformers.Zip(replaced, (before, after) => after ?? before), chain.Scopes);
    }
}
