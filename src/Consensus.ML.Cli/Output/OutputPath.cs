using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Shell;

namespace Consensus.ML.Cli.Output;

/// <summary>Checks before hours of work that the result can be written. It leaves nothing behind.</summary>
internal static class OutputPath
{
    // Larger than the allocation units of common file systems, so that a full disk refuses it.
    private const int ProbeBytes = 64 * 1024;

    /// <summary>Makes sure that a file of this name can be written.</summary>
    public static void EnsureFile(string path)
    {
        if (path.Length == 0)
        {
            throw new UsageException("The name of the file to write is empty.");
        }

        if (Directory.Exists(path) || path.EndsWith('/') || path.EndsWith(Path.DirectorySeparatorChar))
        {
            throw new IOException($"Cannot write '{path}': it is a folder; give the name of a file in it.");
        }

        if (AtomicFile.IsDevice(path))
        {
            throw new IOException($"Cannot write '{path}': it is a device, not a file.");
        }

        Probe(path, Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Makes sure that files can be written into this folder. The folder need not exist yet.</summary>
    public static void EnsureFolder(string path)
    {
        if (path.Length == 0)
        {
            throw new UsageException("The name of the folder to write to is empty.");
        }

        Probe(path, Path.GetFullPath(path));
    }

    /// <summary>Writes a file into the nearest folder that exists, and deletes it again.</summary>
    private static void Probe(string wanted, string folder)
    {
        try
        {
            string nearest = folder;
            while (!Directory.Exists(nearest))
            {
                if (File.Exists(nearest))
                {
                    throw new IOException($"'{nearest}' is a file, not a folder");
                }

                nearest = Path.GetDirectoryName(nearest) ?? throw new IOException("its folder does not exist");
            }

            string probe = Path.Combine(nearest, $".consensus-{Guid.NewGuid():N}.tmp");
            using var stream = new FileStream(
                probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            stream.Write(new byte[ProbeBytes]);
            stream.Flush(flushToDisk: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Cannot write '{wanted}': {exception.Message}", exception);
        }
    }
}
