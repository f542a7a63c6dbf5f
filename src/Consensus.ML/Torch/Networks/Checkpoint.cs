using Consensus.Imaging.Storage;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>Weights as a published-format checkpoint (safetensors): the names, order and shapes of the published state dict.</summary>
internal static class Checkpoint
{
    /// <summary>
    /// Reads the weights of <paramref name="layout"/>. It ignores tensors whose names begin with "io."; they belong to test vectors.
    /// </summary>
    /// <exception cref="InvalidDataException">A weight is missing, unknown, or of another shape; the message names it.</exception>
    public static WeightSet Read(WeightLayout layout, ReadOnlyMemory<byte> file, Device device)
    {
        Safetensors tensors = Safetensors.Parse(file);
        return Read(layout, tensors.Entries, tensors.Read, device);
    }

    /// <summary>The same from a seekable stream; reads only the header and these weights.</summary>
    /// <exception cref="InvalidDataException">A weight is missing, unknown, or of another shape; the message names it.</exception>
    public static WeightSet Read(WeightLayout layout, Stream file, Device device)
    {
        SafetensorsStream tensors = SafetensorsStream.Open(file);
        return Read(layout, tensors.Entries, tensors.Read, device);
    }

    private static WeightSet Read(
        WeightLayout layout, IReadOnlyList<SafetensorsEntry> tensors, Func<SafetensorsEntry, Tensor> read, Device device)
    {
        SafetensorsEntry[] entries = Match(layout, tensors);
        WeightSet weights = WeightSet.Zeros(layout, device);
        try
        {
            using var none = no_grad();
            for (int i = 0; i < entries.Length; i++)
            {
                using Tensor values = read(entries[i]);
                weights.Weights[i].copy_(values);
            }

            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Finds the tensor of each weight of a layout. It runs before any memory of the layout's size is taken.</summary>
    private static SafetensorsEntry[] Match(WeightLayout layout, IReadOnlyList<SafetensorsEntry> tensors)
    {
        Dictionary<string, SafetensorsEntry> entries = tensors
            .Where(entry => !entry.Name.StartsWith("io.", StringComparison.Ordinal))
            .ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        var matched = new SafetensorsEntry[layout.Specs.Count];
        for (int i = 0; i < matched.Length; i++)
        {
            WeightSpec spec = layout.Specs[i];
            if (!entries.Remove(spec.Name, out SafetensorsEntry? entry))
            {
                throw new InvalidDataException(
                    $"The checkpoint has no weight '{spec.Name}' (shape {Safetensors.Text(spec.Shape)}): it belongs to another network.");
            }

            matched[i] = entry.Shape.AsSpan().SequenceEqual(spec.Shape)
                ? entry
                : throw new InvalidDataException(
                    $"Weight '{spec.Name}' has shape {Safetensors.Text(entry.Shape)} in the checkpoint, "
                    + $"but the network's is {Safetensors.Text(spec.Shape)}.");
        }

        return entries.Count == 0
            ? matched
            : throw new InvalidDataException(
                $"The checkpoint holds {entries.Count} weight(s) that the network has no place for, "
                + $"'{NameText.Printable(entries.Keys.First())}' first: it belongs to another network.");
    }

    /// <summary>
    /// The bytes that <see cref="Write"/> makes from weights of this layout: the values alone, and the file with its header.
    /// </summary>
    public static (long Values, long File) Length(WeightLayout layout)
    {
        long values = sizeof(float) * layout.ParameterCount;
        return (values, values + Safetensors.Header(layout.Specs.Select(spec => (spec.Name, spec.Shape))).Length);
    }

    /// <summary>Writes the weights.</summary>
    public static byte[] Write(WeightSet weights) =>
        Safetensors.Write(weights.Layout.Specs.Select((spec, i) =>
        {
            using Tensor values = weights.Weights[i].ToHost();
            return (spec.Name, spec.Shape, values.ToArray());
        }));
}
