using System.Security.Cryptography;

namespace Consensus.Imaging.Storage;

/// <summary>
/// Tests a file system for what a lock and results need, in a folder whose lock this process holds. It tests what one machine can see. That
/// other machines see the same is not tested, so the owner's record is there in any case.
/// </summary>
internal static class FileSystemTest
{
    /// <summary>Runs the test. It leaves no file.</summary>
    /// <returns>What the lock has to do without; null if nothing is missing.</returns>
    /// <exception cref="IOException">The file system cannot keep results or an owner's record.</exception>
    public static string? Run(string folder, OwnerRecords records, int number, LockSurroundings surroundings)
    {
        string name = Path.Combine(folder, $".test-{Guid.NewGuid():N}"), other = $"{name}.new";
        try
        {
            byte[] first = RandomNumberGenerator.GetBytes(32), second = RandomNumberGenerator.GetBytes(32);
            File.WriteAllBytes(name, first);
            File.WriteAllBytes(other, second);
            Require(folder, File.ReadAllBytes(name).SequenceEqual(first), "what is written is not what is read");
            File.Move(other, name, overwrite: true);
            Require(
                folder, !File.Exists(other) && File.ReadAllBytes(name).SequenceEqual(second),
                "a file that is renamed does not replace the other");
            Require(folder, !records.TryCreate(number, second), "a file can be created twice");
        }
        finally
        {
            File.Delete(name);
            File.Delete(other);
        }

        return Locks(folder, surroundings)
            ? SignsAreSeen(records, number, surroundings)
                ? null
                : "does not keep the time of a file's last change, so that another machine takes this process for ended after 90 seconds"
            : "does not keep a locked file from being opened again";
    }

    private static bool Locks(string folder, LockSurroundings surroundings)
    {
        try
        {
            surroundings.OpenExclusively(Path.Combine(folder, FolderLock.FileName)).Dispose();
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static bool SignsAreSeen(OwnerRecords records, int number, LockSurroundings surroundings)
    {
        OwnerRecord? before = records.Read(number);
        records.Touch(number, surroundings.Time.GetUtcNow() + TimeSpan.FromSeconds(5));
        return before is not null && records.Read(number)?.IsSameAs(before) == false;
    }

    private static void Require(string folder, bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new IOException($"The file system of '{folder}' cannot be used: {otherwise}.");
        }
    }
}
