using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consensus.Imaging.Storage;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Training.Optimization;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Training.Checkpoints;

/// <summary>
/// A checkpoint of a run: one safetensors file with the optimizers' tensors and the best weights of all members. Its metadata hold the
/// run's fingerprint, its progress, and the SHA-256 of the file. It is a single file that is renamed into its place, so that a killed
/// process cannot leave half of a pair.
/// </summary>
/// <param name="Fingerprint">What identifies the run.</param>
/// <param name="Snapshot">How far the run is. Checkpoint files call it Facts.</param>
internal sealed record TrainingCheckpoint(
    TrainingFingerprint Fingerprint,
    [property: JsonPropertyName("Facts")] TrainingSnapshot Snapshot)
{
    /// <summary>The version that this library writes, and the newest version that it reads.</summary>
    public const int CurrentFormatVersion = 1;

    private const string HashKey = "sha256", VersionKey = "formatVersion", FactsKey = "checkpoint";

    // The hash comes first in the header, so that its position is fixed: 8 bytes of length, then this text. It is computed over the file
    // with zeros in place of the hash.
    private const int LengthBytes = 8, HashLength = 2 * SHA256.HashSizeInBytes;

    private static readonly byte[] BeforeHash = "{\"__metadata__\":{\"sha256\":\""u8.ToArray(),
        NoHash = Encoding.ASCII.GetBytes(new string('0', HashLength));
    private const string NoRun = "What it says of its run is not what a run writes.";

    private static readonly JsonSerializerOptions Strict = new()
    {
        AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    };

    private static readonly int HashPosition = LengthBytes + BeforeHash.Length;

    /// <summary>The name of a member's best weights, after the <see cref="Prefix"/>.</summary>
    public const string BestName = "best";

    /// <summary>Writes a checkpoint; the file is replaced whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">The tensors by name.</param>
    /// <param name="held">The lock of the folder.</param>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    /// <exception cref="FolderTakenException">Another process has taken the folder over.</exception>
    public void Write(string path, IReadOnlyList<(string Name, Tensor Values)> tensors, FolderLock held)
    {
        var metadata = new Dictionary<string, string>
        {
            [HashKey] = Encoding.ASCII.GetString(NoHash),
            [VersionKey] = CurrentFormatVersion.ToString(CultureInfo.InvariantCulture),
            [FactsKey] = JsonSerializer.Serialize(this),
        };
        AtomicFile.Write(
            path,
            stream =>
            {
                SafetensorsStream.Write(stream, tensors, metadata);
                stream.Position = 0;
                byte[] hash = SHA256.HashData(stream);
                stream.Position = HashPosition;
                stream.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash)));
            },
            held);
    }

    /// <summary>Reads a checkpoint's description, after checking that every byte is as it was written.</summary>
    /// <exception cref="InvalidDataException">The file is damaged; the message says how.</exception>
    /// <exception cref="NotSupportedException">It has a newer format.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static TrainingCheckpoint Read(string path)
    {
        using FileStream stream = File.OpenRead(path);
        EnsureWhole(stream);
        IReadOnlyDictionary<string, string> metadata = SafetensorsStream.Open(stream).Metadata;
        if (!int.TryParse(metadata.GetValueOrDefault(VersionKey), CultureInfo.InvariantCulture, out int version)
            || version > CurrentFormatVersion)
        {
            throw new NotSupportedException(
                $"It has format version {metadata.GetValueOrDefault(VersionKey)}; this version of Consensus.ML reads up to "
                + $"{CurrentFormatVersion}. Update the Consensus.ML package.");
        }

        try
        {
            string facts = metadata.GetValueOrDefault(FactsKey, "");
            TrainingCheckpoint? checkpoint = JsonSerializer.Deserialize<TrainingCheckpoint>(facts, Strict);
            return checkpoint is not null && checkpoint.Snapshot.IsPossible ? checkpoint : throw new InvalidDataException(NoRun);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(NoRun, exception);
        }
    }

    /// <summary>Fills the optimizers and the state from a checkpoint that <see cref="Read"/> accepted.</summary>
    /// <exception cref="InvalidDataException">A tensor is missing or has another shape.</exception>
    public void Restore(string path, IReadOnlyList<Optimizer> optimizers, TrainingState state)
    {
        using FileStream stream = File.OpenRead(path);
        SafetensorsStream tensors = SafetensorsStream.Open(stream);
        bool hasBest = tensors.Entries.Any(entry => entry.Name == BestName);
        var best = new List<WeightSet>();
        for (int member = 0; member < optimizers.Count; member++)
        {
            Optimizer optimizer = optimizers[member];
            foreach ((string name, Tensor values) in optimizer.State)
            {
                tensors.Read(Prefix(member) + name, values);
            }

            if (hasBest)
            {
                best.Add(WeightSet.Zeros(optimizer.Average.Layout, optimizer.Average.Flat.device));
                tensors.Read(Prefix(member) + BestName, best[member].Flat);
            }

            optimizer.Resume(Snapshot.Step);
        }

        state.Resume(Snapshot, hasBest ? best : null);
    }

    /// <summary>What the names of a member's tensors begin with; nothing for the first, as in a run of one network.</summary>
    public static string Prefix(int member) =>
        member == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"member-{member + 1}.");

    private static void EnsureWhole(FileStream stream)
    {
        var head = new byte[HashPosition + HashLength];
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length
            || !head.AsSpan(LengthBytes, BeforeHash.Length).SequenceEqual(BeforeHash))
        {
            throw new InvalidDataException("It is cut short, or no checkpoint.");
        }

        string written = Encoding.ASCII.GetString(head, HashPosition, HashLength);
        NoHash.CopyTo(head, HashPosition);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        var block = new byte[1 << 20];
        for (int read = stream.Read(block); read > 0; read = stream.Read(block))
        {
            hash.AppendData(block, 0, read);
        }

        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != written)
        {
            throw new InvalidDataException("It does not have the SHA-256 it was written with: it is damaged.");
        }
    }
}
