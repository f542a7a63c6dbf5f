using System.Reflection;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Onnx;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Torch.Runtime;
using Consensus.ML.Transforms;
using Microsoft.ML;

namespace Consensus.ML.Cli.Prediction;

/// <summary>A model read from a zip or an ONNX file.</summary>
/// <param name="Model">The whole pipeline, from a file name to a soft map.</param>
/// <param name="Segmentation">The trained segmentation in the pipeline.</param>
/// <param name="InputSchema">The columns of the data that it was trained on.</param>
internal sealed record LoadedModel(ITransformer Model, SegmentationTransformer Segmentation, DataViewSchema InputSchema) : IDisposable
{
    /// <summary>The column of masks that are drawn from the soft map, as it is called without a structure.</summary>
    public const string DrawnMasks = "DrawnMasks";

    /// <summary>Reads a model.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no model, or a model without a consensus segmentation.</exception>
    public static LoadedModel Read(MLContext ml, string path) => Read(ml, path, null, null);

    /// <summary>Reads a model, a zip or an ONNX file.</summary>
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="path">The file.</param>
    /// <param name="device">
    /// The requested device; null for the first GPU where there is one, or else the CPU. For an ONNX file, null is the CPU.
    /// </param>
    /// <param name="verbose">Whether to print the whole log.</param>
    /// <param name="threads">Threads of an ONNX file; null for its default. <see cref="UseThreads"/> sets those of torch.</param>
    /// <returns>The context that it was read with, and the model.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no model, or a model without a consensus segmentation.</exception>
    public static (MLContext Ml, LoadedModel Model) Open(Terminal terminal, string path, string? device, bool verbose, int? threads = null)
    {
        // Nothing of torch is needed for an ONNX file.
        MLContext ml = IsOnnx(path)
            ? Session.CreateWithoutDevice(terminal, null, verbose)
            : Session.Create(terminal, device, null, verbose);
        return (ml, Read(ml, path, device, threads));
    }

    /// <summary>Sets the number of threads of torch for the work of this thread, where the model at a path needs torch.</summary>
    /// <param name="path">The file of the model.</param>
    /// <param name="threads">The number; null to leave it as it is.</param>
    /// <returns>What ends the setting; null where nothing was set.</returns>
    public static IDisposable? UseThreads(string path, int? threads) =>
        threads is null || IsOnnx(path) ? null : TorchRuntime.UseThreads(threads);

    private static bool IsOnnx(string path) => path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);

    private static LoadedModel Read(MLContext ml, string path, string? device, int? threads)
    {
        EnsureExists(path);
        if (IsOnnx(path))
        {
            ITransformer onnx = ml.Model.LoadOnnx(path, OnnxRuntimeOptions.ForDevice(device) with { Threads = threads });
            return new(onnx, FindSegmentation(onnx)!, new DataViewSchema.Builder().ToSchema());
        }

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

    /// <summary>How the model normalises slices; null where it does not.</summary>
    public SliceNormalizingTransformer? Normalizing => Model.GetSteps().OfType<SliceNormalizingTransformer>().FirstOrDefault();

    /// <summary>How the model resizes slices; null for a model without that step.</summary>
    public SliceResizingTransformer? Resizing => Model.GetSteps().OfType<SliceResizingTransformer>().FirstOrDefault();

    /// <summary>The step that draws masks from the soft map of a structure; null where the model has none, as ONNX files do.</summary>
    public RaterMaskDrawingTransformer? Drawing(SegmentedStructure structure) => Model.GetSteps().OfType<RaterMaskDrawingTransformer>()
        .FirstOrDefault(step => step.OutputColumnName == structure.ColumnName(DrawnMasks));

    public static void EnsureExists(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                Directory.Exists(path) ? $"'{path}' is a folder; a model is a .zip or an .onnx file." : $"There is no model '{path}'.");
        }
    }

    /// <summary>A model with the same weights that samples differently. Dispose both.</summary>
    public LoadedModel WithSampling(SamplingOptions sampling)
    {
        ITransformer model = Model.WithSampling(sampling);
        return new(model, FindSegmentation(model)!, InputSchema);
    }

    /// <summary>A model with the same weights whose predictions end when a token is cancelled. Dispose both.</summary>
    public LoadedModel WithCancellation(CancellationToken cancellation)
    {
        ITransformer model = Model.WithCancellation(cancellation);
        return new(model, FindSegmentation(model)!, InputSchema);
    }

    /// <inheritdoc/>
    public void Dispose() => (Model as IDisposable)?.Dispose();

    private static SegmentationTransformer? FindSegmentation(ITransformer model) =>
        model.GetSteps().OfType<SegmentationTransformer>().FirstOrDefault();
}
