using System.Runtime.InteropServices;

namespace Consensus.ML.Torch.Kernels;

/// <summary>Memory for the numbers of each channel while a kernel runs. It is not on the stack: networks may have many channels.</summary>
internal unsafe ref struct WorkingMemory : IDisposable
{
    private byte* _memory;
    private nuint _taken;

    /// <param name="bytes">How much will be taken.</param>
    public WorkingMemory(long bytes) => _memory = (byte*)NativeMemory.AllocZeroed((nuint)bytes);

    /// <summary>Some numbers, all 0.</summary>
    public T* Take<T>(int count)
        where T : unmanaged
    {
        var part = (T*)(_memory + _taken);
        _taken += (nuint)(count * sizeof(T));
        return part;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
    }
}
