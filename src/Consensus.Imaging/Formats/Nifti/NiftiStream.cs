using System.Buffers;
using System.IO.Compression;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>Opens, reads and skips the bytes of a file, plain or gzip. Gzip is recognised by content, not by name.</summary>
internal static class NiftiStream
{
    private const int ScanBufferSize = 1 << 16;

    /// <summary>Opens a file or bytes in memory, and unpacks them if they begin like a gzip file.</summary>
    /// <param name="content">The file or the bytes.</param>
    /// <param name="compressed">Whether it is gzip.</param>
    /// <param name="length">Number of bytes of the file as stored.</param>
    /// <exception cref="FileNotFoundException">It does not exist.</exception>
    /// <exception cref="IOException">It cannot be opened, or is a folder.</exception>
    public static Stream Open(InputContent content, out bool compressed, out long length)
    {
        Stream file = content.IsInMemory ? content.OpenMemory() : OpenFile(content.Name);
        try
        {
            length = file.Length;
            Span<byte> start = stackalloc byte[2];
            int read = file.ReadAtLeast(start, 2, throwOnEndOfStream: false);
            file.Position = 0;
            compressed = read == 2 && start[0] == 0x1F && start[1] == 0x8B;
            return compressed ? new GZipStream(file, CompressionMode.Decompress) : file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Skips a number of bytes, or all bytes up to the end of the file.</summary>
    /// <returns>The number of skipped bytes. It is smaller than the distance if the file ends first.</returns>
    public static long Skip(Stream stream, string path, long distance)
    {
        if (stream.CanSeek)
        {
            distance = Math.Clamp(stream.Length - stream.Position, 0, distance);
            stream.Seek(distance, SeekOrigin.Current);
            return distance;
        }

        long passed = 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ScanBufferSize);
        try
        {
            while (passed < distance)
            {
                int wanted = (int)Math.Min(distance - passed, buffer.Length);
                int read = Read(stream, path, buffer.AsSpan(0, wanted));
                passed += read;
                if (read < wanted)
                {
                    break;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return passed;
    }

    /// <summary>Reads as many bytes as there are, up to the length of <paramref name="target"/>.</summary>
    public static int Read(Stream stream, string path, Span<byte> target)
    {
        try
        {
            return stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"'{path}' is a damaged gzip file: it does not unpack, or its checksum is wrong.", exception);
        }
    }

    private static FileStream OpenFile(string path)
    {
        try
        {
            // A buffer would not help, because all reads here are large.
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"'{path}' does not exist.", path, exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(
                Directory.Exists(path)
                    ? $"'{path}' is a folder, where a NIfTI file is expected."
                    : $"'{path}' cannot be opened: {exception.Message}",
                exception);
        }
    }
}
