using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;

namespace Consensus.ML.Cli.Tests;

/// <summary>A folder for one test, removed afterwards.</summary>
internal sealed class Workspace : IDisposable
{
    public Workspace() => Directory.CreateDirectory(Root);

    public string Root { get; } = Path.Combine(Path.GetTempPath(), $"consensus-tests-{Guid.NewGuid():N}");

    public string this[string name] => Path.Combine(Root, name);

    /// <summary>Every file and folder in it, hidden ones too.</summary>
    public string[] Contents() =>
        [.. Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    /// <summary>A phantom kidney set of small slices, with <paramref name="cases"/> cases, one of them for validation.</summary>
    public string Phantom(int cases = 3)
    {
        PhantomDataset.Write(this["data"], QubiqTask.Kidney, cases - 1, 1, seed: 7, size: 32);
        return this["data"];
    }

    public string TrainingCase(int number) => Path.Combine(this["data"], "kidney", "train", $"case{number:00}");

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
