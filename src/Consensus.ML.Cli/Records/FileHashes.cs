using System.Globalization;
using System.Security.Cryptography;
using Consensus.Imaging;

namespace Consensus.ML.Cli.Records;

/// <summary>The SHA-256 of files. Each file is read once: many slices may be of one volume.</summary>
internal sealed class FileHashes(CancellationToken cancellation)
{
    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);

    /// <summary>The hash of a file, or of a slice's volume with the axis and the number of the slice.</summary>
    /// <exception cref="IOException">The file cannot be read; the message names it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public string Of(string path)
    {
        var address = SliceAddress.Parse(path);
        if (!_known.TryGetValue(address.Path, out string? hash))
        {
            cancellation.ThrowIfCancellationRequested();
            hash = Hash(address.Path);
            _known.Add(address.Path, hash);
        }

        return address.Index is null
            ? hash
            : string.Create(CultureInfo.InvariantCulture, $"{hash} axis {address.Axis} slice {address.Index}");
    }

    /// <summary>The hash of the rest of a stream.</summary>
    public static string Of(Stream stream) => Convert.ToHexStringLower(SHA256.HashData(stream));

    private static string Hash(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return Of(stream);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"'{path}' cannot be read, so the manifest of the records cannot say what they are of: {exception.Message}", exception);
        }
    }
}
