using Consensus.Imaging.Cases;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Consensus.ML.Evaluation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Microsoft.ML;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>Scores a model of several structures, or one that draws named raters: a report for each structure.</summary>
internal sealed class StructureEvaluation : ICaseScorer<StructureSettings, StructureRecord>
{
    private const string Native = "Native";

    private readonly MLContext _ml;
    private readonly LoadedModel _model;
    private readonly EvaluationOptions _options;
    private readonly (SegmentedStructure Structure, IReadOnlyList<RaterCase> Cases)[] _parts;

    /// <param name="ml">The context of the model.</param>
    /// <param name="model">The model, which samples as it shall.</param>
    /// <param name="source">The cases.</param>
    /// <param name="options">The options of the scores.</param>
    /// <param name="native">Whether maps are scored at the size of their images.</param>
    /// <param name="scoresDrawn">Whether masks drawn from the soft maps take the place of the model's samples.</param>
    /// <exception cref="UsageException">The model does not have a structure of the cases.</exception>
    public StructureEvaluation(
        MLContext ml,
        LoadedModel model,
        CaseSource source,
        EvaluationOptions options,
        bool native,
        bool scoresDrawn)
    {
        if (source.Structures.Count > 0 && model.Segmentation.Structures is [{ Name: "" }])
        {
            throw new UsageException(
                $"--task names {source.Structures.Count} tasks, but the model was trained on one: name that one.");
        }

        (_ml, _model, _options) = (ml, model, options);
        _parts = [.. source.Parts.Select(part => (Find(model.Segmentation, part), part.Cases))];
        var settings = EvaluationSettings.Create(model, options, source, native, scoresDrawn);
        Settings = new(
        [
            .. _parts.Select(part => new ScoredStructure(part.Structure, settings with
            {
                Task = part.Structure.Name.Length == 0 ? settings.Task : part.Structure.Name,
                Model = settings.Model with { Raters = part.Structure.Levels },
                DrawnMasks = EvaluationSettings.Describe(model, part.Structure),
            })),
        ]);
    }

    /// <inheritdoc/>
    public StructureSettings Settings { get; }

    /// <summary>Whether cases are scored by structure: the model has several or draws named raters, or the cases have several.</summary>
    public static bool IsFor(SegmentationTransformer model, CaseSource source) =>
        model.Structures is not [{ Name: "", Raters.Count: 0 }] || source.Structures.Count > 0;

    /// <summary>Scores all cases.</summary>
    public IReadOnlyList<StructureMetrics> Evaluate() => Evaluate(_parts, _options);

    /// <inheritdoc/>
    public StructureRecord[] Score(IReadOnlyList<RaterCase> cases, IReadOnlyList<RecordPlace> places)
    {
        HashSet<string> names = [.. cases.Select(one => one.Name)];
        IReadOnlyList<StructureMetrics> scored = Evaluate(
            [
                .. _parts.Select(part => (part.Structure, Cases: (RaterCase[])[.. part.Cases.Where(one => names.Contains(one.Name))]))
                    .Where(part => part.Cases.Length > 0),
            ],
            _options with { BootstrapResamples = 0 });
        return
        [
            .. cases.Zip(places, (one, place) => new StructureRecord(
                StructureRecord.CurrentFormatVersion, place.Manifest, place.Index, one.Name,
                [.. scored.Where(each => each.Metrics.Cases.Any(its => its.Name == one.Name)).Select(each => Of(each, one.Name, place))])),
        ];
    }

    /// <inheritdoc/>
    public string Describe(StructureRecord record) => string.Join(", ", record.Structures.Select(each =>
        $"{(each.Structure.Length == 0 ? "" : $"{each.Structure} ")}soft Dice {Formats.Score(each.Scores.SoftDice5)}"));

    /// <summary>The scores that records hold, with the intervals of their means.</summary>
    public static IReadOnlyList<StructureMetrics> Scores(IReadOnlyList<StructureRecord> records, StructureSettings settings) =>
        [.. settings.Structures.Select(scored => Scores(records, scored))];

    /// <summary>Prints the tables of each structure, or writes the report as JSON where '-' asks for that alone.</summary>
    public static void Print(
        Terminal terminal, IReadOnlyList<StructureMetrics> all, StructureSettings settings, string? report, bool everyMeasure)
    {
        if (report != "-")
        {
            foreach ((StructureMetrics scores, EvaluationSettings its) in all.Zip(settings.Structures.Select(one => one.Settings)))
            {
                EvaluateCommand.PrintTables(terminal, scores.Metrics, its, everyMeasure);
                if (scores.Raters is { } raters)
                {
                    terminal.Console.Write(RaterTable.Create(raters, its.Options));
                    if (raters.Volumes is { } volumes)
                    {
                        terminal.Console.Write(RaterTable.Create(volumes, its.Options, "volumes"));
                    }
                }

                EvaluateCommand.PrintLines(terminal, scores.Metrics, its, everyMeasure, scores.Structure.Name);
            }
        }

        if (report is not null)
        {
            JsonOutput.Write(
                report, new StructureReport(all, [.. settings.Structures.Select(one => one.Settings)]), terminal.Out);
        }
    }

    private static StructureScores Of(StructureMetrics scored, string name, RecordPlace place)
    {
        SegmentationMetrics metrics = scored.Metrics;
        bool isLast = metrics.Cases[^1].Name == name;
        return new(
            scored.Structure.Name,
            metrics.Cases.First(its => its.Name == name) with { Group = place.Group },
            place.WithGroup(scored.Raters?.Cases.Where(its => its.Case == name)) ?? [])
        {
            Volumes = isLast ? place.WithGroup(metrics.Volumes?.Cases) : null,
            RaterVolumes = isLast ? place.WithGroup(scored.Raters?.Volumes?.Cases) : null,
        };
    }

    private static StructureMetrics Scores(IReadOnlyList<StructureRecord> records, ScoredStructure scored)
    {
        StructureScores[] found = [.. records.SelectMany(record => record.Structures).Where(one => one.Structure == scored.Structure.Name)];
        if (found.Length == 0)
        {
            throw new InvalidDataException($"No record has scores of the structure '{scored.Structure.Name}'.");
        }

        EvaluationOptions options = scored.Settings.Options;
        SegmentationMetrics metrics = EvaluateCommand.Scores(
            found.Select(one => one.Scores), found.SelectMany(one => one.Volumes ?? []), options);
        CaseRaterScore[] raters = [.. found.SelectMany(one => one.Raters)];
        if (raters.Length == 0)
        {
            return new(scored.Structure, metrics, null);
        }

        // A volume of one slice has its scores, where another volume has several.
        ILookup<string, CaseRaterScore> together =
            found.SelectMany(one => one.RaterVolumes ?? []).ToLookup(one => one.Case, StringComparer.Ordinal);
        ILookup<string?, StructureScores> slices = found.ToLookup(one => one.Scores.Volume, StringComparer.Ordinal);
        return new(scored.Structure, metrics, new(raters, options, (metrics.Volumes?.Cases ?? []).SelectMany(volume =>
            together.Contains(volume.Name)
                ? together[volume.Name]
                : slices[volume.Name].SelectMany(one => one.Raters).Select(one => one with { Case = volume.Name }))));
    }

    private static SegmentedStructure Find(SegmentationTransformer model, CaseSource part)
    {
        if (model.Structures is [{ Name: "" } only])
        {
            return only;
        }

        return model.Structures.FirstOrDefault(structure => structure.Name == part.Structure) ?? throw new UsageException(
            $"The model does not segment '{part.Structure ?? part.Name}': it has "
            + $"{string.Join(", ", model.Structures.Select(one => one.Name))}; say with --task which of them the cases are.");
    }

    private IReadOnlyList<StructureMetrics> Evaluate(
        (SegmentedStructure Structure, IReadOnlyList<RaterCase> Cases)[] parts, EvaluationOptions options)
    {
        SegmentedStructure[] structures = [.. parts.Select(part => part.Structure)];
        EvaluationSettings settings = Settings.Structures[0].Settings;
        IDataView predicted = _model.Model.Transform(structures is [{ Name: "" }]
            ? _ml.Data.LoadFromCases(parts[0].Cases)
            : _ml.Data.LoadFromStructures([.. parts.Select(part => new StructureCases(part.Structure.Name, part.Cases))]));
        bool isNative = settings.Resolution.Native;
        if (isNative)
        {
            foreach (string column in structures.SelectMany(structure => (string[])[
                structure.ColumnName("SoftMap"), .. structure.Raters.Select(rater => structure.RaterColumnName(rater)),
            ]))
            {
                predicted = _ml.Transforms.RestoreSlices(Native + column, column, "Image").Fit(predicted).Transform(predicted);
            }
        }

        string prefix = isNative ? Native : "";
        return _ml.Segmentation.EvaluateStructures(
            predicted, structures, options, softMapColumnName: $"{prefix}SoftMap", raterMapColumnName: $"{prefix}RaterMap",
            samplesColumnName: settings.SamplesColumn);
    }
}
