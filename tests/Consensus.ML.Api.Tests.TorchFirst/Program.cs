// Uses torch before or after Consensus.ML has been asked for anything; what it prints, tests look at.
// usage: Consensus.ML.Api.Tests.TorchFirst load|first-use|torch|late DIR|use DIR

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Consensus.ML.Torch.Runtime;
using TorchSharp;

// Nothing of Consensus.ML is named here: the runtime would load it before the first line.
if (args[0] == "torch")
{
    Steps.TryTorch();
}

return Steps.Run(args[0], args.ElementAtOrDefault(1));

internal static class Steps
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void TryTorch()
    {
        try
        {
            Sum();
        }
        catch (TypeInitializationException)
        {
            // TorchSharp has found nothing that loads.
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Run(string how, string? folder)
    {
        try
        {
            switch (how)
            {
                case "first-use":
                    TorchRuntime.LoadOnFirstUse();
                    break;
                case "use":
                    TorchRuntime.Use(folder!);
                    break;
                case "late":
                    TorchRuntime.Load();
                    TorchRuntime.Use(folder!);
                    break;
                default:
                    TorchRuntime.Load();
                    break;
            }

            Console.WriteLine($"sum {Sum()}");
            foreach (string line in TorchRuntime.Notes)
            {
                Console.WriteLine($"note: {line}");
            }

            foreach (string path in LoadedLibraries())
            {
                Console.WriteLine($"loaded {path}");
            }

            Console.WriteLine($"variable '{Marshal.PtrToStringUTF8(Variable("GOMP_SPINCOUNT"))}'");
            return 0;
        }
        catch (Exception exception)
        {
            Console.WriteLine($"{exception.GetType().Name}: {exception.Message}");
            return 1;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Sum()
    {
        using torch.Tensor sum = torch.ones(3, 4).sum();
        return sum.item<float>();
    }

    /// <summary>The files of libtorch that this process has mapped (Linux).</summary>
    private static IEnumerable<string> LoadedLibraries() => File.Exists("/proc/self/maps")
        ? File.ReadLines("/proc/self/maps")
            .Where(line => Path.GetFileName(line) is "libtorch_cpu.so" or "libc10.so")
            .Select(line => line[line.IndexOf('/', StringComparison.Ordinal)..])
            .Distinct()
        : [];

    /// <summary>The variable as native libraries of this process see it.</summary>
    [DllImport("libc", EntryPoint = "getenv", BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern nint Variable([MarshalAs(UnmanagedType.LPUTF8Str)] string name);
}
