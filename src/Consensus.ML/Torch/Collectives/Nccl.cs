using System.Globalization;
using System.Runtime.InteropServices;

namespace Consensus.ML.Torch.Collectives;

/// <summary>
/// The functions of NCCL 2 that a sum over GPUs needs (<see href="https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/api.html"/>),
/// and those of the CUDA driver that choose the GPU of a thread.
/// </summary>
internal sealed unsafe class Nccl : INccl
{
    /// <summary>Bytes of ncclUniqueId.</summary>
    public const int IdBytes = 128;

    private const string LibraryName = "libnccl.so.2", DriverName = "libcuda.so.1";

    // ncclFloat32 and ncclSum in nccl.h.
    private const int Float = 7, Plus = 0;

    private readonly nint _library, _driver;

    private Nccl(nint library, nint driver) => (_library, _driver) = (library, driver);

    /// <summary>Opens the libraries; null if one is missing.</summary>
    public static Nccl? TryOpen() =>
        NativeLibrary.TryLoad(LibraryName, out nint library) && NativeLibrary.TryLoad(DriverName, out nint driver)
            ? new(library, driver)
            : null;

    /// <inheritdoc/>
    public void CreateId(Span<byte> id)
    {
        fixed (byte* start = id)
        {
            Check(((delegate* unmanaged[Cdecl]<byte*, int>)Symbol("ncclGetUniqueId"))(start), "ncclGetUniqueId");
        }
    }

    /// <inheritdoc/>
    public nint Join(ReadOnlySpan<byte> id, int size, int rank)
    {
        nint group;
        Check(
            ((delegate* unmanaged[Cdecl]<nint*, int, UniqueId, int, int>)Symbol("ncclCommInitRank"))(
                &group, size, MemoryMarshal.Read<UniqueId>(id), rank),
            "ncclCommInitRank");
        return group;
    }

    /// <inheritdoc/>
    public void Sum(nint address, long count, nint group) => Check(
        ((delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int, nint, nint, int>)Symbol("ncclAllReduce"))(
            address, address, (nuint)count, Float, Plus, group, 0),
        "ncclAllReduce");

    /// <inheritdoc/>
    public void Leave(nint group) =>
        Check(((delegate* unmanaged[Cdecl]<nint, int>)Symbol("ncclCommDestroy"))(group), "ncclCommDestroy");

    /// <inheritdoc/>
    public nint Context(int gpu)
    {
        int device;
        nint context;
        Check(((delegate* unmanaged[Cdecl]<int*, int, int>)Driver("cuDeviceGet"))(&device, gpu), "cuDeviceGet");
        Check(
            ((delegate* unmanaged[Cdecl]<nint*, int, int>)Driver("cuDevicePrimaryCtxRetain"))(&context, device),
            "cuDevicePrimaryCtxRetain");
        return context;
    }

    /// <inheritdoc/>
    public nint Enter(nint context)
    {
        nint before;
        Check(((delegate* unmanaged[Cdecl]<nint*, int>)Driver("cuCtxGetCurrent"))(&before), "cuCtxGetCurrent");
        Check(((delegate* unmanaged[Cdecl]<nint, int>)Driver("cuCtxSetCurrent"))(context), "cuCtxSetCurrent");
        return before;
    }

    private static void Check(int code, string function)
    {
        if (code != 0)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{function} failed with code {code}"));
        }
    }

    private nint Symbol(string name) => NativeLibrary.GetExport(_library, name);

    private nint Driver(string name) => NativeLibrary.GetExport(_driver, name);

    /// <summary>ncclUniqueId, which is passed by value.</summary>
    private struct UniqueId
    {
        public fixed byte Bytes[IdBytes];
    }
}
