using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Consensus.ML.Torch.Runtime;

/// <summary>Gives a loaded library the path of another, so that a request for that path finds the loaded one (Linux, glibc).</summary>
/// <remarks>
/// TorchSharp asks the runtime for torch_cpu by name, and the runtime opens the file beside the application. Two libtorch in one process
/// register the same operators twice, which ends it. The loader compares the path it is asked for with the names of the libraries that it
/// has, in struct link_map of link.h, before it opens a file. So the chosen library answers to the path of the one beside the application.
/// </remarks>
[SupportedOSPlatform("linux")]
internal static unsafe class LoadedName
{
    private const int LinkMapOfHandle = 2;

    /// <summary>Makes a library answer to a path for the life of the process.</summary>
    /// <param name="handle">The library.</param>
    /// <param name="path">The full path of the other library.</param>
    /// <exception cref="DllNotFoundException">The loader does not say where it keeps the name.</exception>
    public static void Set(nint handle, string path)
    {
        LinkMap* map = null;
        if (Information(handle, LinkMapOfHandle, &map) != 0 || map is null)
        {
            throw new DllNotFoundException(
                $"libtorch of another folder cannot be used beside '{path}' on this system. Publish the application without a package of "
                + "libtorch, with TorchSharp alone.");
        }

        // Never freed: the loader keeps the pointer.
        map->Name = Marshal.StringToCoTaskMemUTF8(path);
    }

    [DllImport("libc.so.6", EntryPoint = "dlinfo")]
    private static extern int Information(nint handle, int request, LinkMap** result);

    /// <summary>The first two members of struct link_map.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LinkMap
    {
        public nint Address;
        public nint Name;
    }
}
