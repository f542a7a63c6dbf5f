using System.Globalization;
using System.Text.RegularExpressions;

namespace Consensus.Imaging.Storage;

/// <summary>
/// The records of the owners of a folder, <c>.owner-N.json</c>. The record with the largest N names the owner. A record is created with
/// <see cref="FileMode.CreateNew"/>, which only one process can do on any file system, NFS included. It is never written again; its
/// owner changes the time of its last change as a sign of life.
/// </summary>
/// <param name="folder">The folder.</param>
internal sealed partial class OwnerRecords(string folder)
{
    /// <summary>Whether a file of this name is such a record.</summary>
    public static bool IsName(string name) => RecordName().IsMatch(name);

    /// <summary>The path of a record.</summary>
    public string PathOf(int number) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $".owner-{number}.json"));

    /// <summary>The largest number of a record that the folder lists; 0 if there is none.</summary>
    public int Latest() => Numbers().DefaultIfEmpty(0).Max();

    /// <summary>Reads a record; null if there is none.</summary>
    /// <remarks>Opening a file asks the server of a network file system, so the result is not an older one from a cache.</remarks>
    /// <exception cref="IOException">It cannot be read.</exception>
    public OwnerRecord? Read(int number)
    {
        try
        {
            using FileStream stream = new(
                PathOf(number), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return new(number, bytes.ToArray(), File.GetLastWriteTimeUtc(stream.SafeFileHandle));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Creates a record if no process has created that of this number before.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">There is no permission to write to the folder.</exception>
    public bool TryCreate(int number, byte[] content)
    {
        string path = PathOf(number);
        FileStream stream;
        try
        {
            stream = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        }
        catch (IOException exception) when (IsThere(exception))
        {
            return false;
        }

        try
        {
            using (stream)
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            return true;
        }
        catch
        {
            Remove(number);
            throw;
        }
    }

    /// <summary>Gives a sign of life of the owner.</summary>
    public void Touch(int number, DateTimeOffset now) => File.SetLastWriteTimeUtc(PathOf(number), now.UtcDateTime);

    /// <summary>Removes the record of a number. What goes wrong is ignored: the record counts as that of an owner that is gone.</summary>
    public void Remove(int number)
    {
        try
        {
            File.Delete(PathOf(number));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A later owner removes it.
        }
    }

    /// <summary>Removes the records before a number, whose owners then find out that they own the folder no more.</summary>
    public void RemoveBefore(int number)
    {
        foreach (int old in Numbers().Where(old => old < number).ToArray())
        {
            Remove(old);
        }
    }

    /// <summary>
    /// Whether a file could not be created because it is there: ERROR_FILE_EXISTS on Windows and EEXIST elsewhere. A look whether the file
    /// exists might be answered from a cache.
    /// </summary>
    private static bool IsThere(IOException exception) => (exception.HResult & 0xffff) == (OperatingSystem.IsWindows() ? 80 : 17);

    private IEnumerable<int> Numbers() => Directory.EnumerateFiles(folder, ".owner-*.json")
        .Select(path => RecordName().Match(Path.GetFileName(path)))
        .Where(match => match.Success)
        .Select(match => int.Parse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture));

    [GeneratedRegex("^\\.owner-([1-9][0-9]{0,8})\\.json$", RegexOptions.CultureInvariant)]
    private static partial Regex RecordName();
}
