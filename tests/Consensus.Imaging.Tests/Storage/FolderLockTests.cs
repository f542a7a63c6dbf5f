using Consensus.Imaging.Storage;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Storage;

/// <summary>A lock waits only if another process or thread holds the folder. The wait is announced, and it can be cancelled.</summary>
public sealed class FolderLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void One_at_a_time_holds_a_folder()
    {
        using (FolderLock.Take(_folder.Root))
        {
            Assert.Null(FolderLock.TryTake(_folder.Root));
        }

        using FolderLock? again = FolderLock.TryTake(_folder.Root);
        Assert.NotNull(again);
    }

    [Fact]
    public void Waiting_says_so_once_and_can_be_cancelled()
    {
        using FolderLock held = FolderLock.Take(_folder.Root);
        using var source = new CancellationTokenSource();
        int told = 0, pauses = 0;
        var cancelled = Assert.Throws<OperationCanceledException>(
            () => FolderTaking.Wait(
                _folder.Root, () => told++, LockSurroundings.OfThisProcess with { Pause = _ => CancelAtTheThird() }, source.Token));
        Assert.Equal((1, 3), (told, pauses));
        Assert.Contains(_folder.Root, cancelled.Message, StringComparison.Ordinal);

        void CancelAtTheThird()
        {
            if (++pauses == 3)
            {
                source.Cancel();
            }
        }
    }

    [Fact]
    public void Waiting_ends_when_the_other_lets_go()
    {
        FolderLock held = FolderLock.Take(_folder.Root);
        using FolderLock taken = FolderLock.Wait(_folder.Root, held.Dispose, CancellationToken.None);
        Assert.Null(FolderLock.TryTake(_folder.Root));
    }

    /// <summary>An earlier version took these errors for a lock of another process, and waited for ever.</summary>
    [Fact]
    public void What_is_wrong_with_the_file_is_said_at_once()
    {
        // The name of the lock's file belongs to a folder, to a link that leads in a circle, or is too long for the system.
        string folder = Directory.CreateDirectory(_folder["folder"]).FullName;
        Directory.CreateDirectory(Path.Combine(folder, FolderLock.FileName));
        Assert.Throws<UnauthorizedAccessException>(() => FolderLock.Wait(folder, null, CancellationToken.None));
        Assert.Throws<DirectoryNotFoundException>(() => FolderLock.Wait(_folder["missing"], null, CancellationToken.None));
        if (!OperatingSystem.IsWindows())
        {
            string circle = Directory.CreateDirectory(_folder["circle"]).FullName;
            File.CreateSymbolicLink(Path.Combine(circle, FolderLock.FileName), Path.Combine(circle, FolderLock.FileName));
            Assert.Throws<IOException>(() => FolderLock.Wait(circle, null, CancellationToken.None));
        }
    }

    public void Dispose() => _folder.Dispose();
}
