using System.Security.Cryptography;
using Microsoft.ML;

namespace Consensus.ML;

/// <summary>Our part of a model zip: the manifest and the weights, as two entries in the folder that ML.NET gives the step.</summary>
internal static class ModelFile
{
    public const string ManifestName = "manifest.json";
    public const string WeightsName = "weights.safetensors";

    private static readonly ModelState State = new("ConsensusSegment", "CMLSEGMT", ConsensusSegmentationTransformer.LoaderSignature);

    public static void Save(ModelSaveContext context, ModelManifest manifest, byte[] weights)
    {
        manifest = manifest with { Weights = new(WeightsName, weights.LongLength, Convert.ToHexStringLower(SHA256.HashData(weights))) };
        byte[] json = manifest.ToJson();
        State.Save(context, writer => writer.Write(SHA256.HashData(json)));
        context.SaveBinaryStream(ManifestName, writer => writer.Write(json));
        context.SaveBinaryStream(WeightsName, writer => writer.Write(weights));
    }

    /// <exception cref="InvalidDataException">The file is damaged or too new; the message says which and what to do.</exception>
    public static (ModelManifest Manifest, byte[] Weights) Load(ModelLoadContext context)
    {
        byte[] hash = State.Load(context, reader => reader.ReadBytes(SHA256.HashSizeInBytes));
        byte[] json = ReadEntry(context, ManifestName);
        if (!SHA256.HashData(json).AsSpan().SequenceEqual(hash))
        {
            throw ModelState.Damaged($"{ManifestName} does not have the SHA-256 it was saved with");
        }

        ModelManifest manifest = ModelManifest.FromJson(json);
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
