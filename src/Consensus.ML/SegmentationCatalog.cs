using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML;

/// <summary>Tasks on segmentations by several raters other than training: <c>mlContext.Segmentation</c>.</summary>
public sealed partial class SegmentationCatalog
{
    private readonly IHostEnvironment _environment;

    internal SegmentationCatalog(IHostEnvironment environment) => _environment = environment;

    /// <summary>
    /// Scores predictions against the raters' masks, for each case and averaged over cases with confidence intervals. It scores the soft
    /// map (soft Dice as in Amit et al. 2023, section 4; scores of the rounded map, of its outline and of its calibration), and also the
    /// set of samples and the uncertainty where the data has them. <see cref="SegmentationMeasure.All"/> lists every measure.
    /// </summary>
    /// <remarks>
    /// Samples are rounded (1 above one half). Then the set of samples is compared with the set of the raters' masks
    /// (<see cref="SampleSetMetrics"/>). Their meaning depends on the target of the network. For Annotator and AnyAnnotator they are masks
    /// of raters. For SoftLabel they are soft maps. For Consensus they are the nested levels of agreement, not masks that raters might
    /// draw: the energy distance then compares the levels with the raters' masks. DrawRaterMasks draws such masks. Distances are in
    /// millimetres where the image of the row gives the size of its pixels (a <see cref="Slice"/> in the column Image whose geometry has a
    /// spacing). Elsewhere they are in pixels of the map.
    /// </remarks>
    /// <param name="data">The result of a trained model's Transform. Its rows are read once, in order.</param>
    /// <param name="softMapColumnName">
    /// The prediction, with values in [0, 1]: a vector of Single of known dimensions height × width, or a <see cref="Slice"/> (from
    /// RestoreSlices). For a vector, the masks are resized to its size (nearest neighbour, as in the paper). A slice must have the masks'
    /// own size.
    /// </param>
    /// <param name="annotationsColumnName">
    /// The raters' masks: a vector of Text (one path for each rater), <see cref="RaterMasks"/>, or a vector raters × height × width of
    /// known size.
    /// </param>
    /// <param name="caseColumnName">Text column with the names of the cases; null to number the rows from 1.</param>
    /// <param name="progress">
    /// Receives the scores of each case as soon as they are known, on the calling thread; null for no progress.
    /// </param>
    /// <param name="samplesColumnName">
    /// Every sampled map: a vector of Single, samples × height × width, in [0, 1], with any number of samples. Where the soft map has the
    /// masks' own size, the samples are brought to that size. Null to score without samples. Data without a column of the default name is
    /// scored without samples too.
    /// </param>
    /// <param name="uncertaintyColumnName">
    /// The uncertainty: a vector of Single of known dimensions height × width, or a <see cref="Slice"/>. Null to score without it. Data
    /// without a column of the default name is scored without it too.
    /// </param>
    /// <param name="options">Thresholds, tolerance, bins and confidence intervals; null for the defaults.</param>
    /// <param name="groupColumnName">
    /// The column that says which rows belong together, such as a column of patients: Text, a number or a key. Confidence intervals
    /// resample groups, because the slices of one patient are not independent cases. A column of the default name may be missing. Where the
    /// column is missing or empty, slices of one volume (by the column ImagePath) and rows of one case belong together. Null to make each
    /// row a group by itself.
    /// </param>
    /// <param name="raterNamesColumnName">
    /// Vector of Text with the name of the rater of each mask, for scores of each rater; null to number the masks of each case from 1. The
    /// masks are numbered too if the data has no column of the default name.
    /// </param>
    /// <param name="drawnMasksColumnName">
    /// Masks that were drawn from the soft map (from DrawRaterMasks), in the form of the samples, for
    /// <see cref="CaseMetrics.DrawnEnergyDistance"/> beside the energy distance of the samples. To score them by every measure of samples,
    /// name them as <paramref name="samplesColumnName"/>. Null to score without them. Data without a column of the default name is scored
    /// without them too.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A column is missing or has a different type, there are no rows, or an option is out of range.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// A row has no masks or no map; its masks cannot be read or do not have the size of its image; its raters' names do not fit its masks;
    /// its map has values outside [0, 1]; or ML.NET's steps cut or padded its picture to the model's size. The message names the case and
    /// the file.
    /// </exception>
    /// <exception cref="FileNotFoundException">A mask file does not exist.</exception>
    /// <example>
    /// <code>
    /// SegmentationMetrics metrics = ml.Segmentation.Evaluate(model.Transform(test));
    /// Console.WriteLine($"soft Dice {metrics.SoftDice5:0.000}, GED {metrics.GeneralizedEnergyDistance:0.000}");
    /// DataFrame perCase = metrics.ToDataFrame();
    /// </code>
    /// </example>
    public SegmentationMetrics Evaluate(
        IDataView data,
        string softMapColumnName = "SoftMap",
        string annotationsColumnName = "AnnotationPaths",
        string? caseColumnName = "Case",
        IProgress<CaseMetrics>? progress = null,
        string? samplesColumnName = PredictedMaps.DefaultSamples,
        string? uncertaintyColumnName = PredictedMaps.DefaultUncertainty,
        EvaluationOptions? options = null,
        string? groupColumnName = GroupColumn.DefaultName,
        string? raterNamesColumnName = RaterNamesColumn.DefaultName,
        string? drawnMasksColumnName = PredictedMaps.DefaultDrawnMasks)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new();
        options.Check();
        var maps = new PredictedMaps(
            data.Schema, ColumnContract.CheckedName(softMapColumnName, "The soft map column of Evaluate"),
            samplesColumnName, uncertaintyColumnName, drawnMasksColumnName);
        DataViewSchema.Column annotations = data.Schema.RequireAnnotations(
            ColumnContract.CheckedName(annotationsColumnName, "The annotations column of Evaluate"));
        var columns = new CaseColumns(data.Schema, caseColumnName, groupColumnName, softMapColumnName);
        DataViewSchema.Column? names = RaterNamesColumn.FindByName(data.Schema, raterNamesColumnName);
        using IChannel channel = _environment.Start("Evaluate");
        var notes = new GridNotes(line => channel.Warning(MessageSensitivity.UserData, line));
        using DataViewRowCursor cursor = data.GetRowCursor(
            [annotations, .. columns.Columns, .. maps.Columns, .. new[] { names }.OfType<DataViewSchema.Column>()]);
        using CaseColumns.Row row = columns.Read(cursor, notes);
        Func<string, PredictedMaps.Row> mapsGetter = maps.Getter(cursor);
        Func<Annotation?> annotationGetter = row.Masks(annotations);
        Func<int, string[]> raterNamesGetter = RaterNamesColumn.Getter(cursor, names);
        var ofVolumes = new VolumeScores(options);
        var cases = new List<CaseMetrics>();
        var found = new List<GroupColumn.RowGroup?>();
        while (cursor.MoveNext())
        {
            string caseName = row.Name();
            RaterMasks masks = Masks(caseName, annotationGetter, annotations.Name, row.Image);
            row.CheckFraming(caseName, masks);
            string[] raterNames = RaterNames(caseName, raterNamesGetter, masks, names);
            PredictedMaps.Row predicted = mapsGetter(caseName);
            CaseMetrics scores = Score(caseName, predicted, masks, row.Image(), options, raterNames, out RaterMasks sized);
            VolumeKey? volume = row.Volume(caseName);
            scores = scores with { Volume = volume?.Name };
            ofVolumes.Add(volume, predicted, sized, raterNames, scores, cases.Count);
            channel.Trace(
                MessageSensitivity.UserData, "Case '{0}': soft Dice {1:0.0000} (5 thresholds), {2:0.0000} (9 thresholds)", caseName,
                scores.SoftDice5, scores.SoftDice9);
            progress?.Report(scores);
            cases.Add(scores);
            found.Add(row.Group());
        }

        if (cases.Count == 0)
        {
            throw new ArgumentException("The data has no rows; there is nothing to evaluate.", nameof(data));
        }

        string?[] groupNames = [.. GroupNames(found)];
        IReadOnlyList<CaseMetrics> volumesScored = ofVolumes.Complete(groupNames);
        WarnOfVolumes(channel, ofVolumes.LeftOut, VolumeScores.WhyLeftOut);
        return new(cases.Zip(groupNames, (one, group) => one with { Group = group }), options, volumesScored);
    }

    /// <summary>
    /// Describes how the raters differ: for the data set the mean pairwise Dice (the paper's Table 3) and Fleiss' kappa; for each rater the
    /// area, the bias and the agreement with the others and with the STAPLE estimate; for each case the areas and the agreement; and how
    /// well people do on the scale of a model's soft Dice (<see cref="RaterReport.Yardsticks"/>). The masks are compared at their own size.
    /// </summary>
    /// <remarks>
    /// Only the masks of one case are in memory at a time. Cases may have any number of raters, and the raters may differ. Only the headers
    /// of images are read, from the column ImagePath if it exists. Masks must lie on the grid of their image, but may be stored in any
    /// orientation.
    /// </remarks>
    /// <param name="data">The cases, as a loader gives them. Rows are read once, in order.</param>
    /// <param name="annotationsColumnName">
    /// The raters' masks: a vector of Text (one path for each rater), <see cref="RaterMasks"/>, or a vector raters × height × width of
    /// known size.
    /// </param>
    /// <param name="caseColumnName">Text column with the names of the cases; null to number the rows from 1.</param>
    /// <param name="raterNamesColumnName">
    /// Vector of Text with the name of the rater of each mask; null to number the masks of each case from 1. The masks are numbered too if
    /// the data has no column of the default name.
    /// </param>
    /// <param name="progress">Receives the result of each case as soon as it is known, on the calling thread; null for no progress.</param>
    /// <param name="groupColumnName">
    /// The column that says which rows belong together, as for Evaluate; null to make each row a group by itself.
    /// </param>
    /// <exception cref="ArgumentException">A column is missing or has a different type, or there are no rows.</exception>
    /// <exception cref="InvalidDataException">
    /// A row has no masks, its masks cannot be read or differ in size, or its names do not fit them. The message names the case and the
    /// file.
    /// </exception>
    /// <exception cref="IOException">
    /// A mask file does not exist (<see cref="FileNotFoundException"/>) or cannot be opened; the message names the case and the file.
    /// </exception>
    /// <example>
    /// <code>
    /// RaterReport report = ml.Segmentation.DescribeRaters(train);
    /// Console.WriteLine($"pairwise Dice {report.MeanPairwiseDice:0.000}, Fleiss' kappa {report.MeanFleissKappa:0.000}");
    /// Console.WriteLine($"a second panel of experts: soft Dice {report.Yardsticks.HalfAgainstHalf.Mean:0.000}");
    /// </code>
    /// </example>
    public RaterReport DescribeRaters(
        IDataView data,
        string annotationsColumnName = "AnnotationPaths",
        string? caseColumnName = "Case",
        string? raterNamesColumnName = RaterNamesColumn.DefaultName,
        IProgress<CaseAgreement>? progress = null,
        string? groupColumnName = GroupColumn.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(data);
        DataViewSchema.Column annotations = data.Schema.RequireAnnotations(
            ColumnContract.CheckedName(annotationsColumnName, "The annotations column of DescribeRaters"));
        DataViewSchema.Column? name = CaseColumns.FindName(data.Schema, caseColumnName);
        DataViewSchema.Column? names = RaterNamesColumn.FindByName(data.Schema, raterNamesColumnName);
        var groups = GroupColumn.FromSchema(data.Schema, groupColumnName, name);

        // The path comes first: the header of the file is enough, and the image need not be read.
        DataViewSchema.Column? imagePath = PathsColumn.FindImagePath(data.Schema),
            image = imagePath is null ? GridColumn.FindImage(data.Schema) : null;

        using IChannel channel = _environment.Start("DescribeRaters");
        var notes = new GridNotes(line => channel.Warning(MessageSensitivity.UserData, line));
        using DataViewRowCursor cursor = data.GetRowCursor(
            [.. new[] { annotations, name, names, image, imagePath }.OfType<DataViewSchema.Column>(), .. groups.Columns]);
        Func<GroupColumn.RowGroup>? groupGetter = groupColumnName is null ? null : groups.Getter(cursor);
        Func<string> nameGetter = CaseColumns.NameGetter(cursor, name);
        using var volumes = new OpenVolumes();
        Func<SliceGrid?> gridGetter = GridColumn.Getter(cursor, image, imagePath, notes);
        Func<Annotation?> annotationGetter = cursor.AnnotationGetter(annotations, volumes, gridGetter, notes);
        Func<int, string[]> raterNamesGetter = RaterNamesColumn.Getter(cursor, names);
        Func<string, VolumeKey?> volumeGetter = VolumeKey.Getter(cursor, imagePath);
        var ofVolumes = new VolumeAgreements();
        var cases = new List<CaseAgreement>();
        var found = new List<GroupColumn.RowGroup?>();
        while (cursor.MoveNext())
        {
            string caseName = nameGetter();
            RaterMasks masks = Masks(caseName, annotationGetter, annotations.Name, imageGetter: null);
            string[] raterNames = RaterNames(caseName, raterNamesGetter, masks, names);
            CaseAgreement agreement = CaseAgreement.Compute(caseName, masks, raterNames, gridGetter()?.Geometry);
            if (volumeGetter(caseName) is { } volume)
            {
                ofVolumes.Add(volume, masks, raterNames, cases.Count);
            }

            progress?.Report(agreement);
            cases.Add(agreement);
            found.Add(groupGetter?.Invoke());
        }

        if (cases.Count(one => !one.StapleConverged) is > 0 and int open)
        {
            channel.Warning(
                MessageSensitivity.None,
                $"STAPLE did not converge within {new StapleOptions().MaximumIterations} iterations in {open} of {cases.Count} cases; "
                + "their last estimates were taken.");
        }

        if (cases.Count == 0)
        {
            throw new ArgumentException("The data has no rows; there are no raters to describe.", nameof(data));
        }

        string?[] groupNames = [.. GroupNames(found)];
        WarnOfVolumes(channel, ofVolumes.LeftOut, "their slices have different raters");
        return new(cases.Zip(groupNames, (one, group) => one with { Group = group }), ofVolumes.Compute(groupNames));
    }

    private static void WarnOfVolumes(IChannel channel, IEnumerable<string> leftOut, string reason)
    {
        string[] names = [.. leftOut];
        if (names.Length > 0)
        {
            channel.Warning(
                MessageSensitivity.UserData,
                $"No value over the volume for {string.Join(", ", names.Take(3))}{(names.Length > 3 ? ", …" : "")}: {reason}.");
        }
    }

    /// <summary>
    /// The names of the rows' groups. A group with the name of its own case and no other row has none, because a different data set may
    /// have a case of the same name.
    /// </summary>
    private static IEnumerable<string?> GroupNames(List<GroupColumn.RowGroup?> groups)
    {
        HashSet<string> shared =
        [
            .. groups.OfType<GroupColumn.RowGroup>()
                .GroupBy(group => group.Name, StringComparer.Ordinal)
                .Where(group => group.Skip(1).Any())
                .Select(group => group.Key),
        ];
        return groups.Select(group => group is { } known && (!known.IsOwn || shared.Contains(known.Name)) ? known.Name : null);
    }

    /// <exception cref="InvalidDataException">The names of the raters do not fit the masks.</exception>
    private static string[] RaterNames(
        string caseName, Func<int, string[]> getter, RaterMasks masks, DataViewSchema.Column? column)
    {
        string[] names = getter(masks.Raters);
        return CaseAgreement.ProblemWith(names, masks.Raters) is { } problem
            ? throw new InvalidDataException($"Case '{caseName}': column '{column?.Name}' has {problem}.")
            : names;
    }

    /// <summary>The masks at the size of the maps, and how many of their rows and columns one of the map's stands for.</summary>
    private static RaterMasks ToSize(string caseName, PredictedMaps.Row maps, RaterMasks masks, out double tall, out double wide)
    {
        if (maps.IsNative && (masks.Height != maps.Height || masks.Width != maps.Width))
        {
            throw new InvalidDataException(
                $"Case '{caseName}': the masks are {masks.Height}×{masks.Width}, but the predicted map is {maps.Height}×{maps.Width}.");
        }

        (tall, wide) = ((double)masks.Height / maps.Height, (double)masks.Width / maps.Width);
        return maps.IsNative ? masks : Resampling.Nearest(masks, maps.Height, maps.Width);
    }

    /// <summary>The scores of a row: at the size of its map, and at that of its masks.</summary>
    /// <param name="caseName">The name of the case.</param>
    /// <param name="maps">The maps.</param>
    /// <param name="drawn">The masks as the raters drew them.</param>
    /// <param name="image">The image; null where the data has none.</param>
    /// <param name="options">The options of the scores.</param>
    /// <param name="raterNames">The name of each mask's rater.</param>
    /// <param name="masks">Receives the masks at the size of the map.</param>
    private static CaseMetrics Score(
        string caseName,
        PredictedMaps.Row maps,
        RaterMasks drawn,
        Slice? image,
        EvaluationOptions options,
        string[] raterNames,
        out RaterMasks masks)
    {
        masks = ToSize(caseName, maps, drawn, out double tall, out double wide);
        SliceGeometry? geometry = maps.Geometry ?? image?.Geometry;
        geometry = geometry is not { HasSpacing: true } ? null : geometry with
        {
            SpacingRows = geometry.SpacingRows * tall,
            SpacingColumns = geometry.SpacingColumns * wide,
        };
        CaseMetrics scores = CaseMetrics.Compute(
            caseName, maps.SoftMap, masks, maps.Samples, maps.Uncertainty, geometry, options, raterNames, maps.DrawnMasks);
        return NativeScores.With(scores, maps, drawn);
    }

    private static RaterMasks Masks(string caseName, Func<Annotation?> annotationGetter, string column, Func<Slice?>? imageGetter)
    {
        return MasksOrNull(caseName, annotationGetter, imageGetter)
            ?? throw new InvalidDataException($"Case '{caseName}': column '{column}' has no masks.");
    }

    private static RaterMasks? MasksOrNull(string caseName, Func<Annotation?> annotationGetter, Func<Slice?>? imageGetter)
    {
        Annotation? annotation;
        try
        {
            annotation = annotationGetter();
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"Case '{caseName}': {exception.Message}", exception);
        }
        catch (FileNotFoundException exception)
        {
            throw new FileNotFoundException($"Case '{caseName}': {exception.Message}", exception.FileName, exception);
        }
        catch (IOException exception)
        {
            throw new IOException($"Case '{caseName}': {exception.Message}", exception);
        }

        if (annotation is null)
        {
            return null;
        }

        if (imageGetter?.Invoke() is { } image && (image.Height != annotation.Masks.Height || image.Width != annotation.Masks.Width))
        {
            string file = annotation.Source is null ? "the masks are" : $"'{annotation.Source}' is";
            throw new InvalidDataException(
                $"Case '{caseName}': {file} {annotation.Masks.Height}×{annotation.Masks.Width}, but the image is "
                + $"{image.Height}×{image.Width}.");
        }

        return annotation.Masks;
    }
}
