using System.Buffers.Binary;
using System.Text;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>One chunk of a PNG file: its length, type, content and checksum.</summary>
internal sealed class PngChunk
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value =>
    {
        uint sum = (uint)value;
        for (int bit = 0; bit < 8; bit++)
        {
            sum = (sum & 1) != 0 ? (sum >> 1) ^ 0xEDB88320 : sum >> 1;
        }

        return sum;
    })];

    private readonly Stream _stream;
    private readonly string _path;
    private uint _checksum;

    private PngChunk(Stream stream, string path, ReadOnlySpan<byte> head)
    {
        _stream = stream;
        _path = path;
        Length = BinaryPrimitives.ReadUInt32BigEndian(head);
        Left = Length;
        Type = Encoding.ASCII.GetString(head[4..]);
        _checksum = Add(uint.MaxValue, head[4..]);
    }

    public string Type { get; }

    public long Length { get; }

    /// <summary>Bytes of content that have not been read.</summary>
    public long Left { get; private set; }

    /// <exception cref="InvalidDataException">The file ends here.</exception>
    public static PngChunk ReadNext(Stream stream, string path)
    {
        Span<byte> head = stackalloc byte[8];
        int read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return read == head.Length ? new(stream, path, head) : throw new InvalidDataException(
            $"'{path}' is truncated: it ends after {stream.Position} bytes, where another PNG chunk is expected.");
    }

    /// <summary>Reads the content, continuing where the last call ended. After the last byte, it compares the checksum.</summary>
    /// <exception cref="InvalidDataException">The file ends too early, or the checksum is wrong.</exception>
    public int Read(Span<byte> target)
    {
        int read = _stream.Read(target[..(int)Math.Min(target.Length, Left)]);
        if (read == 0 && Left > 0 && target.Length > 0)
        {
            throw Truncated();
        }

        Left -= read;
        _checksum = Add(_checksum, target[..read]);
        if (Left == 0 && read > 0)
        {
            Check();
        }

        return read;
    }

    /// <summary>Reads the whole content of a chunk. Use it only for chunks that are known to be short.</summary>
    public byte[] ReadAll()
    {
        var content = new byte[Length];
        for (int read = 0; read < content.Length;)
        {
            read += Read(content.AsSpan(read));
        }

        if (Length == 0)
        {
            Check();
        }

        return content;
    }

    /// <summary>Skips the content and its checksum.</summary>
    public void Skip()
    {
        if (Left + 4 > _stream.Length - _stream.Position)
        {
            throw Truncated();
        }

        _stream.Seek(Left + 4, SeekOrigin.Current);
    }

    private void Check()
    {
        Span<byte> stored = stackalloc byte[4];
        if (_stream.ReadAtLeast(stored, stored.Length, throwOnEndOfStream: false) < stored.Length)
        {
            throw Truncated();
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(stored) != ~_checksum)
        {
            throw new InvalidDataException($"'{_path}' is a damaged PNG file: the checksum of its chunk '{Type}' is wrong.");
        }
    }

    private InvalidDataException Truncated() =>
        new($"'{_path}' is truncated: it ends within its PNG chunk '{Type}', after {_stream.Length} bytes.");

    private static uint Add(uint sum, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            sum = Table[(byte)(sum ^ value)] ^ (sum >> 8);
        }

        return sum;
    }
}

/// <summary>The content of a PNG file's IDAT chunks as one stream.</summary>
internal sealed class PngDataStream(Stream stream, string path) : Stream
{
    private PngChunk? _chunk;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        while (!_ended && _chunk is not { Left: > 0 })
        {
            // A file that ends between two chunks may still have all its pixels. PngReader counts them.
            _ended = stream.Position == stream.Length;
            if (!_ended)
            {
                _chunk = PngChunk.ReadNext(stream, path);
                _ended = _chunk.Type != "IDAT";
                if (!_ended && _chunk.Length == 0)
                {
                    _chunk.ReadAll();
                }
            }
        }

        return _ended || buffer.IsEmpty ? 0 : _chunk!.Read(buffer);
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
