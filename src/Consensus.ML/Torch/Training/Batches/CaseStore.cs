using System.Globalization;
using System.Runtime.InteropServices;
using Consensus.Imaging;
using Microsoft.Win32.SafeHandles;

namespace Consensus.ML.Torch.Training.Batches;

/// <summary>
/// Keeps training cases in memory, or, once they would take more of it than allowed, in a temporary file that training reads them from
/// again: the same values, thus the same model. The file is this user's alone and has no name any more once it is open, so that nothing
/// of it stays behind, however the process ends (where a system keeps the name, it goes with the handle).
/// </summary>
/// <param name="limit">The most bytes that cases may take in memory.</param>
/// <param name="folder">Where the file goes; null for the system's temporary folder.</param>
internal sealed class CaseStore(long limit, string? folder = null) : IDisposable
{
    private readonly List<Stored> _inMemory = [];
    private SafeFileHandle? _file;
    private long _end;

    /// <summary>Bytes of all cases, wherever they are kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether the cases are in the file.</summary>
    public bool IsOnDisk => _file is not null;

    /// <summary>
    /// What is allowed where nothing is asked for: half of the memory that .NET may use, which a container's limit bounds.
    /// </summary>
    public static long DefaultLimit => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>What a case takes, in bytes.</summary>
    /// <param name="features">Values of the prepared image, four bytes each.</param>
    /// <param name="masks">Pixels of all masks, a bit each.</param>
    public static long SizeOf(long features, long masks) => (features * sizeof(float)) + ((masks + 7) / 8);

    /// <summary>Keeps a case; the store owns what it is given.</summary>
    /// <exception cref="IOException">The cases do not fit memory, nor the temporary file; the message says where that is.</exception>
    public TrainingCase Add(string name, float[] features, RaterMasks masks)
    {
        PackedMasks packed = masks;
        var stored = new Stored(features, packed.Bits);
        Bytes += SizeOf(features.Length, packed.Count);
        if (IsOnDisk)
        {
            Write(stored);
        }
        else
        {
            _inMemory.Add(stored);
            if (Bytes > limit)
            {
                MoveToDisk();
            }
        }

        return new(name, new PackedMasks(packed.Raters, packed.Height, packed.Width, () => Bits(stored)), () => Features(stored));
    }

    /// <summary>Puts what there is, and all that comes, into the file.</summary>
    /// <exception cref="IOException">The file cannot be made or written.</exception>
    public void MoveToDisk()
    {
        _file ??= Open();
        _inMemory.ForEach(Write);
        _inMemory.Clear();
    }

    /// <summary>Gives the file up; its cases can no longer be read.</summary>
    public void Dispose() => _file?.Dispose();

    private float[] Features(Stored stored)
    {
        if (stored.Features is { } kept)
        {
            return kept;
        }

        float[] features = GC.AllocateUninitializedArray<float>(stored.FeatureCount);
        Read(MemoryMarshal.AsBytes(features.AsSpan()), stored.Position);
        return features;
    }

    private byte[] Bits(Stored stored)
    {
        if (stored.Bits is { } kept)
        {
            return kept;
        }

        byte[] bits = GC.AllocateUninitializedArray<byte>(stored.BitBytes);
        Read(bits, stored.Position + ((long)stored.FeatureCount * sizeof(float)));
        return bits;
    }

    private void Write(Stored stored)
    {
        try
        {
            stored.Position = _end;
            Write(MemoryMarshal.AsBytes(stored.Features.AsSpan()));
            Write(stored.Bits);
            (stored.Features, stored.Bits) = (null, null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NoPlace(exception);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file!, bytes, _end);
        _end += bytes.Length;
    }

    private void Read(Span<byte> bytes, long position)
    {
        while (bytes.Length > 0)
        {
            int read = RandomAccess.Read(_file!, bytes, position);
            if (read == 0)
            {
                throw new IOException("The temporary file of training cases is shorter than what was written to it.");
            }

            bytes = bytes[read..];
            position += read;
        }
    }

    private SafeFileHandle Open()
    {
        string path = Path.Combine(folder ?? Path.GetTempPath(), $"consensus-cases-{Guid.NewGuid():N}.tmp");
        try
        {
            if (OperatingSystem.IsWindows())
            {
                return File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
            }

            // A stream can say who may read the file from its first moment; its handle stays good without a name.
            var stream = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            File.Delete(path);
            return stream.SafeFileHandle;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NoPlace(exception);
        }
    }

    private IOException NoPlace(Exception exception) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"The training cases take more than the {limit / 1e6:0.#} MB that they may in memory (MemoryLimit), and cannot be kept in a "
            + $"temporary file in '{folder ?? Path.GetTempPath()}': {exception.Message.TrimEnd('.')}. "
            + $"Raise the limit, or make room there."),
        exception);

    /// <summary>What is kept of a case: its values, or where in the file they are.</summary>
    private sealed class Stored(float[] features, byte[] bits)
    {
        public float[]? Features { get; set; } = features;

        public byte[]? Bits { get; set; } = bits;

        public int FeatureCount { get; } = features.Length;

        public int BitBytes { get; } = bits.Length;

        public long Position { get; set; }
    }
}
