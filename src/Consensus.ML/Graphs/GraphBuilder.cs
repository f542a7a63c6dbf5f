using System.Globalization;
using System.Runtime.InteropServices;

namespace Consensus.ML.Graphs;

/// <summary>
/// Collects the nodes of an ONNX graph (opset 18) and writes the model file. Values are <see cref="GraphValue"/>s, whose methods add
/// nodes. It knows neither torch nor the runtime that will compute the graph.
/// </summary>
internal sealed class GraphBuilder
{
    /// <summary>The version of ONNX's operators.</summary>
    public const int OperatorSet = 18;

    // The version of the file format that belongs to opset 18 (ONNX 1.13).
    private const int FormatVersion = 8;

    private readonly List<ProtoMessage> _nodes = [], _inputs = [], _outputs = [];
    private readonly Dictionary<string, (GraphValue Value, ProtoMessage Message)> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GraphValue> _constants = new(StringComparer.Ordinal);
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private int _names;

    /// <summary>What the names of further nodes begin with.</summary>
    public string Stage { get; set; } = "graph";

    /// <summary>Number of nodes.</summary>
    public int Nodes => _nodes.Count;

    /// <summary>Declares an input.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">The type of its elements.</param>
    /// <param name="description">What it holds.</param>
    /// <param name="sides">Its sides: a number, or a name where any size is allowed.</param>
    public GraphValue Input(string name, GraphType type, string description, params object[] sides)
    {
        _inputs.Add(Describe(name, type, description, sides));
        return new(this, name, type, [.. sides.Select(side => side is long length ? length : GraphValue.AnySize)]);
    }

    /// <summary>Declares a value as an output.</summary>
    /// <param name="name">The output's name.</param>
    /// <param name="value">The value.</param>
    /// <param name="description">What it holds.</param>
    /// <param name="sides">Its sides: a number, or a name where any size is possible.</param>
    public void Output(string name, GraphValue value, string description, params object[] sides)
    {
        _outputs.Add(Describe(name, value.Type, description, sides));
        Node("Identity", [value.Name], [name]);
    }

    /// <summary>A value under a name of its own.</summary>
    public GraphValue Named(string name, GraphValue value)
    {
        Node("Identity", [value.Name], [name]);
        return value with { Name = name };
    }

    /// <summary>A tensor of weights that the file holds; a second call with the same name gives the same tensor.</summary>
    public GraphValue Weights(string name, ReadOnlyMemory<float> values, IReadOnlyList<long> shape) =>
        _tensors.TryGetValue(name, out var known) ? known.Value : Tensor(name, GraphType.Single, Bytes(values), shape);

    /// <summary>An input that callers may leave out: it then has the values given here.</summary>
    public GraphValue OptionalInput(string name, long value, string description)
    {
        _inputs.Add(Describe(name, GraphType.Int64, description, []));
        return Tensor(name, GraphType.Int64, Bytes<long>(new[] { value }), []);
    }

    /// <summary>A constant of single precision.</summary>
    public GraphValue Constant(ReadOnlyMemory<float> values, params long[] shape) => Constant(GraphType.Single, Bytes(values), shape);

    /// <summary>A single number.</summary>
    public GraphValue Constant(double value) => Constant(new[] { (float)value }, []);

    /// <summary>A single number of a type.</summary>
    public GraphValue Constant(double value, GraphType type) => type switch
    {
        GraphType.Single => Constant(value),
        GraphType.Double => Constant(GraphType.Double, Bytes<double>(new[] { value }), []),
        GraphType.Int64 => Constant(GraphType.Int64, Bytes<long>(new[] { (long)value }), []),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "There are no numbers of this type."),
    };

    /// <summary>A constant of double precision.</summary>
    public GraphValue Constant(double[] values, params long[] shape) => Constant(GraphType.Double, Bytes<double>(values), shape);

    /// <summary>Whole numbers in a row.</summary>
    public GraphValue Integers(params long[] values) => Constant(GraphType.Int64, Bytes<long>(values), [values.Length]);

    /// <summary>Adds a node with one output.</summary>
    /// <param name="kind">ONNX's name of the operator.</param>
    /// <param name="type">The type of the output.</param>
    /// <param name="shape">The shape of the output.</param>
    /// <param name="inputs">The inputs; null for one that is left out.</param>
    /// <param name="attributes">Settings.</param>
    public GraphValue Node(
        string kind,
        GraphType type,
        IReadOnlyList<long> shape,
        IReadOnlyList<GraphValue?> inputs,
        params GraphAttribute[] attributes)
    {
        string name = NewName(kind);
        Node(kind, inputs.Select(input => input?.Name ?? ""), [name], attributes);
        return new(this, name, type, shape);
    }

    /// <summary>Adds a node with several outputs.</summary>
    public GraphValue[] Node(
        string kind,
        IReadOnlyList<(GraphType Type, long[] Shape)> outputs,
        IReadOnlyList<GraphValue?> inputs,
        params GraphAttribute[] attributes)
    {
        GraphValue[] values = [.. outputs.Select(output => new GraphValue(this, NewName(kind), output.Type, output.Shape))];
        Node(kind, inputs.Select(input => input?.Name ?? ""), values.Select(value => value.Name), attributes);
        return values;
    }

    /// <summary>The model file.</summary>
    /// <param name="name">The name of the graph.</param>
    /// <param name="producer">What wrote it, and its version.</param>
    /// <param name="description">What it computes.</param>
    /// <param name="metadata">Texts that are kept in the file.</param>
    public ProtoMessage ToModel(
        string name,
        (string Name, string Version) producer,
        string description,
        IReadOnlyDictionary<string, string> metadata)
    {
        // These fields and those below are named in ONNX's file onnx.proto. GraphProto: node 1, name 2, initializer 5, input 11, output 12.
        ProtoMessage graph = new ProtoMessage()
            .Add(1, _nodes)
            .Add(2, name)
            .Add(5, _tensors.Where(tensor => _used.Contains(tensor.Key)).Select(tensor => tensor.Value.Message))
            .Add(11, _inputs)
            .Add(12, _outputs);

        // ModelProto: ir_version 1, producer_name 2, producer_version 3, doc_string 6, graph 7, opset_import 8, metadata_props 14.
        return new ProtoMessage()
            .Add(1, FormatVersion)
            .Add(2, producer.Name)
            .Add(3, producer.Version)
            .Add(6, description)
            .Add(8, new ProtoMessage().Add(1, "").Add(2, OperatorSet))
            .Add(14, metadata.Select(text => new ProtoMessage().Add(1, text.Key).Add(2, text.Value)))
            .Add(7, graph);
    }

    /// <summary>An input or output as a message.</summary>
    // ValueInfoProto: name 1, type 2, doc_string 3. TypeProto: tensor_type 1. Tensor: elem_type 1, shape 2. Dimension: value 1, name 2.
    public static ProtoMessage Describe(string name, GraphType type, string description, object[] sides) => new ProtoMessage()
        .Add(1, name)
        .Add(2, new ProtoMessage().Add(1, new ProtoMessage()
            .Add(1, (long)type)
            .Add(2, new ProtoMessage().Add(1, sides.Select(side =>
                side is long length ? new ProtoMessage().Add(1, length) : new ProtoMessage().Add(2, (string)side))))))
        .Add(3, description);

    private static byte[] Bytes<T>(ReadOnlyMemory<T> values)
        where T : struct => MemoryMarshal.AsBytes(values.Span).ToArray();

    // NodeProto: input 1, output 2, name 3, op_type 4, attribute 5.
    private void Node(string kind, IEnumerable<string> inputs, IEnumerable<string> outputs, params GraphAttribute[] attributes)
    {
        var node = new ProtoMessage();
        foreach (string input in inputs)
        {
            node.Add(1, input);
            _used.Add(input);
        }

        string[] names = [.. outputs];
        foreach (string output in names)
        {
            node.Add(2, output);
        }

        _nodes.Add(node.Add(3, $"{Stage}/{kind}/{names[0]}").Add(4, kind).Add(5, attributes.Select(attribute => attribute.ToMessage())));
    }

    private GraphValue Constant(GraphType type, byte[] bytes, long[] shape)
    {
        // Small constants come again and again: shapes, axes, factors.
        string? key = bytes.Length <= 64 ? $"{type} {string.Join(',', shape)} {Convert.ToHexString(bytes)}" : null;
        if (key is not null && _constants.TryGetValue(key, out GraphValue? known))
        {
            return known;
        }

        GraphValue value = Tensor(NewName("constant"), type, bytes, shape);
        if (key is not null)
        {
            _constants.Add(key, value);
        }

        return value;
    }

    // TensorProto: dims 1, data_type 2, name 8, raw_data 9.
    private GraphValue Tensor(string name, GraphType type, byte[] bytes, IReadOnlyList<long> shape)
    {
        var message = new ProtoMessage();
        foreach (long side in shape)
        {
            message.Add(1, side);
        }

        message.Add(2, (long)type).Add(8, name).Add(9, bytes.AsMemory());
        var value = new GraphValue(this, name, type, shape);
        _tensors.Add(name, (value, message));
        return value;
    }

    private string NewName(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}_{_names++}");
}
