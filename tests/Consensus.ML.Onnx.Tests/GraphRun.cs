using Consensus.ML.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace Consensus.ML.Onnx.Tests;

/// <summary>Runs graphs with ONNX Runtime.</summary>
internal static class GraphRun
{
    /// <summary>The bytes of a graph's file.</summary>
    public static byte[] ToBytes(GraphBuilder graph)
    {
        using var stream = new MemoryStream();
        graph.ToModel("test", ("tests", "1"), "A test.", new Dictionary<string, string>()).Write(stream);
        return stream.ToArray();
    }

    /// <summary>The outputs of a graph, by name.</summary>
    public static Dictionary<string, float[]> Run(byte[] model, params (string Name, float[] Values, long[] Shape)[] inputs)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(model, options);
        return Run(session, inputs);
    }

    /// <summary>The outputs of a session, by name.</summary>
    public static Dictionary<string, float[]> Run(
        InferenceSession session, params (string Name, float[] Values, long[] Shape)[] inputs)
    {
        Dictionary<string, OrtValue> values = inputs.ToDictionary(
            input => input.Name, input => OrtValue.CreateTensorValueFromMemory(input.Values, input.Shape));
        try
        {
            using var run = new RunOptions();
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, values, session.OutputNames);
            return session.OutputNames.Zip(outputs).ToDictionary(
                pair => pair.First, pair => pair.Second.GetTensorDataAsSpan<float>().ToArray());
        }
        finally
        {
            foreach (OrtValue value in values.Values)
            {
                value.Dispose();
            }
        }
    }
}
