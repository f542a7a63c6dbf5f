using Consensus.Imaging;
using Consensus.Imaging.Geometry;
using Consensus.ML.Evaluation;
using Consensus.ML.Options;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML;

public sealed partial class SegmentationCatalog
{
    /// <summary>
    /// Scores a model of several structures, or one that draws named raters: the soft map of each structure as
    /// <see cref="Evaluate"/> does, over the cases on which it was drawn, and the mask of each named rater against that rater's own mask.
    /// Each row is predicted once for all of them.
    /// </summary>
    /// <remarks>
    /// Rows without masks of a structure do not count for it. A rater counts in the cases that the rater drew. The measures that compare
    /// samples compare those of the levels, as for every model of the target Consensus. The slices of a volume are scored together too
    /// (<see cref="SegmentationMetrics.Volumes"/>, <see cref="RaterMapScores.Volumes"/>): those on which the structure was drawn.
    /// </remarks>
    /// <param name="data">The cases with masks and predictions. Rows are read once, in order.</param>
    /// <param name="structures">
    /// The structures to score: <see cref="Consensus.ML.Segmentation.SegmentationTransformer.Structures"/>, or some of them.
    /// </param>
    /// <param name="options">The options of the scores; null for the defaults.</param>
    /// <param name="progress">Receives the scores of each case and structure as soon as they are known; null for no progress.</param>
    /// <param name="softMapColumnName">The column SoftMap, as it is called without a structure; so are all columns below.</param>
    /// <param name="annotationsColumnName">The raters' masks.</param>
    /// <param name="raterNamesColumnName">The names of the raters. Without it, the masks of a case are numbered from 1.</param>
    /// <param name="samplesColumnName">
    /// The samples; null to leave them out. A structure without a column of the default name is scored without them.
    /// </param>
    /// <param name="uncertaintyColumnName">The uncertainty, in the same way.</param>
    /// <param name="raterMapColumnName">The first part of the names of the columns with the raters' masks.</param>
    /// <param name="caseColumnName">Text column with the names of the cases; null to number the rows from 1.</param>
    /// <param name="groupColumnName">The column that says which rows belong together, as for <see cref="Evaluate"/>.</param>
    /// <param name="drawnMasksColumnName">
    /// Masks that were drawn from the soft maps, as for <see cref="Evaluate"/>; null to leave them out. A structure without such a column
    /// is scored without them.
    /// </param>
    /// <returns>The scores of each structure, in the order of <paramref name="structures"/>.</returns>
    /// <exception cref="ArgumentException">
    /// No structure is given, no row has masks of a structure, a column is missing or has a different type, or an option is out of range.
    /// </exception>
    /// <exception cref="InvalidDataException">As for <see cref="Evaluate"/>; the message names the case.</exception>
    /// <exception cref="FileNotFoundException">A mask file does not exist.</exception>
    /// <example>
    /// <code>
    /// var trained = ((TransformerChain&lt;ConsensusSegmentationTransformer&gt;)model).LastTransformer;
    /// foreach (StructureMetrics scores in ml.Segmentation.EvaluateStructures(model.Transform(test), trained.Structures))
    /// {
    ///     Console.WriteLine($"{scores.Structure.Name}: soft Dice {scores.Metrics.SoftDice5:0.000}, raters {scores.Raters?.Dice:0.000}");
    /// }
    /// </code>
    /// </example>
    public IReadOnlyList<StructureMetrics> EvaluateStructures(
        IDataView data,
        IReadOnlyList<SegmentedStructure> structures,
        EvaluationOptions? options = null,
        IProgress<CaseMetrics>? progress = null,
        string softMapColumnName = "SoftMap",
        string annotationsColumnName = "AnnotationPaths",
        string raterNamesColumnName = RaterNamesColumn.DefaultName,
        string? samplesColumnName = PredictedMaps.DefaultSamples,
        string? uncertaintyColumnName = PredictedMaps.DefaultUncertainty,
        string raterMapColumnName = SegmentedStructure.DefaultRaterMap,
        string? caseColumnName = "Case",
        string? groupColumnName = GroupColumn.DefaultName,
        string? drawnMasksColumnName = PredictedMaps.DefaultDrawnMasks)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(structures);
        if (structures.Count == 0)
        {
            throw new ArgumentException("There is no structure to score.", nameof(structures));
        }

        options ??= new();
        options.Check();
        DataViewSchema schema = data.Schema;
        StructureColumns[] columns =
        [
            .. structures.Select(structure => new StructureColumns(
                structure,
                new PredictedMaps(
                    schema, structure.ColumnName(softMapColumnName),
                    NameOf(structure, samplesColumnName, mayLack: samplesColumnName == PredictedMaps.DefaultSamples),
                    NameOf(structure, uncertaintyColumnName, mayLack: uncertaintyColumnName == PredictedMaps.DefaultUncertainty),
                    NameOf(structure, drawnMasksColumnName, mayLack: true)),
                schema.RequireAnnotations(structure.ColumnName(annotationsColumnName)),
                RaterNamesColumn.FindByName(
                    schema, structure.Name.Length > 0 && schema.GetColumnOrNull(structure.ColumnName(raterNamesColumnName)) is null
                        ? null
                        : structure.ColumnName(raterNamesColumnName)),
                new RaterMaps(schema, structure, raterMapColumnName))),
        ];
        var ofCases = new CaseColumns(schema, caseColumnName, groupColumnName, structures[0].ColumnName(softMapColumnName));
        using IChannel channel = _environment.Start("EvaluateStructures");
        var notes = new GridNotes(line => channel.Warning(MessageSensitivity.UserData, line));
        using DataViewRowCursor cursor = data.GetRowCursor(
        [
            .. ofCases.Columns,
            .. columns.SelectMany(column => (IEnumerable<DataViewSchema.Column>)[
                .. column.Maps.Columns, column.Annotations, .. column.Raters.Columns,
                .. new[] { column.Names }.OfType<DataViewSchema.Column>(),
            ]),
        ]);
        using CaseColumns.Row row = ofCases.Read(cursor, notes);
        var getters = columns.Select(column => (
            Maps: column.Maps.Getter(cursor), Masks: row.Masks(column.Annotations, columns.Length),
            Names: RaterNamesColumn.Getter(cursor, column.Names), Raters: column.Raters.Getter(cursor))).ToArray();
        var found = new List<GroupColumn.RowGroup?>();
        ScoredStructure[] scored = [.. columns.Select(_ => new ScoredStructure([], new(options), new()))];
        while (cursor.MoveNext())
        {
            string caseName = row.Name();
            VolumeKey? volume = row.Volume(caseName);
            int number = found.Count;
            found.Add(row.Group());
            for (int structure = 0; structure < columns.Length; structure++)
            {
                if (MasksOrNull(caseName, getters[structure].Masks, row.Image) is not { } masks)
                {
                    continue;
                }

                row.CheckFraming(caseName, masks);
                string[] raterNames = RaterNames(caseName, getters[structure].Names, masks, columns[structure].Names);
                PredictedMaps.Row map = getters[structure].Maps(caseName);
                CaseMetrics scores = Score(
                    caseName, map, masks, row.Image(), options, raterNames, out RaterMasks sized) with
                {
                    Volume = volume?.Name,
                };
                progress?.Report(scores);
                IReadOnlyList<RaterOverlap> overlaps = getters[structure].Raters(caseName, masks, raterNames);
                (List<ScoredRow> rows, VolumeScores ofVolumes, RaterVolumes ratersOfVolumes) = scored[structure];
                rows.Add(new(number, scores, [.. overlaps.Select(overlap => overlap.Score(caseName))]));
                ofVolumes.Add(volume, map, sized, raterNames, scores, number);
                ratersOfVolumes.Add(volume, overlaps, raterNames, number);
            }
        }

        string?[] names = [.. GroupNames(found)];
        StructureMetrics[] all = [.. columns.Zip(scored, Summarise)];
        WarnOfVolumes(channel, scored.SelectMany(one => one.Volumes.LeftOut).Distinct(StringComparer.Ordinal), VolumeScores.WhyLeftOut);
        return Array.AsReadOnly(all);

        StructureMetrics Summarise(StructureColumns column, ScoredStructure its)
        {
            if (its.Rows.Count == 0)
            {
                throw new ArgumentException(
                    $"No row has masks in column '{column.Annotations.Name}'; there is nothing to score.", nameof(data));
            }

            CaseRaterScore[] raters = [.. its.Rows.SelectMany(row => row.Raters.Select(one => one with { Group = names[row.Row] }))];
            return new(
                column.Structure,
                new(its.Rows.Select(row => row.Scores with { Group = names[row.Row] }), options, its.Volumes.Complete(names)),
                raters.Length == 0 ? null : new(raters, options, its.RatersOfVolumes.Scores(names)));
        }

        // Columns of the default names may be missing, as for Evaluate. Not every structure need have drawn masks, whatever their name.
        string? NameOf(SegmentedStructure structure, string? column, bool mayLack) =>
            column is null || (mayLack && schema.GetColumnOrNull(structure.ColumnName(column)) is null)
                ? null
                : structure.ColumnName(column);
    }

    /// <summary>What is known of a structure while rows are read.</summary>
    private sealed record ScoredStructure(List<ScoredRow> Rows, VolumeScores Volumes, RaterVolumes RatersOfVolumes);

    private sealed record ScoredRow(int Row, CaseMetrics Scores, IReadOnlyList<CaseRaterScore> Raters);

    private sealed record StructureColumns(
        SegmentedStructure Structure,
        PredictedMaps Maps,
        DataViewSchema.Column Annotations,
        DataViewSchema.Column? Names,
        RaterMaps Raters);
}
