using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Collectives;

/// <summary>A training in a single process: there is nothing to exchange.</summary>
internal sealed class OneProcess : ICollective
{
    /// <summary>The only one; it holds nothing.</summary>
    public static OneProcess Instance { get; } = new();

    private OneProcess()
    {
    }

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Size => 1;

    /// <inheritdoc/>
    public int LocalRank => 0;

    /// <inheritdoc/>
    public int LocalSize => 1;

    /// <inheritdoc/>
    public void Sum(Span<double> values)
    {
    }

    /// <inheritdoc/>
    public void SumOnMachine(Span<double> values)
    {
    }

    /// <inheritdoc/>
    public string? Prepare(Device device) => null;

    /// <inheritdoc/>
    public void Sum(Tensor values)
    {
    }

    /// <inheritdoc/>
    public void Broadcast(Span<byte> bytes, int from)
    {
    }

    /// <inheritdoc/>
    [DoesNotReturn]
    public void Abort(string line) => throw new InvalidOperationException(line);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
