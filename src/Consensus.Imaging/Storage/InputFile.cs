namespace Consensus.Imaging.Storage;

/// <summary>Opens files that users name. If a file cannot be opened, the message gives the reason in one line.</summary>
internal static class InputFile
{
    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="FileNotFoundException">It does not exist.</exception>
    /// <exception cref="IOException">It cannot be opened, or is a folder.</exception>
    public static FileStream Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"'{path}' does not exist.{SeparatorHint(path)}", path, exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(
                Directory.Exists(path)
                    ? $"'{path}' is a folder, where an image file is expected."
                    : $"'{path}' cannot be opened: {exception.Message}",
                exception);
        }
    }

    /// <summary>
    /// A hint for the message about a file that does not exist. It is for paths with '\' on systems where '\' is a part of a name.
    /// </summary>
    public static string SeparatorHint(string path) =>
        Path.DirectorySeparatorChar == '/' && path.Contains('\\', StringComparison.Ordinal)
            ? " Here folders are separated by '/', and '\\' is a part of a name."
            : "";
}
