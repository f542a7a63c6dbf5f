using System.Globalization;
using System.Reflection;
using Consensus.ML.Machine;
using Consensus.ML.Onnx;
using Consensus.ML.Serving.Settings;
using Microsoft.ML;

namespace Consensus.ML.Serving.Prediction;

/// <summary>Loads the model that the options name.</summary>
internal static class ModelLoading
{
    /// <summary>What loads a model; each call gives one of its own.</summary>
    public static Func<IMapPredictor> CreateLoader(ConsensusServingOptions options) => () =>
    {
        var ml = new MLContext();
        if (options.ModelPath is { } path && path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            // ONNX Runtime predicts, so nothing of torch is loaded. Its sessions have their threads for good, where torch changes its own.
            return Predictor(ml, ml.Model.LoadOnnx(path, OnnxRuntimeOptions.ForDevice(options.Device) with
            {
                Threads = Math.Max(1, Environment.ProcessorCount / options.Workers),
            }));
        }

        return Predictor(ml, options.Model is { } given ? given(ml) : Read(ml, options.ModelPath!, options.Device));
    };

    private static ChainPredictor Predictor(MLContext ml, ITransformer model)
    {
        try
        {
            return new ChainPredictor(ml, model);
        }
        catch
        {
            (model as IDisposable)?.Dispose();
            throw;
        }
    }

    private static ITransformer Read(MLContext ml, string path, string? device)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                Directory.Exists(path) ? $"'{path}' is a folder; a model is a .zip file." : $"There is no model '{path}'.");
        }

        string taken = RuntimeInfo.Collect(device).Device;
        ml.GpuDeviceId = taken == "cpu" ? null : int.Parse(taken.AsSpan("cuda:".Length), CultureInfo.InvariantCulture);
        ml.FallbackToCpu = false;
        try
        {
            return ml.Model.Load(path, out _);
        }
        catch (FormatException exception)
        {
            throw new InvalidDataException($"'{path}' is not a model, or is cut short: {exception.Message}", exception);
        }
        catch (TargetInvocationException exception) when (Damage(exception) is { } damage)
        {
            throw new InvalidDataException($"'{path}' cannot be used. {damage.Message}", damage);
        }
    }

    /// <summary>What ML.NET's loader wrapped, once or more; null where it is something else.</summary>
    private static InvalidDataException? Damage(Exception exception)
    {
        Exception? inner = exception;
        while (inner is TargetInvocationException)
        {
            inner = inner.InnerException;
        }

        return inner as InvalidDataException;
    }
}
