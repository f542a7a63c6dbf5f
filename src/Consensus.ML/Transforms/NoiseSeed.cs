using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Consensus.ML.Transforms;

/// <summary>
/// Computes the seed of the random numbers of a row from a seed and from the row's own values, such as a slice's. So a slice has the same
/// maps alone and in a batch, in any order and on any thread.
/// </summary>
internal static class NoiseSeed
{
    public static ulong Compute(int seed, ReadOnlySpan<float> features)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> prefix = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(prefix, seed);
        hash.AppendData(prefix);
        hash.AppendData(MemoryMarshal.AsBytes(features));
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return BinaryPrimitives.ReadUInt64LittleEndian(digest);
    }
}
