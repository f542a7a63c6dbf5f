using System.Globalization;
using Consensus.ML.Torch.Models;
using Microsoft.ML.OnnxRuntime;

namespace Consensus.ML.Onnx;

/// <summary>A graph that ONNX Runtime has loaded. Several threads may run it at once.</summary>
internal sealed class NetworkSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly bool _takesGenerationsBefore;

    /// <param name="model">The file.</param>
    /// <param name="options">How to run it.</param>
    /// <exception cref="NotSupportedException">What is to compute is not there.</exception>
    /// <exception cref="InvalidDataException">ONNX Runtime refuses the graph.</exception>
    public NetworkSession(byte[] model, OnnxRuntimeOptions options)
    {
        using var settings = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        if (options.Threads is int threads)
        {
            settings.IntraOpNumThreads = threads >= 1 ? threads : throw new ArgumentOutOfRangeException(
                nameof(options), threads, "Threads of OnnxRuntimeOptions must be at least 1.");
        }

        AddProvider(settings, options);
        try
        {
            _session = new(model, settings);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidDataException($"ONNX Runtime cannot load the model: {exception.Message}", exception);
        }

        _takesGenerationsBefore = _session.OverridableInitializerMetadata.ContainsKey(GraphPrediction.FirstGenerationInput)
            || _session.InputMetadata.ContainsKey(GraphPrediction.FirstGenerationInput);
    }

    /// <summary>Computes outputs.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="outputs">The outputs that are wanted.</param>
    /// <param name="cancellation">Ends the computation after the node that is being computed.</param>
    /// <param name="before">Generations before these, for a graph that takes views in turn.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Dictionary<string, float[]> Run(
        IReadOnlyList<NamedTensor> inputs,
        IReadOnlyList<string> outputs,
        CancellationToken cancellation,
        long before = 0)
    {
        cancellation.ThrowIfCancellationRequested();
        var values = new Dictionary<string, OrtValue>(StringComparer.Ordinal);
        try
        {
            foreach (NamedTensor input in inputs)
            {
                values.Add(input.Name, OrtValue.CreateTensorValueFromMemory(input.Values, input.Shape));
            }

            if (_takesGenerationsBefore)
            {
                values.Add(GraphPrediction.FirstGenerationInput, OrtValue.CreateTensorValueFromMemory(new[] { before }, []));
            }

            using var run = new RunOptions();
            using CancellationTokenRegistration stop = cancellation.Register(() => run.Terminate = true);
            using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(run, values, outputs);
            return outputs.Zip(results).ToDictionary(pair => pair.First, pair => pair.Second.GetTensorDataAsSpan<float>().ToArray());
        }
        catch (OnnxRuntimeException exception) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException("The prediction was cancelled.", exception, cancellation);
        }
        finally
        {
            foreach (OrtValue value in values.Values)
            {
                value.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private static void AddProvider(SessionOptions settings, OnnxRuntimeOptions options)
    {
        try
        {
            switch (options.Provider)
            {
                case OnnxProvider.Cpu:
                    break;
                case OnnxProvider.Cuda:
                    settings.AppendExecutionProvider_CUDA(options.DeviceId);
                    break;
                case OnnxProvider.DirectML:
                    // DirectML asks for both.
                    settings.EnableMemoryPattern = false;
                    settings.ExecutionMode = ExecutionMode.ORT_SEQUENTIAL;
                    settings.AppendExecutionProvider_DML(options.DeviceId);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(options), options.Provider, "There is no such provider.");
            }
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            string package = options.Provider == OnnxProvider.Cuda
                ? "Microsoft.ML.OnnxRuntime.Gpu.Linux or Microsoft.ML.OnnxRuntime.Gpu.Windows, with CUDA and cuDNN installed"
                : "Microsoft.ML.OnnxRuntime.DirectML, on Windows";
            throw new NotSupportedException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"ONNX Runtime cannot compute with {options.Provider} (device {options.DeviceId}). The application must reference "
                    + $"{package}. ONNX Runtime's own words: {exception.Message}"),
                exception);
        }
    }
}
