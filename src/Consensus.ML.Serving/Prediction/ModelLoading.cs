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
    public static Func<IMapPredictor> Of(ConsensusServingOptions options) => () =>
    {
        var ml = new MLContext();
        if (options.ModelPath is { } path && path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            // ONNX Runtime predicts, so nothing of torch is loaded.
            return Predictor(ml, ml.Model.LoadOnnx(path, OnnxRuntimeOptions.ForDevice(options.Device)));
        }

        string device = RuntimeInfo.Collect(options.Device).Device;
        ml.GpuDeviceId = device == "cpu"
            ? null
            : int.Parse(device.AsSpan("cuda:".Length), System.Globalization.CultureInfo.InvariantCulture);
        ml.FallbackToCpu = false;
        return Predictor(ml, options.Model is { } given ? given(ml) : Read(ml, options.ModelPath!));
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

    private static ITransformer Read(MLContext ml, string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                Directory.Exists(path) ? $"'{path}' is a folder; a model is a .zip file." : $"There is no model '{path}'.");
        }

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
