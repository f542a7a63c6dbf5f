using System.Globalization;
using System.Security.Cryptography;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.ML.Options;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Transforms;

namespace Consensus.ML.Studies.Running;

/// <summary>
/// The description of a study in study.json. It has everything that decides the results, so that another study is recognised, and so that
/// a message can say what differs.
/// </summary>
/// <param name="FormatVersion">Version of this file's format.</param>
/// <param name="Settings">The study's settings by name, each with its value as JSON.</param>
/// <param name="Folds">The folds, with the names of their cases.</param>
/// <param name="Cases">Every case by name, with the SHA-256 of its files.</param>
/// <param name="Methods">The methods by name, each with its settings.</param>
/// <param name="Seeds">The seeds.</param>
/// <param name="Commands">The commands that made it, in order.</param>
internal sealed record StudyRecord(
    int FormatVersion,
    IReadOnlyDictionary<string, string> Settings,
    IReadOnlyList<FoldRecord> Folds,
    IReadOnlyDictionary<string, string> Cases,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Methods,
    IReadOnlyList<int> Seeds,
    IReadOnlyList<string> Commands)
{
    /// <summary>The version that this library writes, and the newest that it reads.</summary>
    public const int CurrentFormatVersion = 1;

    private const int MostDifferences = 3;

    /// <summary>Makes the record of a study from its options. It reads every file of the data once.</summary>
    public static StudyRecord FromOptions(StudyOptions options)
    {
        StudyRecipe recipe = Recipe(options);
        Dictionary<string, string> settings = OptionValues.Flatten(
            ("Data", options.DataName), ("Levels", options.Levels), ("Size", options.Size), ("Steps", options.Steps),
            ("Minutes", options.TimeLimit?.TotalMinutes), ("Precision", options.Precision?.ToString()),
            ("MissingRaters", options.MissingRaters.ToString()), ("Augmentation", options.Augmentation),
            ("Generations", options.Generations), ("CurveGenerations", options.CurveGenerations));
        if (options.Preset != StudyPreset.Compact)
        {
            // Records of versions without this option do not have it.
            settings["Preset"] = options.Preset.ToString();
        }

        if (options.NoData is float noData)
        {
            // As text, because JSON has no NaN. Records of versions without this option do not have it.
            settings["NoData"] = noData.ToString("R", CultureInfo.InvariantCulture);
        }

        if (options.Normalization != NormalizationScale.TrainingSet)
        {
            // Versions without this option had the scale of the training set.
            settings["Normalization"] = options.Normalization.ToString();
        }

        if (options.Antialias)
        {
            // Versions without this option had none.
            settings["Antialias"] = bool.TrueString;
        }

        if (options.ValidationFraction is double share)
        {
            // Records of versions without this option do not have it.
            settings["ValidationFraction"] = share.ToString("R", CultureInfo.InvariantCulture);
        }

        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        var cases = new SortedDictionary<string, string>(CaseNameComparer.Instance);
        foreach (StudyFold fold in options.Folds)
        {
            // Sets that have a folder for each split often use the name case01 in both.
            foreach ((string part, RaterCase raterCase) in fold.Training.Select(raterCase => ("train", raterCase))
                .Concat(fold.Evaluation.Select(raterCase => ("eval", raterCase))))
            {
                options.Cancellation.ThrowIfCancellationRequested();
                cases[options.Folds.Count > 1 ? raterCase.Name : $"{part} {raterCase.Name}"] = Hash(raterCase, files);
            }
        }

        return new(
            CurrentFormatVersion,
            settings,
            [.. options.Folds.Select(fold =>
                new FoldRecord(fold.Name, Names(fold.Training), Names(fold.Evaluation)))],
            cases,
            options.Methods.ToDictionary(method => method.Name, method => method.Settings(recipe)),
            [.. options.Seeds],
            options.Command is null ? [] : [options.Command]);
    }

    /// <summary>
    /// What the records of the cases' raters belong to. Methods, seeds and commands that are added later do not change it.
    /// </summary>
    public RecordBinding Binding() => new(RecordBinding.Hash(
        [
            .. Sorted(Settings), .. Sorted(Cases), .. Folds.Select(fold => fold.Key),
        ]));

    /// <summary>What the records of a run belong to: the study, the method with its settings, the fold and the seed.</summary>
    public RecordBinding BindingOf(StudyRun run) => new(RecordBinding.Hash(
        [
            Binding().Study, run.Method.Name, .. Sorted(Methods[run.Method.Name]), run.Fold.Name, Text.Invariant($"{run.Seed}"),
        ]));

    private static IEnumerable<string> Sorted(IReadOnlyDictionary<string, string> values) =>
        values.OrderBy(value => value.Key, StringComparer.Ordinal).SelectMany(value => (string[])[value.Key, value.Value]);

    private static string[] Names(IReadOnlyList<RaterCase> cases) => [.. cases.Select(raterCase => raterCase.Name)];

    /// <summary>
    /// The differences between this study and the study in a folder, in one line. Null where they are the same; methods and seeds that only
    /// one of them has do not count.
    /// </summary>
    public string? DifferencesFrom(StudyRecord there)
    {
        List<string> found = [.. OptionValues.Differences(Settings, there.Settings)];
        string[] removed = [.. there.Cases.Keys.Except(Cases.Keys)], added = [.. Cases.Keys.Except(there.Cases.Keys)];
        found.AddRange(removed.Select(name => $"case '{name}' belongs to it there and is missing here"));
        found.AddRange(added.Select(name => $"case '{name}' is new here"));
        found.AddRange(Cases.Where(entry => there.Cases.TryGetValue(entry.Key, out string? hash) && hash != entry.Value)
            .Select(entry => $"case '{entry.Key}' has other files here"));
        if (found.Count == 0 && !Folds.Select(fold => fold.Key).SequenceEqual(there.Folds.Select(fold => fold.Key)))
        {
            found.Add(Folds.Count == there.Folds.Count
                ? "the cases are divided otherwise"
                : Text.Invariant($"there are {Text.Count(there.Folds.Count, "fold")} there and {Folds.Count} here"));
        }

        foreach ((string method, IReadOnlyDictionary<string, string> settings) in Methods)
        {
            if (there.Methods.TryGetValue(method, out IReadOnlyDictionary<string, string>? other))
            {
                found.AddRange(
                    OptionValues.Differences(settings, other, defaults: OptionValues.Defaults)
                        .Select(difference => $"of {method}, {difference}"));
            }
        }

        return found.Count switch
        {
            0 => null,
            <= MostDifferences => string.Join("; ", found),
            _ => Text.Invariant($"{string.Join("; ", found.Take(MostDifferences))}; and {found.Count - MostDifferences} more"),
        };
    }

    /// <summary>The study in the folder, with the methods, seeds and commands that are new.</summary>
    public StudyRecord With(StudyRecord asked) => this with
    {
        Methods = Methods.Concat(asked.Methods.Where(method => !Methods.ContainsKey(method.Key))).ToDictionary(),
        Seeds = [.. Seeds.Union(asked.Seeds)],
        Commands = [.. Commands.Union(asked.Commands)],
    };

    /// <summary>The recipe of every method, without the parts that change from run to run.</summary>
    public static StudyRecipe Recipe(StudyOptions options) => new()
    {
        Levels = options.Levels,
        MissingRaters = options.MissingRaters,
        Preset = options.Preset,
        Steps = options.Steps,
        TimeLimit = options.TimeLimit,
        ValidationFraction = options.ValidationFraction,
        Generations = options.Generations,
        Precision = options.Precision,
        Device = options.Device,
    };

    private static string Hash(RaterCase raterCase, Dictionary<string, string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string text in raterCase.ImagePaths.Concat(raterCase.AnnotationPaths))
        {
            var address = SliceAddress.Parse(text);
            if (!files.TryGetValue(address.Path, out string? file))
            {
                using FileStream stream = File.OpenRead(address.Path);
                file = Convert.ToHexStringLower(SHA256.HashData(stream));
                files.Add(address.Path, file);
            }

            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(Text.Invariant($"{file} {address.Axis} {address.Index}\n")));
        }

        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', raterCase.RaterNames)));
        if (raterCase.GivenGroup is { } group)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"\ngroup {group}"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>A fold: the names of its cases.</summary>
internal sealed record FoldRecord(string Name, IReadOnlyList<string> Training, IReadOnlyList<string> Evaluation)
{
    /// <summary>The whole fold as text, to compare folds.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Key => string.Join('\n', [Name, .. Training, "", .. Evaluation]);
}
