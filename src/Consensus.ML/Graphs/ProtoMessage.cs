using System.Text;
using Google.Protobuf;

namespace Consensus.ML.Graphs;

/// <summary>
/// A message of Protocol Buffers that is put together field by field. ONNX fixes the numbers of the fields (its file onnx.proto). Values
/// are written where they lie: large tensors are not copied.
/// </summary>
internal sealed class ProtoMessage
{
    private readonly List<Field> _fields = [];

    /// <summary>Bytes that it takes.</summary>
    public long Length => _fields.Sum(part => part.Length);

    /// <summary>Adds a whole number.</summary>
    public ProtoMessage Add(int number, long value) => With(new(
        CodedOutputStream.ComputeTagSize(number) + CodedOutputStream.ComputeInt64Size(value), output =>
        {
            output.WriteTag(number, WireFormat.WireType.Varint);
            output.WriteInt64(value);
        }));

    /// <summary>Adds a number of single precision.</summary>
    public ProtoMessage Add(int number, float value) => With(new(CodedOutputStream.ComputeTagSize(number) + sizeof(float), output =>
    {
        output.WriteTag(number, WireFormat.WireType.Fixed32);
        output.WriteFloat(value);
    }));

    /// <summary>Adds text.</summary>
    public ProtoMessage Add(int number, string value) => Add(number, Encoding.UTF8.GetBytes(value).AsMemory());

    /// <summary>Adds bytes, which must stay as they are until the message is written.</summary>
    public ProtoMessage Add(int number, ReadOnlyMemory<byte> value) => With(new(
        CodedOutputStream.ComputeTagSize(number) + CodedOutputStream.ComputeLengthSize(value.Length) + value.Length, output =>
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(UnsafeByteOperations.UnsafeWrap(value));
        }));

    /// <summary>Adds a message, which must be complete.</summary>
    public ProtoMessage Add(int number, ProtoMessage message)
    {
        int length = checked((int)message.Length);
        return With(new(CodedOutputStream.ComputeTagSize(number) + CodedOutputStream.ComputeLengthSize(length) + length, output =>
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteLength(length);
            message.Write(output);
        }));
    }

    /// <summary>Adds several messages with one number.</summary>
    public ProtoMessage Add(int number, IEnumerable<ProtoMessage> messages)
    {
        foreach (ProtoMessage message in messages)
        {
            Add(number, message);
        }

        return this;
    }

    /// <summary>Writes the message to a stream, which stays open.</summary>
    public void Write(Stream stream)
    {
        using var output = new CodedOutputStream(stream, leaveOpen: true);
        Write(output);
    }

    private void Write(CodedOutputStream output) => _fields.ForEach(part => part.Write(output));

    private ProtoMessage With(Field field)
    {
        _fields.Add(field);
        return this;
    }

    private sealed record Field(long Length, Action<CodedOutputStream> Write);
}
