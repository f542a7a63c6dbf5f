using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Draws;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;
using Consensus.ML.Evaluation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Transforms;
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Studies.Running;

/// <summary>
/// The second stage of a run: predicts and scores every held-out case. Each case has a file of its own. The slices of a volume are scored
/// together, so that the volume is scored too; their maps are in memory until then.
/// </summary>
/// <param name="ml">The context.</param>
/// <param name="options">The study.</param>
/// <param name="model">The model of the run.</param>
/// <param name="behavior">
/// How the raters of the training cases differ together: masks that they might draw are scored beside the method's own samples, so that
/// methods whose samples are of other kinds can be compared. Null where those raters never differ.
/// </param>
/// <param name="roundsLevels">Whether the soft map is the share of the levels above one half, and is rounded at the images' size.</param>
/// <param name="scoresVolumes">Whether any volume of the study has several slices. Then those of one slice are scored too.</param>
internal sealed class RunEvaluation(
    MLContext ml, StudyOptions options, RunModel model, RaterBehavior? behavior, bool roundsLevels, bool scoresVolumes)
{
    /// <summary>The number of steps of the sampling that the report draws: enough to see it, and few enough for a page.</summary>
    public const int PicturedSteps = 6;

    private static readonly int[] CurvePoints = [1, 2, 3, 5, 9, 15, 25, 50, 100, 200, 500, 1000];

    /// <summary>Scores the cases that are not scored yet.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="options">The study.</param>
    /// <param name="run">The run.</param>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="binding">What the run belongs to.</param>
    /// <param name="pictured">The case whose sampling the report draws step by step; null for no case of this run.</param>
    /// <param name="report">Receives the number of cases that are done.</param>
    /// <exception cref="OperationCanceledException">The study was cancelled. The scores so far stay.</exception>
    public static void Evaluate(
        MLContext ml,
        StudyOptions options,
        StudyRun run,
        RunFolder folder,
        RecordBinding binding,
        string? pictured,
        Action<int> report)
    {
        IReadOnlyList<RaterCase> cases = run.Fold.Evaluation;
        RaterCase[][] missing = [.. Together(cases).Where(slices => !slices.All(slice => folder.IsScored(slice.Name)))];
        if (missing.Length > 0)
        {
            using RunModel model = RunModel.Read(ml, folder.Model);
            var evaluation = new RunEvaluation(
                ml, options, model, RaterBehavior.Fit(run.Fold.Training.Select(training => MasksAt(training, options.Size))),
                run.Method.RoundsLevels && model.RoundsAtImageSize,
                options.Folds.SelectMany(fold => Together(fold.Evaluation)).Any(slices => slices.Length > 1));
            RecordBinding ofModel = binding.WithModel(folder.Model);

            // The first prediction of a process also loads and compiles code. It is not timed.
            model.Predict(model.Prepare(missing[0][0]), options.Size, options.Cancellation);
            int done = cases.Count - missing.Sum(slices => slices.Length);
            foreach (RaterCase[] slices in missing)
            {
                evaluation.Evaluate(slices, folder, ofModel, pictured, () => report(done++));
            }
        }

        report(cases.Count);
    }

    /// <summary>The cases that are scored together: the slices of a volume, or else a case by itself.</summary>
    private static IEnumerable<RaterCase[]> Together(IEnumerable<RaterCase> cases) => cases
        .GroupBy(raterCase => SliceAddress.VolumeOf(raterCase.ImagePaths) is { } volume ? (volume, "") : ("", raterCase.Name))
        .Select(slices => slices.ToArray());

    /// <summary>Predicts and scores the slices of a volume, or a case.</summary>
    /// <param name="slices">The cases.</param>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="binding">What the run and its model belong to.</param>
    /// <param name="pictured">The case whose sampling the report draws step by step; null for none.</param>
    /// <param name="begins">Called before each prediction.</param>
    private void Evaluate(RaterCase[] slices, RunFolder folder, RecordBinding binding, string? pictured, Action begins)
    {
        int size = options.Size;
        var predictions = new List<Prediction>();
        var curves = new List<GenerationRecord[]>();
        foreach (RaterCase raterCase in slices)
        {
            begins();
            float[] features = model.Prepare(raterCase);
            predictions.Add(model.Predict(features, size, options.Cancellation));
            curves.Add(model.IsMeanOfMany
                ? Curve(model, features, ConsensusLabels.SoftMap(MasksAt(raterCase, size)), options)
                : []);
            if (raterCase.Name == pictured && model.Diffusion is { } diffusion)
            {
                SaveSteps(diffusion, features, size, folder.Steps(raterCase.Name), options.Cancellation);
            }
        }

        SegmentationMetrics scores = Score(slices, predictions);
        options.Cancellation.ThrowIfCancellationRequested();
        folder.Held.EnsureHeld();
        for (int i = 0; i < slices.Length; i++)
        {
            (CaseMetrics metrics, string name) = (scores.Cases[i], slices[i].Name);
            Split(predictions[i], size).Write(folder.Maps(name));
            var record = new CaseRecord(
                name, metrics.Height, metrics.Width, metrics.Raters, predictions[i].Milliseconds, Unit(metrics), Scores(metrics), curves[i])
            {
                OfRaters = metrics.OfRaters,
                RaterMaps = RaterMaps(slices[i], predictions[i], size),
                Volume = i == slices.Length - 1 ? Volume(scores) : null,
            };
            StudyJson.WriteBound(folder.Case(name), record, binding, folder.Held);
        }
    }

    /// <summary>The scores of the volume whose slices were scored; null where they have none.</summary>
    private VolumeRecord? Volume(SegmentationMetrics scores)
    {
        if (scores.Volumes is { } volumes)
        {
            CaseMetrics volume = volumes.Cases[0];
            return new(volume.Name, volume.Slices, Scores(volume));
        }

        if (!scoresVolumes || scores.Cases is not [{ Volume: { } name } slice])
        {
            return null;
        }

        // Where other volumes have several slices, one of a single slice counts too.
        Dictionary<string, double> single = Scores(slice);
        foreach (SegmentationMeasure measure in SegmentationMeasure.All.Where(measure => measure.IsOfSlices))
        {
            single[measure.Name] = double.NaN;
        }

        return new(name, 1, single);
    }

    /// <summary>How near the masks that the model draws for named raters are to those that the raters drew.</summary>
    private static RaterMapRecord[]? RaterMaps(RaterCase raterCase, Prediction prediction, int size)
    {
        if (prediction.RaterMaps.Count == 0)
        {
            return null;
        }

        RaterMasks masks = MasksAt(raterCase, size);
        IReadOnlyList<string> names = RaterRecord.NamesOf(raterCase, masks.Raters);
        RaterMapRecord[] scores =
        [
            .. prediction.RaterMaps.Where(drawn => names.Contains(drawn.Rater, StringComparer.Ordinal))
                .Select(drawn => CaseRaterScore.Compute(raterCase.Name, drawn.Rater, drawn.Map, masks, names))
                .Select(score => new RaterMapRecord(score.Rater, score.Dice, score.DiceWithOthers)),
        ];

        // None of them need have drawn this case.
        return scores.Length == 0 ? null : scores;
    }

    private static RaterMasks MasksAt(RaterCase raterCase, int size) => Resampling.Nearest(raterCase.ReadMasks(), size, size);

    /// <summary>The scores of maps at the size at which they were predicted, computed by the library.</summary>
    private SegmentationMetrics Score(RaterCase[] slices, List<Prediction> predictions)
    {
        int size = options.Size;
        var map = new VectorDataViewType(NumberDataViewType.Single, size, size);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Predicted));
        schema[nameof(Predicted.SoftMap)].ColumnType = schema[nameof(Predicted.Uncertainty)].ColumnType = map;
        schema[nameof(Predicted.Samples)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 0, size, size);
        schema[nameof(Predicted.Levels)].ColumnType = new VectorDataViewType(
            NumberDataViewType.Single, predictions[0].Levels.Length / (size * size), size, size);
        if (roundsLevels)
        {
            schema[nameof(Predicted.SoftMap)].AddAnnotation(
                MapAnnotations.RoundedLevels, nameof(Predicted.Levels).AsMemory(), TextDataViewType.Instance);
        }

        IDataView rows = ml.Data.LoadFromEnumerable(
            slices.Zip(predictions, (raterCase, prediction) => new Predicted
            {
                Case = raterCase.Name,
                ImagePath = [.. raterCase.ImagePaths],
                AnnotationPaths = [.. raterCase.AnnotationPaths],
                RaterNames = [.. raterCase.RaterNames],
                SoftMap = prediction.SoftMap,
                Uncertainty = prediction.Uncertainty,
                Samples = prediction.Samples ?? [],
                Levels = prediction.Levels,
            }),
            schema);
        if (behavior is not null)
        {
            rows = ml.Transforms.DrawRaterMasks(behavior: behavior).Fit(rows).Transform(rows);
        }

        // The image is loaded because it says how large a pixel is, for distances.
        return ml.Segmentation.Evaluate(
            ml.Transforms.LoadSlices("Image", nameof(Predicted.ImagePath)).Fit(rows).Transform(rows),
            samplesColumnName: predictions[0].Samples is null ? null : nameof(Predicted.Samples),
            options: new() { BootstrapResamples = 0 });
    }

    /// <summary>The unit of distances.</summary>
    internal static string Unit(CaseMetrics metrics) => metrics.DistanceUnit == DistanceUnit.Millimeters ? "mm" : "px";

    /// <summary>Every number in the library's table of scores, by the name of its column.</summary>
    internal static Dictionary<string, double> Scores(CaseMetrics metrics)
    {
        DataFrame table = new SegmentationMetrics([metrics], new() { BootstrapResamples = 0 }).ToDataFrame();
        return table.Columns.OfType<DoubleDataFrameColumn>().ToDictionary(column => column.Name, column => column[0] ?? double.NaN);
    }

    private static GenerationRecord[] Curve(RunModel model, float[] features, float[] truth, StudyOptions options)
    {
        int[] counts = CurveCounts(options.CurveGenerations);
        return counts.Length == 0 ? [] : [.. model.PredictAfter(features, options.Size, counts, options.Cancellation)
            .Select((map, i) => new GenerationRecord(counts[i], SoftDice.Mean(map, truth, SoftDice.FiveThresholds)))];
    }

    /// <summary>The numbers of generations in the curve: 1, 2, 3, 5, 9, … below a number, and that number itself.</summary>
    internal static int[] CurveCounts(int most) => most < 1 ? [] : [.. CurvePoints.Where(count => count < most), most];

    private static void SaveSteps(
        ConsensusSegmentationTransformer model,
        float[] features,
        int size,
        string path,
        CancellationToken cancellation)
    {
        int steps = Math.Min(PicturedSteps, model.Diffusion.Steps);
        using ConsensusSegmentationTransformer slow = model.WithSampling(model.Sampling with { Sampler = SamplerKind.Ddim, Steps = steps });
        IReadOnlyList<SamplingStep> traced = slow.TraceSampling(features, cancellation);

        // Noise outside [0, 1] becomes black or white. The masks of named raters follow the levels; they are not drawn.
        new StoredMaps([.. traced.SelectMany(step => Levels(step.NoisyMaps).Concat(Levels(step.PredictedMaps)))], size, size).Write(path);

        IEnumerable<float[]> Levels(float[] maps) => maps.Chunk(size * size).Take(model.Structures[0].Levels);
    }

    private static StoredMaps Split(Prediction prediction, int size) =>
        new([prediction.SoftMap, prediction.Uncertainty, .. prediction.Levels.Chunk(size * size)], size, size);

    private sealed class Predicted
    {
        public string Case { get; set; } = "";

        public string[] ImagePath { get; set; } = [];

        public string[] AnnotationPaths { get; set; } = [];

        public string[] RaterNames { get; set; } = [];

        public float[] SoftMap { get; set; } = [];

        public float[] Uncertainty { get; set; } = [];

        public float[] Samples { get; set; } = [];

        public float[] Levels { get; set; } = [];
    }
}
