using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// What the CUDA driver says about its GPUs, which TorchSharp does not wrap
/// (<see href="https://docs.nvidia.com/cuda/cuda-driver-api/"/>). It numbers the GPUs as torch does.
/// </summary>
internal sealed unsafe class CudaDriver
{
    // CUdevice_attribute of cuda.h.
    private const int MultiprocessorCount = 16, CapabilityMajor = 75, CapabilityMinor = 76;
    private const int LongestName = 256;

    private readonly nint _library;

    private CudaDriver(nint library) => _library = library;

    /// <summary>The newest CUDA that the driver knows, such as "13.0"; null if it does not say.</summary>
    public string? Version
    {
        get
        {
            int version;
            return ((delegate* unmanaged<int*, int>)Symbol("cuDriverGetVersion"))(&version) == 0 ? Text(version) : null;
        }
    }

    /// <summary>Opens the driver; null if there is none, or it finds no GPU.</summary>
    /// <param name="path">Its library; null for that of the system.</param>
    public static CudaDriver? TryOpen(string? path = null)
    {
        if (!NativeLibrary.TryLoad(path ?? (OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1"), out nint library))
        {
            return null;
        }

        try
        {
            var driver = new CudaDriver(library);
            return ((delegate* unmanaged<uint, int>)driver.Symbol("cuInit"))(0) == 0 ? driver : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The CUDA of the runtime library that this process has loaded, such as "13.0"; null for none.</summary>
    public static string? RuntimeVersion()
    {
        using var process = Process.GetCurrentProcess();
        string? path = process.Modules.Cast<ProcessModule>()
            .Where(module => module.ModuleName.StartsWith("libcudart", StringComparison.Ordinal)
                || module.ModuleName.StartsWith("cudart64_", StringComparison.OrdinalIgnoreCase))
            .Select(module => module.FileName)
            .FirstOrDefault();
        int version;
        return path is not null && NativeLibrary.TryLoad(path, out nint library)
            && NativeLibrary.TryGetExport(library, "cudaRuntimeGetVersion", out nint function)
            && ((delegate* unmanaged<int*, int>)function)(&version) == 0
            ? Text(version)
            : null;
    }

    /// <summary>The GPUs, in the driver's order.</summary>
    /// <exception cref="InvalidOperationException">A function failed; the message says which.</exception>
    public IReadOnlyList<CudaDevice> Devices()
    {
        int count;
        Check(((delegate* unmanaged<int*, int>)Symbol("cuDeviceGetCount"))(&count), "cuDeviceGetCount");
        return [.. Enumerable.Range(0, count).Select(Device)];
    }

    /// <summary>Memory of a GPU that nobody uses, and all of it, in bytes.</summary>
    /// <exception cref="InvalidOperationException">A function failed; the message says which.</exception>
    public (long Free, long Total) Memory(int index)
    {
        // The numbers are those of the calling thread's context. Torch uses the primary context of each GPU, and so does this.
        int device = Handle(index);
        nint context, before;
        Check(
            ((delegate* unmanaged<nint*, int, int>)Symbol("cuDevicePrimaryCtxRetain"))(&context, device), "cuDevicePrimaryCtxRetain");
        try
        {
            Check(((delegate* unmanaged<nint*, int>)Symbol("cuCtxGetCurrent"))(&before), "cuCtxGetCurrent");
            Check(((delegate* unmanaged<nint, int>)Symbol("cuCtxSetCurrent"))(context), "cuCtxSetCurrent");
            try
            {
                nuint free, total;
                Check(((delegate* unmanaged<nuint*, nuint*, int>)Symbol("cuMemGetInfo_v2"))(&free, &total), "cuMemGetInfo");
                return ((long)free, (long)total);
            }
            finally
            {
                Check(((delegate* unmanaged<nint, int>)Symbol("cuCtxSetCurrent"))(before), "cuCtxSetCurrent");
            }
        }
        finally
        {
            Check(((delegate* unmanaged<int, int>)Symbol("cuDevicePrimaryCtxRelease_v2"))(device), "cuDevicePrimaryCtxRelease");
        }
    }

    private CudaDevice Device(int index)
    {
        int device = Handle(index);
        byte* name = stackalloc byte[LongestName];
        Check(((delegate* unmanaged<byte*, int, int, int>)Symbol("cuDeviceGetName"))(name, LongestName, device), "cuDeviceGetName");
        nuint bytes;
        Check(((delegate* unmanaged<nuint*, int, int>)Symbol("cuDeviceTotalMem_v2"))(&bytes, device), "cuDeviceTotalMem");
        return new(
            index, Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)), (long)bytes,
            new(Attribute(device, CapabilityMajor), Attribute(device, CapabilityMinor)), Attribute(device, MultiprocessorCount));
    }

    private int Handle(int index)
    {
        int device;
        Check(((delegate* unmanaged<int*, int, int>)Symbol("cuDeviceGet"))(&device, index), "cuDeviceGet");
        return device;
    }

    private int Attribute(int device, int attribute)
    {
        int value;
        Check(
            ((delegate* unmanaged<int*, int, int, int>)Symbol("cuDeviceGetAttribute"))(&value, attribute, device), "cuDeviceGetAttribute");
        return value;
    }

    private nint Symbol(string name) => NativeLibrary.GetExport(_library, name);

    private static void Check(int code, string function)
    {
        if (code != 0)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{function} failed with code {code}"));
        }
    }

    /// <summary>CUDA writes 13.1 as 13010.</summary>
    private static string Text(int version) =>
        string.Create(CultureInfo.InvariantCulture, $"{version / 1000}.{version % 1000 / 10}");
}

/// <summary>A GPU as the CUDA driver describes it.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Name">Its name.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="Capability">Its compute capability, such as 9.0.</param>
/// <param name="Multiprocessors">Number of multiprocessors.</param>
internal sealed record CudaDevice(int Index, string Name, long MemoryBytes, Version Capability, int Multiprocessors);
