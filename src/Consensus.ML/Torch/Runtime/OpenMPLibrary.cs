using System.Runtime.InteropServices;
using System.Text;

namespace Consensus.ML.Torch.Runtime;

/// <summary>
/// Loads the OpenMP library that libtorch brings along (GNU libgomp) such that its threads soon sleep where they wait for each other.
/// </summary>
/// <remarks>
/// Left alone they keep a core busy for 300,000 turns of a loop, some milliseconds, each time that one is ready before another. Where
/// other processes want the cores too, that is time in which the thread waited for does not run; with many processes a prediction took
/// ten times as long. How many turns is read from the variable GOMP_SPINCOUNT, once, when the library is loaded (libgomp manual, section
/// 4.21). What other counts cost is in tests/Consensus.ML.Benchmarks/RESULTS.md.
/// </remarks>
internal static unsafe class OpenMPLibrary
{
    private const string Variable = "GOMP_SPINCOUNT", Value = "2000";

    // Kept for good, with what it points to: another thread may be reading it.
    private static byte** _variables;

    private static readonly Lock Loading = new();
    private static bool _isLoaded;

    /// <summary>
    /// Loads it for good, where it lies in one of the folders. Where it is loaded already, or the user has said how its threads wait
    /// (GOMP_SPINCOUNT or OMP_WAIT_POLICY), nothing changes.
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
            // Torch will find it, or say what is wrong.
            return;
        }

        bool isChosen = new[] { Variable, "OMP_WAIT_POLICY" }.Any(name => Environment.GetEnvironmentVariable(name) is not null);
        if (path is null || isChosen || !NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "environ", out nint address))
        {
            return;
        }

        // The variable is there while the library loads and no longer, so that neither the process nor its children see it. setenv would
        // be simpler, but moves the table that getenv may be reading in another thread just then: the process gets another table for the
        // moment, and then its own again.
        ref nint current = ref *(nint*)address;
        nint own = current;
        _variables = With((byte**)own);
        current = (nint)_variables;
        NativeLibrary.TryLoad(path, out _);
        if (Interlocked.CompareExchange(ref current, own, (nint)_variables) != (nint)_variables)
        {
            // Another thread has set a variable meanwhile, in a table of its own that has ours too.
            _ = Unset(Variable);
        }
    }

    /// <summary>The variables of a table, and ours.</summary>
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
