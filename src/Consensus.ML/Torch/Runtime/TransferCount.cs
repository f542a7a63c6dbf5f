namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// Counts the copies between host and device that the calling thread makes, from its construction until it is disposed. It counts on the
/// CPU what would be a copy on a GPU, so that a machine without a GPU shows how often a GPU would wait.
/// </summary>
internal sealed class TransferCount : IDisposable
{
    [ThreadStatic]
    private static TransferCount? t_current;

    private readonly TransferCount? _outer = t_current;

    public TransferCount() => t_current = this;

    /// <summary>Copies from the device. The host waits for each, until the device has done everything that it was given before.</summary>
    public int ReadBacks { get; private set; }

    /// <summary>Copies to the device, for which nobody waits.</summary>
    public int Uploads { get; private set; }

    /// <summary>Counts a copy from the device.</summary>
    public static void ReadBack()
    {
        if (t_current is { } count)
        {
            count.ReadBacks++;
        }
    }

    /// <summary>Counts a copy to the device.</summary>
    public static void Upload()
    {
        if (t_current is { } count)
        {
            count.Uploads++;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => t_current = _outer;
}
