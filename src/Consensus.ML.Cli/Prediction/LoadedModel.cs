using System.Reflection;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Transforms;
using Microsoft.ML;

namespace Consensus.ML.Cli.Prediction;

/// <summary>A model read from a zip.</summary>
/// <param name="Model">The whole pipeline, from a file name to a soft map.</param>
/// <param name="Segmentation">The trained segmentation in the pipeline.</param>
/// <param name="InputSchema">The columns of the data that it was trained on.</param>
internal sealed record LoadedModel(ITransformer Model, SegmentationTransformer Segmentation, DataViewSchema InputSchema) : IDisposable
{
    /// <summary>Reads a model.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no model, or a model without a consensus segmentation.</exception>
    public static LoadedModel Read(MLContext ml, string path)
    {
        EnsureExists(path);
        ITransformer model;
        DataViewSchema schema;
        try
        {
            model = ml.Model.Load(path, out schema);
        }
        catch (FormatException exception)
        {
            throw new InvalidDataException($"'{path}' is not a model, or is cut short: {exception.Message}", exception);
        }
        catch (TargetInvocationException exception) when (Failure.Innermost(exception) is InvalidDataException damage)
        {
            throw new InvalidDataException($"'{path}' cannot be used. {damage.Message}", damage);
        }

        return FindSegmentation(model) is { } segmentation
            ? new(model, segmentation, schema)
            : throw new InvalidDataException(
                $"'{path}' is an ML.NET model without a consensus segmentation; use one that 'consensus train' wrote.");
    }

    /// <summary>The value of pixels without data that the model was trained with; null for no such value.</summary>
    public float? NoData => Model.GetSteps().OfType<SliceNormalizingTransformer>().FirstOrDefault()?.NoDataValue;

    public static void EnsureExists(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                Directory.Exists(path) ? $"'{path}' is a folder; a model is a .zip file." : $"There is no model '{path}'.");
        }
    }

    /// <summary>A model with the same weights that samples differently. Dispose both.</summary>
    public LoadedModel WithSampling(SamplingOptions sampling)
    {
        ITransformer model = Model.WithSampling(sampling);
        return new(model, FindSegmentation(model)!, InputSchema);
    }

    /// <inheritdoc/>
    public void Dispose() => (Model as IDisposable)?.Dispose();

    private static SegmentationTransformer? FindSegmentation(ITransformer model) =>
        model.GetSteps().OfType<SegmentationTransformer>().FirstOrDefault();
}
