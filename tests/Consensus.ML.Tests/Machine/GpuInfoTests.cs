using System.Diagnostics;
using Consensus.ML.Machine;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Tests.Machine;

/// <summary>
/// What is read from the CUDA driver. A small library in C stands for it: it has the same functions, and answers with known numbers.
/// </summary>
public sealed class GpuInfoTests : IDisposable
{
    // Each function checks what it is given. Code 1 is CUDA_ERROR_INVALID_VALUE.
    private const string Source = """
        #include <stddef.h>
        #include <string.h>
        static void *current = 0;
        static int held = 0;
        int cuInit(unsigned flags) { return flags ? 1 : INIT; }
        int cuDriverGetVersion(int *v) { *v = 13010; return 0; }
        int cuDeviceGetCount(int *n) { *n = 2; return 0; }
        int cuDeviceGet(int *d, int i) { *d = 100 + i; return i < 0 || i > 1; }
        int cuDeviceGetName(char *name, int n, int d) { strncpy(name, d == 100 ? "Alpha 9000" : "Beta", n); return d < 100; }
        int cuDeviceTotalMem_v2(size_t *b, int d) { *b = d == 100 ? 150754820096u : 8000000000u; return 0; }
        int cuDeviceGetAttribute(int *v, int a, int d) {
            if (d < 100) return 1;
            if (a == 75) { *v = d == 100 ? 9 : 7; return 0; }
            if (a == 76) { *v = d == 100 ? 0 : 5; return 0; }
            if (a == 16) { *v = 132; return 0; }
            return 1;
        }
        int cuDevicePrimaryCtxRetain(void **c, int d) { *c = (void *)(size_t)(d + 1); held++; return 0; }
        int cuDevicePrimaryCtxRelease_v2(int d) { held--; return 0; }
        int cuCtxGetCurrent(void **c) { *c = current; return 0; }
        int cuCtxSetCurrent(void *c) { current = c; return 0; }
        int cuMemGetInfo_v2(size_t *f, size_t *t) {
            if (current != (void *)101) return 1;
            *f = 150000000000u; *t = 150754820096u; return 0;
        }
        int heldContexts(void) { return held + (current != 0); }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_driver_names_its_GPUs_and_their_memory()
    {
        CudaDriver driver = CudaDriver.TryOpen(Compile(initialized: 0))!;

        IReadOnlyList<GpuInfo> found = GpuInfo.List(driver, chosen: 0);

        Assert.Equal("13.1", driver.Version);
        Assert.Equal(2, found.Count);
        Assert.Equal(("Alpha 9000", 150754820096, 150000000000, "9.0", 132), (
            found[0].Name, found[0].MemoryBytes, found[0].FreeBytes, found[0].ComputeCapability, found[0].Multiprocessors));
        Assert.Equal((1, "Beta", 8000000000, null, "7.5"), (
            found[1].Index, found[1].Name, found[1].MemoryBytes, found[1].FreeBytes, found[1].ComputeCapability));
        Assert.Equal(["float32", "float32 (TF32)", "bfloat16", "float16"], found[0].Formats);
        Assert.Equal(["float32", "float16"], found[1].Formats);
        Assert.Equal((150000000000, 150754820096), driver.Memory(0));
    }

    [Fact]
    public void A_driver_that_fails_shows_no_GPU()
    {
        string library = Compile(initialized: 0);

        // The memory of the second GPU is an error of this driver.
        Assert.Empty(GpuInfo.List(CudaDriver.TryOpen(library), chosen: 1));
        Assert.Contains("cuMemGetInfo", Assert.Throws<InvalidOperationException>(
            () => CudaDriver.TryOpen(library)!.Memory(1)).Message, StringComparison.Ordinal);
    }

    // 100 is CUDA_ERROR_NO_DEVICE.
    [Fact]
    public void A_driver_without_GPU_is_no_driver() => Assert.Null(CudaDriver.TryOpen(Compile(initialized: 100)));

    [Fact]
    public void A_machine_without_driver_has_no_GPU()
    {
        Assert.Null(CudaDriver.TryOpen(_folder["none.so"]));
        Assert.Empty(GpuInfo.List(null, chosen: null));
    }

    private string Compile(int initialized)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/cc"), "There is no C compiler (/usr/bin/cc).");
        string source = _folder["driver.c"], library = _folder[$"driver{initialized}.so"];
        File.WriteAllText(source, Source.Replace("INIT", $"{initialized}", StringComparison.Ordinal));
        using var compiler = Process.Start("/usr/bin/cc", ["-w", "-shared", "-fPIC", "-o", library, source]);
        Assert.True(compiler.WaitForExit(TimeSpan.FromMinutes(1)), "the compiler did not end");
        Assert.Equal(0, compiler.ExitCode);
        return library;
    }
}
