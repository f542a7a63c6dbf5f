using Google.Protobuf;

namespace Consensus.ML.Graphs;

/// <summary>One field of a message that was read.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Value">Its value where it is a whole number.</param>
/// <param name="Bytes">Its bytes where it is text, bytes or a message.</param>
internal readonly record struct ProtoField(int Number, long Value, ReadOnlyMemory<byte>? Bytes)
{
    /// <summary>The fields of a message in their order.</summary>
    /// <exception cref="InvalidDataException">The bytes are no message.</exception>
    public static List<ProtoField> Read(ReadOnlyMemory<byte> message)
    {
        try
        {
            var fields = new List<ProtoField>();
            using var input = new CodedInputStream(message.ToArray());
            for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
            {
                int number = WireFormat.GetTagFieldNumber(tag);
                switch (WireFormat.GetTagWireType(tag))
                {
                    case WireFormat.WireType.Varint:
                        fields.Add(new(number, input.ReadInt64(), null));
                        break;
                    case WireFormat.WireType.LengthDelimited:
                        fields.Add(new(number, 0, input.ReadBytes().Memory));
                        break;
                    default:
                        input.SkipLastField();
                        break;
                }
            }

            return fields;
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new InvalidDataException($"It is no file of Protocol Buffers, or it is damaged: {exception.Message}", exception);
        }
    }

    /// <summary>Adds the field to a message.</summary>
    public void AddTo(ProtoMessage message) => _ = Bytes is { } bytes ? message.Add(Number, bytes) : message.Add(Number, Value);
}
