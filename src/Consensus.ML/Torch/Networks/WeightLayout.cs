namespace Consensus.ML.Torch.Networks;

/// <summary>How a weight begins (PyTorch's defaults, which the published implementation keeps, and its zeroed layers).</summary>
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
/// <param name="Initialization">How it begins.</param>
/// <param name="FanIn">Inputs of one output, for <see cref="Initialization.Uniform"/>.</param>
/// <param name="LowPrecision">
/// Whether a run in a 16-bit format may hold it in that (convolutions and projections; not norms, embeddings and the output).
/// </param>
internal sealed record WeightSpec(string Name, long[] Shape, Initialization Initialization, long FanIn, bool LowPrecision)
{
    /// <summary>Number of values.</summary>
    public long Count { get; } = Shape.Aggregate(1L, (product, side) => product * side);
}

/// <summary>
/// The weights of a network, in the order of a published checkpoint. Layers declare theirs here while the network is built and keep the
/// indices; the values live elsewhere (<see cref="WeightSet"/>). So one network serves training weights, their moving average
/// and their 16-bit copies.
/// </summary>
internal sealed class WeightLayout
{
    private readonly List<WeightSpec> _specs = [];

    /// <summary>Every weight, in checkpoint order.</summary>
    public IReadOnlyList<WeightSpec> Specs => _specs;

    /// <summary>Number of values in all weights.</summary>
    public long ParameterCount => _specs.Sum(spec => spec.Count);

    /// <summary>Declares a weight; returns its index.</summary>
    public int Add(string name, long[] shape, Initialization initialization, long fanIn = 0, bool lowPrecision = false)
    {
        _specs.Add(new(name, shape, initialization, fanIn, lowPrecision));
        return _specs.Count - 1;
    }
}
