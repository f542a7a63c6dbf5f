namespace Consensus.ML.Tests.Shared;

/// <summary>
/// Finds data beside the repository. Such data is never stored in the repository. Tests that need it are skipped if it is absent.
/// </summary>
internal static class SharedData
{
    /// <summary>
    /// The folder that an environment variable names, else <c>shared/data/…</c> beside one of the folders above the tests.
    /// </summary>
    public static string FindOrSkip(string? variable, params string[] names)
    {
        string? folder = Find(variable, names);
        if (folder is null)
        {
            Assert.Skip($"No folder {string.Join('/', names)} beside the repository.");
        }

        return folder;
    }

    /// <summary>Finds data as <see cref="FindOrSkip"/> does, but returns null if it is absent.</summary>
    public static string? Find(string? variable, params string[] names)
    {
        if (variable is not null && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } folder)
        {
            return folder;
        }

        for (DirectoryInfo? above = new(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            string candidate = Path.Combine([above.FullName, "shared", "data", .. names]);
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
