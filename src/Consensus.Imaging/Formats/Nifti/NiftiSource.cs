using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>
/// Reads the bytes of a NIfTI image, single file or pair, plain or gzip. Every error becomes one line that names the file. Memory is
/// allocated only after the file is known to hold what its header promises.
/// </summary>
internal sealed class NiftiSource : IDisposable
{
    private const int WindowSize = 1 << 16;

    private readonly InputContent _content;
    private readonly Stream _stream;
    private readonly bool _compressed;
    private readonly long _storedLength;
    private long _position;
    private byte[] _window = [];
    private int _windowLength;

    private NiftiSource(
        NiftiHeader header, InputContent content, Stream stream, bool compressed, long storedLength, long position)
    {
        Header = header;
        _content = content;
        _stream = stream;
        _compressed = compressed;
        _storedLength = storedLength;
        _position = position;
    }

    public NiftiHeader Header { get; }

    public bool IsCompressed => _compressed;

    /// <summary>Number of values that the header promises.</summary>
    /// <exception cref="InvalidDataException">The number is larger than any file can hold.</exception>
    public long ValueCount
    {
        get
        {
            Int128 count = 1;
            foreach (long length in Header.Shape)
            {
                count *= length;
                if (count > long.MaxValue / 16)
                {
                    throw new InvalidDataException(
                        $"'{Header.Path}' promises {Header.ShapeText} values in its header: no file holds so many.");
                }
            }

            return (long)count;
        }
    }

    /// <summary>Reads the header of an image. The stream then stands before the values.</summary>
    public static NiftiSource Open(InputContent content)
    {
        (InputContent headerContent, InputContent imageContent) = Halves(content, imageMustExist: true);
        bool single = headerContent == imageContent;
        Stream stream = NiftiStream.Open(headerContent, out bool compressed, out long length);
        try
        {
            NiftiHeader header = ReadHeader(stream, content.Name, headerContent.Name, imageContent.Name, out long position);
            if (!single || (compressed && position > header.DataOffset))
            {
                stream.Dispose();
                stream = NiftiStream.Open(imageContent, out compressed, out length);
                position = 0;
            }

            return new NiftiSource(header, imageContent, stream, compressed, length, position);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads only a header. The image file of a pair need not exist.</summary>
    public static NiftiHeader ReadHeader(InputContent content)
    {
        (InputContent header, InputContent image) = Halves(content, imageMustExist: false);
        using Stream stream = NiftiStream.Open(header, out _, out _);
        return ReadHeader(stream, content.Name, header.Name, image.Name, out _);
    }

    /// <summary>
    /// Makes sure that the values are there before memory is allocated for them. A plain file must be long enough. If a gzip file promises
    /// very much more than its own size, it is unpacked once into a small buffer to count its bytes.
    /// </summary>
    /// <param name="needed">Number of bytes that will be read, counted from the first value.</param>
    /// <param name="memory">Number of bytes of memory that will be allocated for them.</param>
    public void CheckPromise(Int128 needed, long memory)
    {
        if (!_compressed)
        {
            // A plain file must be complete, even if only a part of it is read.
            if (Header.DataOffset + PromisedBytes > _storedLength)
            {
                throw TooShort(Math.Max(0, _storedLength - Header.DataOffset));
            }
        }
        else if (memory > (16 * (Int128)_storedLength) + (1 << 20))
        {
            needed += Header.DataOffset;
            using Stream scan = NiftiStream.Open(_content, out _, out _);
            long found = NiftiStream.Skip(scan, Header.ImagePath, (long)Int128.Min(needed, long.MaxValue));
            if (found < needed)
            {
                throw TooShort(Math.Max(0, found - Header.DataOffset));
            }
        }
    }

    /// <summary>Makes sure that all values are there before they are read into single precision.</summary>
    public void CheckPromise() => CheckPromise(PromisedBytes, ValueCount * sizeof(float));

    /// <summary>Moves to the first value.</summary>
    public void SeekToValues() => SeekTo(Header.DataOffset);

    /// <summary>
    /// Whether a position can still be read. It is counted from the first value. A compressed file can only be read forwards.
    /// </summary>
    public bool CanReach(long offset) => !_compressed || Header.DataOffset + offset >= _position - _windowLength;

    /// <summary>
    /// Fills <paramref name="target"/> from a position, counted from the first value. <see cref="CanReach"/> must be true for it. Small
    /// pieces that lie close together are read fast.
    /// </summary>
    /// <exception cref="InvalidDataException">The file ends too early.</exception>
    public void ReadAt(long offset, Span<byte> target)
    {
        long place = Header.DataOffset + offset;
        while (target.Length > 0)
        {
            long ahead = place - (_position - _windowLength);
            if (ahead >= 0 && ahead < _windowLength)
            {
                int count = (int)Math.Min(_windowLength - ahead, target.Length);
                _window.AsSpan((int)ahead, count).CopyTo(target);
                target = target[count..];
                place += count;
                continue;
            }

            _windowLength = 0;
            SeekTo(place);
            if (target.Length >= WindowSize)
            {
                ReadValues(target);
                return;
            }

            // The window must not go beyond the last value, because CheckEnd reads what follows.
            _window = _window.Length == 0 ? new byte[WindowSize] : _window;
            int filled = NiftiStream.Read(
                _stream, Header.ImagePath, _window.AsSpan(0, (int)Int128.Min(WindowSize, Header.DataOffset + PromisedBytes - place)));
            _position += filled;
            _windowLength = filled;
            if (filled == 0)
            {
                throw TooShort(_position - Header.DataOffset);
            }
        }
    }

    /// <summary>Fills <paramref name="bytes"/> with the next stored values.</summary>
    /// <exception cref="InvalidDataException">The file ends too early.</exception>
    public void ReadValues(Span<byte> bytes)
    {
        int read = NiftiStream.Read(_stream, Header.ImagePath, bytes);
        _position += read;
        if (read < bytes.Length)
        {
            throw TooShort(_position - Header.DataOffset);
        }
    }

    /// <summary>
    /// Call this after the last value. It unpacks a gzip file to its end, so that its checksum is compared. If only the checksum itself is
    /// cut off, all values are there, and the file is accepted.
    /// </summary>
    public void CheckEnd()
    {
        if (_compressed)
        {
            Span<byte> rest = stackalloc byte[256];
            NiftiStream.Read(_stream, Header.ImagePath, rest);
        }
    }

    /// <summary>Calls <see cref="CheckEnd"/> if the last value has been read.</summary>
    public void CheckEndOfValues()
    {
        if (_position == Header.DataOffset + PromisedBytes)
        {
            CheckEnd();
        }
    }

    public void Dispose() => _stream.Dispose();

    private Int128 PromisedBytes => (Int128)ValueCount * Header.BytesPerValue;

    private void SeekTo(long place)
    {
        if (!_compressed)
        {
            _stream.Seek(place, SeekOrigin.Begin);
            _position = place;
            return;
        }

        if (place < _position)
        {
            throw new InvalidOperationException("What has been read of a compressed file cannot be reached again.");
        }

        _position += NiftiStream.Skip(_stream, Header.ImagePath, place - _position);
        if (_position < place)
        {
            throw TooShort(Math.Max(0, _position - Header.DataOffset));
        }
    }

    /// <summary>The header and the values of an image: twice the same, except for the two files of a pair.</summary>
    private static (InputContent Header, InputContent Image) Halves(InputContent content, bool imageMustExist)
    {
        if (content.IsInMemory)
        {
            return (content, content);
        }

        (string headerPath, string imagePath) = NiftiPair.Find(content.Name, imageMustExist);
        return headerPath == imagePath ? (content, content) : (InputContent.FromFile(headerPath), InputContent.FromFile(imagePath));
    }

    private static NiftiHeader ReadHeader(Stream stream, string path, string headerPath, string imagePath, out long position)
    {
        // This includes the four bytes after the header that say whether extensions follow.
        Span<byte> bytes = stackalloc byte[NiftiConstants.SingleOffset2];
        int read = NiftiStream.Read(stream, headerPath, bytes[..NiftiConstants.SingleOffset1]);
        if (NiftiHeaderParser.NeedsMore(bytes[..read]))
        {
            read += NiftiStream.Read(stream, headerPath, bytes[read..]);
        }

        bool single = headerPath == imagePath;
        NiftiHeader header = NiftiHeaderParser.Parse(path, imagePath, bytes[..read], single);
        int first = header.Version == 1 ? NiftiConstants.SingleOffset1 : NiftiConstants.SingleOffset2;
        position = read;
        if (read == first && bytes[first - 4] != 0)
        {
            NiftiExtensions.Skip(stream, header, headerPath, single ? header.DataOffset - first : -1, ref position);
        }

        return header;
    }

    private InvalidDataException TooShort(long found)
        => new(
            $"'{Header.ImagePath}' is truncated: its header promises {Header.ShapeText} values of {Header.DataType}, "
            + $"that is {PromisedBytes} bytes, but only {found} are there.");
}
