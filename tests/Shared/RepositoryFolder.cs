namespace Consensus.ML.Tests.Shared;

/// <summary>Finds the repository in which the tests were built.</summary>
internal static class RepositoryFolder
{
    /// <summary>The folder that holds Consensus.ML.sln.</summary>
    public static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Consensus.ML.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("The tests do not lie inside the repository.");
    }
}
