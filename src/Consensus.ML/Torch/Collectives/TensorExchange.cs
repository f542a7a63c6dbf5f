using System.Reflection;
using Consensus.ML.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Collectives;

/// <summary>Exchanges tensors by way of memory that a processor can address.</summary>
internal static class TensorExchange
{
    // MPI counts in 32 bits, and so do spans.
    private const int MostBytes = 1 << 30;

    /// <summary>Something that is done with a part of a tensor's values.</summary>
    public delegate void Exchange(Span<byte> values);

    /// <summary>Gives every process the values of the first one.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="values">Contiguous, on any device, of the same size and type in every process.</param>
    public static void Broadcast(this ICollective processes, Tensor values) =>
        processes.OnHost(values, part => processes.Broadcast(part, from: 0));

    /// <summary>
    /// Exchanges a tensor's values, by parts that the exchange may replace. Values on another device are copied to this one, and back. If a
    /// copy fails, the other processes already wait in the exchange, so that all end.
    /// </summary>
    public static void OnHost(this ICollective processes, Tensor values, Exchange exchange)
    {
        try
        {
            using var none = no_grad();
            if (values.device_type == DeviceType.CPU)
            {
                InParts(values, exchange);
                return;
            }

            using Tensor host = values.ToHost();
            InParts(host, exchange);
            values.copy_(host);
        }
        catch (Exception exception)
        {
            processes.Abort($"A tensor cannot be exchanged: {exception.Message}");
        }
    }

    /// <summary>The address of a contiguous tensor's values on its device.</summary>
    public static nint Address(Tensor values)
    {
        if (!values.is_contiguous())
        {
            throw new ArgumentException("The values of the tensor do not follow one another.", nameof(values));
        }

        // TorchSharp tells the address for the memory of the processor alone, although its native function knows all devices.
        return (nint)DataOf.Value.Invoke(null, [values.Handle])!;
    }

    private static readonly Lazy<MethodInfo> DataOf = new(() =>
        typeof(torch).Assembly.GetType("TorchSharp.PInvoke.NativeMethods")?.GetMethod(
            "THSTensor_data", BindingFlags.Static | BindingFlags.NonPublic, [typeof(nint)])
        ?? throw new MissingMethodException("This version of TorchSharp does not tell where the values of a tensor are."));

    private static unsafe void InParts(Tensor values, Exchange exchange)
    {
        byte* start = (byte*)Address(values);
        long bytes = values.NumberOfElements * values.ElementSize;
        for (long at = 0; at < bytes; at += MostBytes)
        {
            exchange(new Span<byte>(start + at, (int)Math.Min(MostBytes, bytes - at)));
        }

        GC.KeepAlive(values);
    }
}
