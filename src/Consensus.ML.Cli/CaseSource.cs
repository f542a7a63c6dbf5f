using Consensus.ML.Imaging;
using Microsoft.ML;

namespace Consensus.ML.Cli;

/// <summary>The cases that <c>--data</c>, <c>--task</c> and <c>--split</c> stand for, listed but not read.</summary>
/// <param name="Name">The set's or task's name, for reports.</param>
/// <param name="Split">The split's name, for reports.</param>
/// <param name="Raters">How many raters a complete case has, which is the number of levels.</param>
/// <param name="Cases">The cases, in numeric order; at least one.</param>
/// <param name="Augmentation">How training varies them.</param>
internal sealed record CaseSource(string Name, string Split, int Raters, IReadOnlyList<RaterCase> Cases, AugmentationPolicy Augmentation)
{
    /// <summary>Finds the cases; what is left out is said as a warning.</summary>
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="data">The folder that holds the set's folder, or is it.</param>
    /// <param name="task">The name of the task; null for the only one there is.</param>
    /// <param name="split">The name of the split.</param>
    /// <param name="missingRaters">Whether cases that some raters have not drawn are left out or kept.</param>
    /// <exception cref="UsageException">There is no such split or task, or no task was named and there are several.</exception>
    public static CaseSource Find(Terminal terminal, string data, string? task, string split, MissingRaters missingRaters = MissingRaters.Drop)
    {
        QubiqSplit part = ParseSplit(split);
        QubiqTask found = FindTask(data, task);
        QubiqListing listing = QubiqDataset.List(data, found, part, missingRaters);
        foreach (string warning in listing.Warnings)
        {
            terminal.Warn(warning);
        }

        // As published: kidneys lie left and right, never upside down.
        AugmentationPolicy augmentation = found == QubiqTask.Kidney ? new() { VerticalFlip = 0 } : new();
        return new(found.Name, Formats.Name(part), found.Raters, listing.Cases, augmentation);
    }

    /// <summary>The cases as rows.</summary>
    public IDataView View(MLContext ml) => ml.Data.LoadFromCases(Cases);

    private static QubiqSplit ParseSplit(string name) => name switch
    {
        "train" => QubiqSplit.Train,
        "val" => QubiqSplit.Validation,
        _ => throw new UsageException($"'{name}' is not a value of --split; it must be train or val."),
    };

    private static QubiqTask FindTask(string data, string? name)
    {
        try
        {
            return QubiqDataset.FindTask(data, name);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(exception.Message);
        }
    }
}
