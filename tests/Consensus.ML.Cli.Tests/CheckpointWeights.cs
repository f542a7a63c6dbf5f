using System.Runtime.InteropServices;
using System.Text.Json;

namespace Consensus.ML.Cli.Tests;

/// <summary>The weights in a checkpoint, for comparing two runs.</summary>
internal static class CheckpointWeights
{
    /// <summary>Reads those that training has after a step.</summary>
    /// <param name="folder">The folder of the checkpoints.</param>
    /// <param name="step">The step.</param>
    public static float[] Read(string folder, int step)
    {
        byte[] file = File.ReadAllBytes(Path.Combine(folder, $"step-{step:000000000}.safetensors"));
        int header = 8 + (int)BitConverter.ToInt64(file);
        using JsonDocument json = JsonDocument.Parse(file.AsMemory(8, header - 8));
        JsonElement offsets = json.RootElement.GetProperty("weights").GetProperty("data_offsets");
        return MemoryMarshal.Cast<byte, float>(file.AsSpan((header + offsets[0].GetInt32())..(header + offsets[1].GetInt32()))).ToArray();
    }

    /// <summary>The norm of the difference, relative to the norm of the first.</summary>
    public static double Distance(float[] first, float[] second) =>
        Math.Sqrt(first.Zip(second, (a, b) => Math.Pow(a - b, 2)).Sum() / first.Sum(value => Math.Pow(value, 2)));
}
