using System.Runtime.InteropServices;
using System.Text;

namespace Consensus.ML.Torch.Runtime;

/// <summary>Loads the OpenMP library of libtorch (GNU libgomp) so that its threads soon sleep when they wait for each other.</summary>
/// <remarks>
/// By default, a thread that waits keeps its core busy for 300,000 turns of a loop, which takes some milliseconds. If other processes need
/// the cores, the other threads cannot run in that time; with many processes a prediction took ten times as long. The library reads the
/// number of turns from the variable GOMP_SPINCOUNT once, when it is loaded (libgomp manual, section 4.21).
/// tests/Consensus.ML.Benchmarks/RESULTS.md shows what other numbers cost.
/// </remarks>
internal static unsafe class OpenMPLibrary
{
    private const string Variable = "GOMP_SPINCOUNT", Value = "2000";

    // Never freed, nor the variables it points to: another thread may be reading it.
    private static byte** _variables;

    private static readonly Lock Loading = new();
    private static bool _isLoaded;

    /// <summary>
    /// Loads the library for the life of the process if it is in one of the folders. If it is loaded already, or the user has set how its
    /// threads wait (GOMP_SPINCOUNT or OMP_WAIT_POLICY), nothing changes.
    /// </summary>
    public static void Load(IEnumerable<string> folders)
    {
        lock (Loading)
        {
            if (!_isLoaded)
            {
                _isLoaded = true;
                LoadOnce(folders);
            }
        }
    }

    private static void LoadOnce(IEnumerable<string> folders)
    {
        string? path;
        try
        {
            path = folders.SelectMany(folder => Directory.EnumerateFiles(folder, "libgomp*.so*")).FirstOrDefault();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Torch will find the library or report the problem.
            return;
        }

        bool isChosen = new[] { Variable, "OMP_WAIT_POLICY" }.Any(name => Environment.GetEnvironmentVariable(name) is not null);
        if (path is null || isChosen || !NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "environ", out nint address))
        {
            return;
        }

        // The variable exists only while the library loads, so that neither the process nor its children see it later. setenv would be
        // simpler, but it moves the table, which another thread may be reading with getenv at that moment. So the process gets another
        // table for a moment, and then its own again.
        ref nint current = ref *(nint*)address;
        nint own = current;
        _variables = With((byte**)own);
        current = (nint)_variables;
        NativeLibrary.TryLoad(path, out _);
        if (Interlocked.CompareExchange(ref current, own, (nint)_variables) != (nint)_variables)
        {
            // Another thread has set a variable in the meantime. That made a new table, which also has this variable.
            _ = Unset(Variable);
        }
    }

    /// <summary>A copy of a table of variables with this variable added.</summary>
    private static byte** With(byte** own)
    {
        int count = 0;
        while (own is not null && own[count] is not null)
        {
            count++;
        }

        byte[] text = Encoding.UTF8.GetBytes($"{Variable}={Value}\0");
        var added = (byte*)NativeMemory.Alloc((nuint)text.Length);
        text.CopyTo(new Span<byte>(added, text.Length));
        var table = (byte**)NativeMemory.Alloc((nuint)(count + 2), (nuint)sizeof(byte*));
        for (int i = 0; i < count; i++)
        {
            table[i] = own[i];
        }

        table[count] = added;
        table[count + 1] = null;
        return table;
    }

    [DllImport("libc", EntryPoint = "unsetenv", BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Unset([MarshalAs(UnmanagedType.LPUTF8Str)] string name);
}
