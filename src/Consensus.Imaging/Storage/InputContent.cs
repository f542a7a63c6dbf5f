using System.Runtime.InteropServices;

namespace Consensus.Imaging.Storage;

/// <summary>
/// The bytes of an input: a file on disk, or bytes in memory with a name for messages. A reader can open them several times, always from
/// the first byte.
/// </summary>
internal sealed class InputContent
{
    private readonly ReadOnlyMemory<byte>? _bytes;

    private InputContent(string name, ReadOnlyMemory<byte>? bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        _bytes = bytes;
    }

    /// <summary>The path of the file, or the name of the bytes in memory.</summary>
    public string Name { get; }

    /// <summary>Whether the bytes are in memory. <see cref="Name"/> is then no path, and nothing beside it exists.</summary>
    public bool IsInMemory => _bytes is not null;

    /// <summary>A file; it is not opened here.</summary>
    public static InputContent FromFile(string path) => new(path, null);

    /// <summary>Bytes in memory. They are not copied, so they must not change while they are read.</summary>
    public static InputContent FromBytes(ReadOnlyMemory<byte> bytes, string name) => new(name, bytes);

    /// <summary>Opens the bytes in memory. The stream can seek.</summary>
    /// <exception cref="InvalidOperationException">The bytes are in a file, which <see cref="InputFile"/> opens.</exception>
    public Stream OpenMemory()
    {
        ReadOnlyMemory<byte> bytes = _bytes ?? throw new InvalidOperationException($"'{Name}' is a file.");
        return MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);
    }

    /// <summary>Opens the file or the bytes in memory. The stream can seek.</summary>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="IOException">The file cannot be opened, or is a folder.</exception>
    public Stream Open() => IsInMemory ? OpenMemory() : InputFile.Open(Name);
}
