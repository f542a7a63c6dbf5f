using System.Security.Cryptography;
using System.Text;

namespace Consensus.ML.Studies.Running;

/// <summary>What a record of a study belongs to: members that its file has beside its own.</summary>
/// <param name="Study">
/// A SHA-256 over everything in the study's record that decides the results (<see cref="StudyRecord.BindingOf"/>).
/// </param>
/// <param name="Model">The SHA-256 of the model; null for a record without a model.</param>
internal sealed record RecordBinding(string Study, string? Model = null)
{
    /// <summary>The same with the hash of a model's file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public RecordBinding WithModel(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return this with { Model = Convert.ToHexStringLower(SHA256.HashData(stream)) };
    }

    /// <summary>The hash of several texts. Each is preceded by its length, so that no two lists give the same text.</summary>
    public static string Hash(IEnumerable<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] bytes in parts.Select(Encoding.UTF8.GetBytes))
        {
            hash.AppendData(BitConverter.GetBytes((long)bytes.Length));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
