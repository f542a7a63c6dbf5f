using System.Globalization;
using System.Text.Json;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Storage;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Running;

namespace Consensus.ML.Studies;

/// <summary>Makes the results of a study from its records alone, and finds every record that is not as it should be.</summary>
internal sealed class StudyMerging
{
    // More than the member with the hash takes, which is the end of each record.
    private const int LongestEnd = 128;

    private readonly StudyFolder _folder;
    private readonly StudyRecord _record;
    private readonly List<string> _problems = [];
    private readonly HashSet<string> _expected = new(StringComparer.Ordinal);

    private StudyMerging(StudyFolder folder, StudyRecord record) => (_folder, _record) = (folder, record);

    /// <summary>Reads the records of a study.</summary>
    /// <param name="path">The folder of the study.</param>
    /// <param name="added">Methods that do not come with the library.</param>
    public static StudyMerge Merge(string path, IReadOnlyList<StudyMethod> added)
    {
        StudyFolder folder = StudyFolder.Find(path) ?? throw new FileNotFoundException($"'{path}' holds no study: there is no study.json.");
        return new StudyMerging(folder, folder.Read()).Merge(added);
    }

    private StudyMerge Merge(IReadOnlyList<StudyMethod> added)
    {
        Dictionary<string, RaterRecord> raters = ReadRaters();
        StudyFold[] folds = [.. _record.Folds.Select(fold => new StudyFold(
            fold.Name,
            [.. fold.Training.Select(name => new RaterCase(name, [], [], []))],
            [.. fold.Evaluation.Select(name => new RaterCase(name, [], [], []) { Group = raters.GetValueOrDefault(name)?.Group })]))];
        var options = new StudyOptions
        {
            Folder = _folder.Path,
            DataName = Setting<string>("Data"),
            Folds = folds,
            Levels = Setting<int>("Levels"),
            Size = Setting<int>("Size"),
            Steps = Setting<int?>("Steps"),
            TimeLimit = Setting<double?>("Minutes") is double minutes ? TimeSpan.FromMinutes(minutes) : null,
            Methods = added,
        };
        StudyRun[] runs = [.. StudyRuns.Of(options, _record)];
        RunResult?[] results = [.. runs.Select((run, i) => Read(run, i))];
        CheckEnsembles([.. results.Where(result => result is not null).Select(result => result!.Run)], runs);
        FindSurplus();
        return _problems.Count > 0
            ? new(_problems, null)
            : new([], new(
                options, _record, [.. results.Select(result => result!)], pictured: null,
                _record.Folds.SelectMany(fold => fold.Evaluation).Select(name => raters[name].Agreement),
                SeedEnsembles.Read(_folder, runs)));
    }

    /// <summary>Checks the records of all seeds of a method together, where the records of the single seeds are good.</summary>
    private void CheckEnsembles(HashSet<StudyRun> good, IEnumerable<StudyRun> runs)
    {
        foreach (StudyRun[] seeds in SeedEnsembles.Groups(runs))
        {
            foreach (string name in seeds[0].Fold.Evaluation.Select(raterCase => raterCase.Name))
            {
                string path = _folder.EnsembleOf(seeds[0], name);
                _expected.Add(path);
                if (seeds.All(good.Contains)
                    && IsGood(
                        path, $"the record of case '{NameText.Printable(name)}' of all seeds of {seeds[0].Method} together",
                        SeedEnsembles.Binding(_folder, _record, seeds, name)))
                {
                    EnsureCase(path, name, StudyJson.Read<EnsembleRecord>(path).Case);
                }
            }
        }
    }

    private Dictionary<string, RaterRecord> ReadRaters()
    {
        RecordBinding binding = _record.Binding();
        var found = new Dictionary<string, RaterRecord>(StringComparer.Ordinal);
        foreach (string name in _record.Folds.SelectMany(fold => fold.Evaluation))
        {
            if (IsGood(_folder.RatersOf(name), $"the record of the raters of case '{NameText.Printable(name)}'", binding))
            {
                RaterRecord record = StudyJson.Read<RaterRecord>(_folder.RatersOf(name));
                EnsureCase(_folder.RatersOf(name), name, record.Agreement.Name);
                found[name] = record;
            }
        }

        return found;
    }

    private RunResult? Read(StudyRun run, int index)
    {
        string task = string.Create(CultureInfo.InvariantCulture, $"task {index} ({run})");
        RunFolder files = _folder.FilesOf(run);
        RecordBinding binding = _record.BindingOf(run);
        bool isTrained = IsGood(files.Training, $"the record of the training of {task}", binding);
        if (isTrained)
        {
            binding = binding with { Model = StudyJson.Read<RecordBinding>(files.Training).Model };
        }

        var cases = new List<CaseRecord>();
        foreach (string name in run.Fold.Evaluation.Select(raterCase => raterCase.Name))
        {
            if (IsGood(files.Case(name), $"the record of case '{NameText.Printable(name)}' of {task}", binding))
            {
                CaseRecord scored = StudyJson.Read<CaseRecord>(files.Case(name));
                EnsureCase(files.Case(name), name, scored.Case);
                cases.Add(scored);
            }
        }

        return isTrained && cases.Count == run.Fold.Evaluation.Count
            ? new(run, StudyJson.Read<TrainingRecord>(files.Training), cases, files)
            : null;
    }

    private bool IsGood(string path, string what, RecordBinding binding)
    {
        _expected.Add(path);
        string? problem = !File.Exists(path)
            ? $"{what[..1].ToUpperInvariant()}{what[1..]} is missing: there is no '{path}'."
            : StudyJson.ProblemWithBound(path, binding) is { } found ? $"'{path}', {what}, {found}."
            : null;
        if (problem is not null)
        {
            _problems.Add(problem);
        }

        return problem is null;
    }

    private void EnsureCase(string path, string expected, string found)
    {
        if (expected != found)
        {
            _problems.Add(
                $"'{path}' should be of case '{NameText.Printable(expected)}', but is of case '{NameText.Printable(found)}'.");
        }
    }

    /// <summary>Finds records under other names: copies, and records of runs that the study does not have.</summary>
    private void FindSurplus()
    {
        var visible = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden };
        foreach (string path in Directory.EnumerateFiles(_folder.Path, "*", visible).Order(StringComparer.Ordinal))
        {
            if (!_expected.Contains(path) && IsRecord(path))
            {
                _problems.Add(
                    $"'{NameText.Printable(path)}' is no record that this study expects: it is a copy, or of a run that the study does not "
                    + "have.");
            }
        }
    }

    private static bool IsRecord(string path)
    {
        using FileStream stream = File.OpenRead(path);
        stream.Seek(-Math.Min(LongestEnd, stream.Length), SeekOrigin.End);
        using var reader = new StreamReader(stream);
        return SealedJson.HashIn(reader.ReadToEnd()) is not null;
    }

    private T Setting<T>(string name)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(_record.Settings[name])!;
        }
        catch (Exception exception) when (exception is KeyNotFoundException or JsonException)
        {
            throw new InvalidDataException($"study.json in '{_folder.Path}' does not say {name}: it is damaged.", exception);
        }
    }
}
