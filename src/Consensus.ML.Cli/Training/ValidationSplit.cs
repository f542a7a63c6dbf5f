using System.CommandLine;
using Consensus.Imaging.Labels;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Shell;

namespace Consensus.ML.Cli.Training;

/// <summary>The cases of <c>--validation-split</c>, which decide which weights are best.</summary>
internal static class ValidationSplit
{
    /// <summary>Lists the cases of the split.</summary>
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="parsed">The values of the options.</param>
    /// <param name="data">The options that name the set.</param>
    /// <param name="training">The training cases.</param>
    /// <param name="option">The option that names the split; null is returned where it is not given.</param>
    /// <param name="missing">What is done with cases that have another number of raters.</param>
    /// <exception cref="UsageException">There is no such split, or it is the split of the training cases.</exception>
    /// <exception cref="InvalidDataException">A group has cases in both splits.</exception>
    public static CaseSource? List(
        Terminal terminal,
        ParseResult parsed,
        DataOptions data,
        CaseSource training,
        Option<string?> option,
        MissingRaters? missing)
    {
        if (parsed.GetValue(option) is not { } split)
        {
            return null;
        }

        CaseSource found;
        try
        {
            found = data.ListSplit(terminal, parsed, split, missing);
        }
        catch (UsageException exception)
        {
            throw new UsageException(exception.Message.Replace(data.Split.Name, option.Name, StringComparison.Ordinal));
        }

        if (found.Split == training.Split)
        {
            throw new UsageException(
                $"{option.Name} is {split}, the split that is trained on: weights chosen by cases that were trained on "
                + "would not be the best for new ones.");
        }

        HashSet<string> trained = [.. training.Cases.Where(raterCase => !raterCase.IsOwnGroup).Select(raterCase => raterCase.Group)];
        return found.Cases.FirstOrDefault(raterCase => !raterCase.IsOwnGroup && trained.Contains(raterCase.Group)) is { } shared
            ? throw new InvalidDataException(
                $"Case '{shared.Name}' of split '{found.Split}' and cases of split '{training.Split}' are of one group, '{shared.Group}': "
                + "weights chosen by a group that was trained on would not be the best for new ones. Put the whole group in one split.")
            : found;
    }
}
