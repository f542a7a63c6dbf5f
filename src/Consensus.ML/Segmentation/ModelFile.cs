using System.Security.Cryptography;
using Microsoft.ML;

namespace Consensus.ML;

/// <summary>Our part of a model zip: the manifest and the weights, as two entries in the folder that ML.NET gives the step.</summary>
internal static class ModelFile
{
    public const string ManifestName = "manifest.json";
    public const string WeightsName = "weights.safetensors";

    public static void Save(ModelState state, ModelSaveContext context, ISegmentationManifest manifest, byte[] weights)
    {
        byte[] json = manifest.With(new ManifestWeights(WeightsName, weights.LongLength, Convert.ToHexStringLower(SHA256.HashData(weights)))).ToJson();
        state.Save(context, writer => writer.Write(SHA256.HashData(json)));
        context.SaveBinaryStream(ManifestName, writer => writer.Write(json));
        context.SaveBinaryStream(WeightsName, writer => writer.Write(weights));
    }

    /// <param name="state">The step's state.</param>
    /// <param name="context">Where to read from.</param>
    /// <param name="parse">Reads the step's sort of manifest.</param>
    /// <exception cref="InvalidDataException">The file is damaged or too new; the message says which and what to do.</exception>
    public static (T Manifest, byte[] Weights) Load<T>(ModelState state, ModelLoadContext context, Func<byte[], T> parse)
        where T : ISegmentationManifest
    {
        byte[] hash = state.Load(context, reader => reader.ReadBytes(SHA256.HashSizeInBytes));
        byte[] json = ReadEntry(context, ManifestName);
        if (!SHA256.HashData(json).AsSpan().SequenceEqual(hash))
        {
            throw ModelState.Damaged($"{ManifestName} does not have the SHA-256 it was saved with");
        }

        T manifest = parse(json);
        byte[] weights = ReadEntry(context, WeightsName);
        if (weights.LongLength != manifest.Weights!.Bytes)
        {
            throw ModelState.Damaged($"{WeightsName} has {weights.LongLength} bytes where {ManifestName} says {manifest.Weights.Bytes}");
        }

        string found = Convert.ToHexStringLower(SHA256.HashData(weights));
        return found == manifest.Weights.Sha256
            ? (manifest, weights)
            : throw ModelState.Damaged($"{WeightsName} has the SHA-256 {found} where {ManifestName} says {manifest.Weights.Sha256}");
    }

    private static byte[] ReadEntry(ModelLoadContext context, string name)
    {
        using var memory = new MemoryStream();
        bool found;
        try
        {
            found = context.TryLoadBinaryStream(name, reader => reader.BaseStream.CopyTo(memory));
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or FormatException or NotSupportedException)
        {
            throw ModelState.Damaged($"{name} cannot be read ({exception.Message})", exception);
        }

        return found ? memory.ToArray() : throw ModelState.Damaged($"{name} is missing");
    }
}
