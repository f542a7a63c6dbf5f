using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// How torch computes on a GPU while this library does. Float32 is float32: torch would round the inputs of convolutions to the 10 bits of
/// TF32. In training, whose shapes stay the same, cuDNN tries several ways to convolve and keeps the fastest one; so two runs on a GPU do
/// not have the same bits. The flags belong to the whole process. What the program had set is back when the last user is disposed.
/// </summary>
internal sealed class GpuFlags : IDisposable
{
    private static readonly Flag[] s_always =
    [
        new(() => backends.cudnn.allow_tf32, on => backends.cudnn.allow_tf32 = on, false),
        new(() => backends.cuda.matmul.allow_tf32, on => backends.cuda.matmul.allow_tf32 = on, false),
    ];

    // Looked for when it is needed: libtorch is loaded then.
    private static readonly Lazy<Flag?> s_benchmark = new(() =>
        CudnnBenchmark.Find() is { } found ? new(found.Get, found.Set, true) : null);

    private readonly Flag[] _flags;
    private bool _isDisposed;

    internal GpuFlags(bool sameShapes)
    {
        _flags = sameShapes && s_benchmark.Value is { } benchmark ? [.. s_always, benchmark] : s_always;
        Array.ForEach(_flags, flag => flag.Take());
    }

    /// <summary>Sets the flags if the device is a GPU; libtorch must be loaded.</summary>
    /// <param name="device">Where the caller computes.</param>
    /// <param name="sameShapes">Whether it repeats the same shapes, as training does.</param>
    public static GpuFlags? Use(Device device, bool sameShapes) => device.type == DeviceType.CUDA ? new(sameShapes) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            Array.ForEach(_flags, flag => flag.Release());
        }
    }

    /// <summary>A flag of the process that several users want to have the same value.</summary>
    private sealed class Flag(Func<bool> get, Action<bool> set, bool wanted)
    {
        private readonly Lock _lock = new();
        private int _users;
        private bool _before;

        public void Take()
        {
            lock (_lock)
            {
                if (_users++ == 0)
                {
                    _before = get();
                    set(wanted);
                }
            }
        }

        public void Release()
        {
            lock (_lock)
            {
                if (--_users == 0)
                {
                    set(_before);
                }
            }
        }
    }
}
