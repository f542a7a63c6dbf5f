namespace Consensus.ML.Torch.Networks;

/// <summary>
/// The initial values of a weight: PyTorch's defaults, as in the published implementation, and zeros for its zeroed layers.
/// </summary>
internal enum Initialization
{
    /// <summary>Uniform within ±1/√fan-in.</summary>
    Uniform,

    /// <summary>Standard normal.</summary>
    Normal,

    /// <summary>All zeros.</summary>
    Zeros,

    /// <summary>All ones.</summary>
    Ones,
}

/// <summary>One named weight of a network.</summary>
/// <param name="Name">Its name in a published checkpoint.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Initialization">Its initial values.</param>
/// <param name="FanIn">Inputs of one output, for <see cref="Initialization.Uniform"/>.</param>
/// <param name="LowPrecision">
/// Whether a run in a 16-bit format may hold it in that format (convolutions and projections, but not norms, embeddings and the output).
/// </param>
internal sealed record WeightSpec(string Name, long[] Shape, Initialization Initialization, long FanIn, bool LowPrecision)
{
    /// <summary>Whether it belongs to a norm, whose input has the 16-bit format of such a run.</summary>
    public bool IsNorm { get; init; }

    /// <summary>Number of values.</summary>
    public long Count { get; } = Shape.Aggregate(1L, (product, side) => product * side);
}

/// <summary>
/// The weights of a network, in the order of a published checkpoint. Layers declare their weights here while the network is built, and keep
/// the indices. A <see cref="WeightSet"/> holds the values. So one network works with training weights, their moving average and their
/// 16-bit copies.
/// </summary>
internal sealed class WeightLayout
{
    private readonly List<WeightSpec> _specs = [];

    /// <summary>Every weight, in checkpoint order.</summary>
    public IReadOnlyList<WeightSpec> Specs => _specs;

    /// <summary>Number of values in all weights.</summary>
    public long ParameterCount => _specs.Sum(spec => spec.Count);

    /// <summary>Declares a weight; returns its index.</summary>
    public int Add(
        string name, long[] shape, Initialization initialization, long fanIn = 0, bool lowPrecision = false, bool norm = false)
    {
        _specs.Add(new(name, shape, initialization, fanIn, lowPrecision) { IsNorm = norm });
        return _specs.Count - 1;
    }
}
