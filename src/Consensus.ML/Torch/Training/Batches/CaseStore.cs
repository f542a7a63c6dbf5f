using System.Globalization;
using System.Runtime.InteropServices;
using Consensus.Imaging;
using Microsoft.Win32.SafeHandles;

namespace Consensus.ML.Torch.Training.Batches;

/// <summary>
/// Keeps training cases in memory. If they exceed the limit, it keeps them in a temporary file and reads them again in training: the
/// values, and so the model, are the same. Only this user can read the file. Its name is removed as soon as it is open, so that nothing
/// stays behind, however the process ends (if the system keeps the name, it disappears with the handle).
/// </summary>
/// <param name="limit">Maximum number of bytes that cases may take in memory.</param>
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

    /// <summary>The default limit: half of the memory that .NET may use (a container's limit counts).</summary>
    public static long DefaultLimit => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>The size of a case in bytes.</summary>
    /// <param name="features">Values of the prepared image, four bytes each.</param>
    /// <param name="masks">Pixels of all masks, a bit each.</param>
    public static long SizeOf(long features, long masks) => (features * sizeof(float)) + ((masks + 7) / 8);

    /// <summary>Adds a case; the store then owns its arrays.</summary>
    /// <exception cref="IOException">
    /// The cases fit neither into memory nor into the temporary file; the message names the file's folder.
    /// </exception>
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

    /// <summary>Moves the present cases into the file; later cases go there too.</summary>
    /// <exception cref="IOException">The file cannot be made or written.</exception>
    public void MoveToDisk()
    {
        _file ??= Open();
        _inMemory.ForEach(Write);
        _inMemory.Clear();
    }

    /// <summary>Closes the file; its cases can no longer be read.</summary>
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

            // A stream can restrict the file to this user from the beginning; its handle works without the name.
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

    /// <summary>A stored case: its values, or their position in the file.</summary>
    private sealed class Stored(float[] features, byte[] bits)
    {
        public float[]? Features { get; set; } = features;

        public byte[]? Bits { get; set; } = bits;

        public int FeatureCount { get; } = features.Length;

        public int BitBytes { get; } = bits.Length;

        public long Position { get; set; }
    }
}
