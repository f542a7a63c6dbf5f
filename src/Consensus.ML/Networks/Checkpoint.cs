using static TorchSharp.torch;

namespace Consensus.ML.Networks;

/// <summary>Weights as a published-format checkpoint (safetensors): the names, order and shapes of the published state dict.</summary>
internal static class Checkpoint
{
    /// <summary>Reads the weights of <paramref name="layout"/>. Tensors whose names begin with "io." are a test vector's, and are passed over.</summary>
    /// <exception cref="InvalidDataException">A weight is missing, unknown, or of another shape; the message names it.</exception>
    public static WeightSet Read(WeightLayout layout, ReadOnlyMemory<byte> file, Device device)
    {
        Safetensors tensors = Safetensors.Parse(file);
        Dictionary<string, SafetensorsEntry> entries = tensors.Entries.Where(entry => !entry.Name.StartsWith("io.", StringComparison.Ordinal)).ToDictionary(entry => entry.Name);
        WeightSet weights = WeightSet.Zeros(layout, device);
        try
        {
            using var none = no_grad();
            for (int i = 0; i < layout.Specs.Count; i++)
            {
                WeightSpec spec = layout.Specs[i];
                if (!entries.Remove(spec.Name, out SafetensorsEntry? entry))
                {
                    throw new InvalidDataException($"The checkpoint has no weight '{spec.Name}' (shape [{string.Join(", ", spec.Shape)}]): it belongs to another network.");
                }

                if (!entry.Shape.AsSpan().SequenceEqual(spec.Shape))
                {
                    throw new InvalidDataException($"Weight '{spec.Name}' has shape [{string.Join(", ", entry.Shape)}] in the checkpoint, but the network's is [{string.Join(", ", spec.Shape)}].");
                }

                using Tensor values = tensors.Read(entry);
                weights.Weights[i].copy_(values);
            }

            return entries.Count == 0
                ? weights
                : throw new InvalidDataException($"The checkpoint holds {entries.Count} weight(s) that the network has no place for, '{entries.Keys.First()}' first: it belongs to another network.");
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Writes the weights.</summary>
    public static byte[] Write(WeightSet weights) =>
        Safetensors.Write(weights.Layout.Specs.Select((spec, i) =>
        {
            using Tensor values = weights.Weights[i].cpu();
            return (spec.Name, spec.Shape, values.data<float>().ToArray());
        }));
}
