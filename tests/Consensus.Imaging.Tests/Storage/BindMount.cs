using System.ComponentModel;
using System.Diagnostics;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Storage;

/// <summary>A folder that is mounted a second time with Debian's bindfs, until it is disposed.</summary>
internal sealed class BindMount : IDisposable
{
    private readonly TemporaryFolder _point = new();

    private BindMount()
    {
    }

    public string Path => _point.Root;

    /// <summary>Mounts a folder. The test is skipped where that is not possible.</summary>
    public static BindMount Create(string folder)
    {
        var mount = new BindMount();
        try
        {
            if (TryRun("bindfs", folder, mount.Path))
            {
                return mount;
            }
        }
        catch (Win32Exception)
        {
            // There is no such program.
        }

        mount._point.Dispose();
        Assert.Skip("This needs Debian's package bindfs, and the permission to mount.");
        return mount;
    }

    public void Dispose()
    {
        TryRun("fusermount", "-u", Path);
        _point.Dispose();
    }

    private static bool TryRun(string program, params string[] arguments)
    {
        using ChildProcess process = ChildProcess.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true },
            TimeSpan.FromMinutes(1));
        return process.Finish().Code == 0;
    }
}
