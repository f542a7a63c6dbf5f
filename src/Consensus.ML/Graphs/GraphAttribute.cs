namespace Consensus.ML.Graphs;

/// <summary>A setting of a node that is known when the graph is made.</summary>
/// <param name="Name">Its name in ONNX.</param>
/// <param name="Value">A whole number, a Single, a string, or an array of whole numbers.</param>
internal sealed record GraphAttribute(string Name, object Value)
{
    // AttributeProto: name 1, f 2, i 3, s 4, ints 8, type 20.
    private const int NameField = 1, FloatField = 2, IntField = 3, TextField = 4, IntsField = 8, TypeField = 20;
    private const int FloatType = 1, IntType = 2, TextType = 3, IntsType = 7;

    /// <summary>The attribute as a message.</summary>
    public ProtoMessage ToMessage()
    {
        ProtoMessage message = new ProtoMessage().Add(NameField, Name);
        switch (Value)
        {
            case float number:
                return message.Add(FloatField, number).Add(TypeField, FloatType);
            case long number:
                return message.Add(IntField, number).Add(TypeField, IntType);
            case string text:
                return message.Add(TextField, text).Add(TypeField, TextType);
            case long[] numbers:
                foreach (long number in numbers)
                {
                    message.Add(IntsField, number);
                }

                return message.Add(TypeField, IntsType);
            default:
                throw new InvalidOperationException($"An attribute cannot hold a {Value.GetType().Name}.");
        }
    }
}
