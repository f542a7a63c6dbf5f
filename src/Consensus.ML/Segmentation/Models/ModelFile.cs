using System.Globalization;
using System.Security.Cryptography;
using Consensus.ML.MLNet;
using Consensus.ML.Transforms;
using Microsoft.ML;

namespace Consensus.ML.Segmentation.Models;

/// <summary>
/// The part of a model zip that this library writes: the manifest and the weights of each member, in the folder that ML.NET gives the
/// step.
/// </summary>
internal static class ModelFile
{
    public const string ManifestName = "manifest.json";
    public const string WeightsName = "weights.safetensors";

    // A manifest has about 4 kB, and 100 bytes more for each validation of each member.
    private const long LargestManifest = 1 << 24;

    public static void Save(ModelState state, ModelSaveContext context, ModelManifest manifest, IReadOnlyList<byte[]> weights)
    {
        byte[] json = ManifestJson.Write(Describe(manifest, weights));
        state.Save(context, writer => writer.Write(SHA256.HashData(json)));
        context.SaveBinaryStream(ManifestName, writer => writer.Write(json));
        for (int member = 0; member < weights.Count; member++)
        {
            byte[] bytes = weights[member];
            context.SaveBinaryStream(NameOf(member), writer => writer.Write(bytes));
        }
    }

    /// <summary>Reads and checks the manifest, then reads the weights that it names.</summary>
    /// <typeparam name="T">The kind of manifest.</typeparam>
    /// <param name="state">The step's state.</param>
    /// <param name="context">Where to read from.</param>
    /// <returns>The manifest, and the weights of each member.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, too new or no model of this library; the message says which.</exception>
    public static (T Manifest, IReadOnlyList<byte[]> Weights) Load<T>(ModelState state, ModelLoadContext context)
        where T : ModelManifest
    {
        byte[] hash = state.Load(context, reader => reader.ReadBytes(SHA256.HashSizeInBytes));
        byte[] json = ReadEntry(context, ManifestName, LargestManifest, "where a manifest has at most");
        if (!SHA256.HashData(json).AsSpan().SequenceEqual(hash))
        {
            throw ModelState.Damaged($"{ManifestName} does not have the SHA-256 it was saved with");
        }

        T manifest = ManifestJson.Read<T>(json);
        ManifestCheck.Check(manifest);
        ManifestWeights[] members = [manifest.Weights!, .. manifest.FurtherMembers?.Select(member => member.Weights!) ?? []];
        return (manifest, [.. members.Select((promised, member) => ReadWeights(context, NameOf(member), promised))]);
    }

    /// <summary>A manifest that names the weights of each member, with their hashes.</summary>
    public static ModelManifest Describe(ModelManifest manifest, IReadOnlyList<byte[]> weights) => manifest.WithWeights([
        .. weights.Select((bytes, member) => new ManifestWeights(NameOf(member), bytes.LongLength, Hash(bytes))),
    ]);

    /// <summary>The entry with the weights of a member, counted from 0.</summary>
    public static string NameOf(int member) =>
        member == 0 ? WeightsName : string.Create(CultureInfo.InvariantCulture, $"weights-{member + 1}.safetensors");

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static byte[] ReadWeights(ModelLoadContext context, string name, ManifestWeights promised)
    {
        byte[] weights = ReadEntry(context, name, promised.Bytes, $"where {ManifestName} says");
        if (weights.LongLength != promised.Bytes)
        {
            throw ModelState.Damaged($"{name} has {weights.LongLength} bytes where {ManifestName} says {promised.Bytes}");
        }

        string found = Hash(weights);
        return found == promised.Sha256
            ? weights
            : throw ModelState.Damaged($"{name} has the SHA-256 {found} where {ManifestName} says {promised.Sha256}");
    }

    /// <summary>Reads an entry. It unpacks no more bytes than allowed, because a zip can unpack to a thousand times its own size.</summary>
    /// <param name="context">Where to read from.</param>
    /// <param name="name">The entry.</param>
    /// <param name="most">The most bytes that it may have.</param>
    /// <param name="why">The words before that number in a message.</param>
    public static byte[] ReadEntry(ModelLoadContext context, string name, long most, string why)
    {
        if (context.UnpackedLength(name) is long length && length > most)
        {
            throw TooLong(length);
        }

        byte[] bytes = [];
        long unpacked = 0;
        bool found;
        try
        {
            found = context.TryLoadBinaryStream(name, reader =>
            {
                unpacked = reader.BaseStream.Length;
                if (unpacked <= most)
                {
                    bytes = new byte[unpacked];
                    reader.BaseStream.ReadExactly(bytes);
                }
            });
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or FormatException or NotSupportedException)
        {
            throw ModelState.Damaged($"{name} cannot be read ({exception.Message})", exception);
        }

        return !found ? throw ModelState.Damaged($"{name} is missing") : unpacked > most ? throw TooLong(unpacked) : bytes;

        InvalidDataException TooLong(long length) => ModelState.Damaged($"{name} has {length} bytes {why} {most}");
    }
}
