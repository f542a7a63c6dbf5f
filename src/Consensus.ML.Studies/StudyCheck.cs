using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Storage;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Planning;

namespace Consensus.ML.Studies;

/// <summary>Refuses a study that cannot work, before any work is done.</summary>
internal static class StudyCheck
{
    private const int FewestTrainingCases = 2;

    /// <exception cref="ArgumentException">An option is out of range, or does not fit another.</exception>
    public static void Check(StudyOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Folder);
        ArgumentException.ThrowIfNullOrWhiteSpace(options.DataName);
        Writable(nameof(options.DataName), options.DataName);
        Positive(nameof(options.Levels), options.Levels);
        Positive(nameof(options.Size), options.Size);
        Positive(nameof(options.CasePanels), options.CasePanels);
        if (options.CurveGenerations is < 0 or > 1000)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(options.CurveGenerations)} is {options.CurveGenerations}; it must be from 0 (no curve) to 1000."));
        }

        if (options.Generations is < 1 or > 1000)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(options.Generations)} is {options.Generations}; it must be from 1 to 1000, or null for each method's own."));
        }

        if (options.Threads is < 1 or > 4096)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(options.Threads)} is {options.Threads}; it must be from 1 to 4096, or null for torch's own choice."));
        }

        if (options.ValidationFraction is double share && !(share is >= 0 and <= 0.5))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(options.ValidationFraction)} is {share}; it must be from 0 to 0.5, or null for each method's own."));
        }

        if (options.Steps is int steps)
        {
            Positive(nameof(options.Steps), steps);
        }

        if (options.TimeLimit <= TimeSpan.Zero)
        {
            throw new ArgumentException($"{nameof(options.TimeLimit)} is {options.TimeLimit}; it must be above zero.");
        }

        Distinct(nameof(options.Methods), options.Methods.Select(method => method.Name));
        if (options.Preset == StudyPreset.Paper
            && options.Methods.Contains(StudyMethods.Consensus) && options.Methods.Contains(StudyMethods.ConsensusByLevel))
        {
            throw new ArgumentException(
                $"With the preset {options.Preset}, {StudyMethods.Consensus} is the same as {StudyMethods.ConsensusByLevel}: name one of "
                + "them.");
        }

        Distinct(nameof(options.Seeds), options.Seeds.Select(seed => Text.Invariant($"{seed}")));
        Distinct(nameof(options.Folds), options.Folds.Select(fold => fold.Name));
        foreach (StudyFold fold in options.Folds)
        {
            Writable("The name of a fold", fold.Name);
            if (fold.Training.Concat(fold.Evaluation).Select(raterCase => raterCase.ProblemWithNames()).OfType<string>().FirstOrDefault()
                is { } problem)
            {
                throw new ArgumentException($"{problem} The report could not be written with it.");
            }

            if (fold.Training.Count < FewestTrainingCases)
            {
                throw new ArgumentException(
                    $"'{fold.Name}' leaves {Text.Count(fold.Training.Count, "case")} to train on, but at least {FewestTrainingCases} are "
                    + "needed: one is set aside to choose the best weights by.");
            }

            if (fold.Evaluation.Count == 0)
            {
                throw new ArgumentException($"'{fold.Name}' has no case to score.");
            }

            HashSet<string> trained = [.. fold.Training.SelectMany(raterCase => raterCase.ImagePaths)];
            if (fold.Evaluation.FirstOrDefault(raterCase => raterCase.ImagePaths.Any(trained.Contains)) is { } leaked)
            {
                throw new ArgumentException(
                    $"Case '{leaked.Name}' of '{fold.Name}' is both trained on and scored: its score would say nothing of new cases.");
            }

            // Two splits may use the same name for different cases. But a given group, or a volume, must not be in both parts.
            HashSet<string> groups = [.. fold.Training.SelectMany(Shared)];
            if (fold.Evaluation.FirstOrDefault(raterCase => Shared(raterCase).Any(groups.Contains)) is { } related)
            {
                throw new ArgumentException(
                    $"Case '{related.Name}' of '{fold.Name}' is scored, and others of its group '{related.Group}' are trained on: "
                    + "its score would say little of new ones. Put the whole group in one part.");
            }
        }

        string[] scored = [.. options.Folds.SelectMany(fold => fold.Evaluation).Select(raterCase => raterCase.Name)];
        Distinct("The scored cases", scored);
        if (!OperatingSystem.IsLinux()
            && scored.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Skip(1).Any()) is { } alike)
        {
            throw new ArgumentException(
                $"The scored cases '{alike.First()}' and '{alike.ElementAt(1)}' differ in upper and lower case alone, "
                + "and this system keeps one file for both.");
        }
    }

    private static void Writable(string what, string name)
    {
        if (NameText.Problem(name) is { } problem)
        {
            throw new ArgumentException($"{what} '{NameText.Printable(name)}' {problem}; the report could not be written with it.");
        }
    }

    private static IEnumerable<string> Shared(RaterCase raterCase) =>
        new[]
        {
            raterCase.GivenGroup, SliceAddress.VolumeOf(raterCase.ImagePaths) is { } volume ? Path.GetFullPath(volume) : null,
        }.OfType<string>();

    private static void Positive(string name, int value)
    {
        if (value < 1)
        {
            throw new ArgumentException(Text.Invariant($"{name} is {value}; it must be at least 1."));
        }
    }

    private static void Distinct(string name, IEnumerable<string> values)
    {
        string[] all = [.. values];
        if (all.Length == 0)
        {
            throw new ArgumentException($"{name} must have at least one entry.");
        }

        if (all.GroupBy(value => value, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"{name} must differ, but '{twice.Key}' is there twice.");
        }
    }
}
