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
    public static CaseSource Find(Terminal terminal, string data, QubiqTask task, QubiqSplit split)
    {
        QubiqListing listing = QubiqDataset.List(data, task, split);
        foreach (string warning in listing.Warnings)
        {
            terminal.Warn(warning);
        }

        // As published: kidneys lie left and right, never upside down.
        AugmentationPolicy augmentation = task == QubiqTask.Kidney ? new() { VerticalFlip = 0 } : new();
        return new(task.Name, Formats.Name(split), task.Raters, listing.Cases, augmentation);
    }

    /// <summary>The cases as rows.</summary>
    public IDataView View(MLContext ml) => ml.Data.LoadFromCases(Cases);
}
