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
internal sealed class StructureEvaluation
{
    private const string Native = "Native";

    private readonly IReadOnlyList<StructureMetrics> _scores;
    private readonly IReadOnlyList<EvaluationSettings> _settings;

    /// <param name="ml">The context of the model.</param>
    /// <param name="model">The model, which samples as it shall.</param>
    /// <param name="source">The cases.</param>
    /// <param name="options">The options of the scores.</param>
    /// <param name="native">Whether maps are scored at the size of their images.</param>
    /// <param name="scoresDrawn">Whether masks drawn from the soft maps take the place of the model's samples.</param>
    /// <param name="records">The option for records, if it was given; null otherwise.</param>
    /// <exception cref="UsageException">The model does not have a structure of the cases, or records are asked for.</exception>
    public StructureEvaluation(
        MLContext ml,
        LoadedModel model,
        CaseSource source,
        EvaluationOptions options,
        bool native,
        bool scoresDrawn,
        string? records)
    {
        if (records is not null)
        {
            throw new UsageException(
                $"{records} keeps the scores of a model of one structure without named raters; score this model without it.");
        }

        if (source.Structures.Count > 0 && model.Segmentation.Structures is [{ Name: "" }])
        {
            throw new UsageException(
                $"--task names {source.Structures.Count} tasks, but the model was trained on one: name that one.");
        }

        SegmentedStructure[] structures = [.. source.Parts.Select(part => Find(model.Segmentation, part))];
        var data = structures is [{ Name: "" }]
            ? source.View(ml)
            : ml.Data.LoadFromStructures([
                .. source.Parts.Zip(structures, (part, structure) => new StructureCases(structure.Name, part.Cases)),
            ]);
        IDataView predicted = model.Model.Transform(data);
        if (native)
        {
            foreach (string column in structures.SelectMany(structure => (string[])[
                structure.ColumnName("SoftMap"), .. structure.Raters.Select(rater => structure.RaterColumnName(rater)),
            ]))
            {
                predicted = ml.Transforms.RestoreSlices(Native + column, column, "Image").Fit(predicted).Transform(predicted);
            }
        }

        string prefix = native ? Native : "";
        var settings = EvaluationSettings.Create(model, options, source, native, scoresDrawn);
        _scores = ml.Segmentation.EvaluateStructures(
            predicted, structures, options, softMapColumnName: $"{prefix}SoftMap", raterMapColumnName: $"{prefix}RaterMap",
            samplesColumnName: settings.SamplesColumn);
        _settings =
        [
            .. structures.Select(structure => settings with
            {
                Task = structure.Name.Length == 0 ? settings.Task : structure.Name,
                Model = settings.Model with { Raters = structure.Levels },
                DrawnMasks = EvaluationSettings.Describe(model, structure),
            }),
        ];
    }

    /// <summary>Whether cases are scored by structure: the model has several or draws named raters, or the cases have several.</summary>
    public static bool IsFor(SegmentationTransformer model, CaseSource source) =>
        model.Structures is not [{ Name: "", Raters.Count: 0 }] || source.Structures.Count > 0;

    /// <summary>Prints the tables of each structure, or writes the report as JSON where '-' asks for that alone.</summary>
    public void Print(Terminal terminal, string? report, bool all)
    {
        if (report != "-")
        {
            foreach ((StructureMetrics scores, EvaluationSettings settings) in _scores.Zip(_settings))
            {
                terminal.Console.Write(EvaluationTables.Cases(scores.Metrics));
                terminal.Console.Write(EvaluationTables.Means(scores.Metrics, settings, all));
                if (scores.Raters is { } raters)
                {
                    terminal.Console.Write(RaterTable.Create(raters, settings.Options));
                }

                terminal.Out.WriteLine(
                    $"{(scores.Structure.Name.Length == 0 ? "" : $"{scores.Structure.Name}: ")}"
                    + $"{EvaluateCommand.Headline(scores.Metrics, settings)}");
                if (EvaluateCommand.Native(scores.Metrics, settings) is { } native)
                {
                    terminal.Out.WriteLine(native);
                }
            }
        }

        if (report is not null)
        {
            JsonOutput.Write(report, new StructureReport(_scores, _settings), terminal.Out);
        }
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
}
