namespace Consensus.ML.Torch.Collectives;

/// <summary>What a sum over GPUs needs of NCCL and of the CUDA driver. Tests replace it, as they have no GPU.</summary>
internal interface INccl
{
    /// <summary>Makes the name of a new group of GPUs.</summary>
    void CreateId(Span<byte> id);

    /// <summary>Joins a group of GPUs, with the GPU of the calling thread; returns when all have joined.</summary>
    nint Join(ReadOnlySpan<byte> id, int size, int rank);

    /// <summary>
    /// Replaces values on the GPU by their sums over the group, after earlier work of torch's stream and before later work.
    /// </summary>
    void Sum(nint address, long count, nint group);

    /// <summary>Leaves a group.</summary>
    void Leave(nint group);

    /// <summary>The primary context of a GPU, which is the one that torch uses. It lives as long as the process.</summary>
    nint Context(int gpu);

    /// <summary>Gives the calling thread a context, and so a GPU; returns the context that it had before.</summary>
    nint Enter(nint context);
}
