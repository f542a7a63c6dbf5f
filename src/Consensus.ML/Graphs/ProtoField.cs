namespace Consensus.ML.Graphs;

/// <summary>
/// One field of a message that was read. Bytes are not copied: they stay a part of the message, since a model's weights fill most of it.
/// </summary>
/// <param name="Number">Its number.</param>
/// <param name="Value">Its value where it is a whole number.</param>
/// <param name="Bytes">Its bytes where it is text, bytes or a message.</param>
internal readonly record struct ProtoField(int Number, long Value, ReadOnlyMemory<byte>? Bytes)
{
    // The ways in which Protocol Buffers write a value.
    private const int Varint = 0, EightBytes = 1, LengthDelimited = 2, FourBytes = 5;

    /// <summary>The fields of a message in their order, but for numbers of fixed width, which no part of a model here has.</summary>
    /// <exception cref="InvalidDataException">The bytes are no message.</exception>
    public static List<ProtoField> Read(ReadOnlyMemory<byte> message)
    {
        var fields = new List<ProtoField>();
        int at = 0;
        while (at < message.Length)
        {
            ulong tag = ReadVarint(message.Span, ref at);
            int number = (int)(tag >> 3);
            switch ((int)(tag & 7))
            {
                case Varint when number > 0:
                    fields.Add(new(number, (long)ReadVarint(message.Span, ref at), null));
                    break;
                case LengthDelimited when number > 0:
                    ulong length = ReadVarint(message.Span, ref at);
                    fields.Add(new(number, 0, Take(length)));
                    break;
                case EightBytes when number > 0:
                    Take(sizeof(ulong));
                    break;
                case FourBytes when number > 0:
                    Take(sizeof(uint));
                    break;
                default:
                    throw new InvalidDataException($"It is no file of Protocol Buffers, or it is damaged at byte {at}.");
            }
        }

        return fields;

        ReadOnlyMemory<byte> Take(ulong length)
        {
            if (length > (ulong)(message.Length - at))
            {
                throw new InvalidDataException(
                    $"It is no file of Protocol Buffers, or it is cut short: {length} bytes should follow byte {at}, and "
                    + $"{message.Length - at} do.");
            }

            at += (int)length;
            return message.Slice(at - (int)length, (int)length);
        }
    }

    /// <summary>Adds the field to a message.</summary>
    public void AddTo(ProtoMessage message) => _ = Bytes is { } bytes ? message.Add(Number, bytes) : message.Add(Number, Value);

    private static ulong ReadVarint(ReadOnlySpan<byte> message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && at < message.Length; shift += 7)
        {
            byte part = message[at++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException($"It is no file of Protocol Buffers, or it is damaged at byte {at}.");
    }
}
