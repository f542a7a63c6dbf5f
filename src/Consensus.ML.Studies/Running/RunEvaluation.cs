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
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Studies.Running;

/// <summary>The second stage of a run: predicts and scores every held-out case. Each case has a file of its own.</summary>
internal static class RunEvaluation
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
        RaterCase[] missing = [.. cases.Where(raterCase => !folder.IsScored(raterCase.Name))];
        if (missing.Length > 0)
        {
            using RunModel model = RunModel.Read(ml, folder.Model);
            RecordBinding ofModel = binding.WithModel(folder.Model);
            RaterBehavior? behavior = RaterBehavior.Fit(run.Fold.Training.Select(training => MasksAt(training, options.Size)));

            // The first prediction of a process also loads and compiles code. It is not timed.
            model.Predict(model.Prepare(missing[0]), options.Size, options.Cancellation);
            for (int i = 0; i < missing.Length; i++)
            {
                report(cases.Count - missing.Length + i);
                Evaluate(ml, options, model, behavior, missing[i], folder, ofModel, missing[i].Name == pictured);
            }
        }

        report(cases.Count);
    }

    private static void Evaluate(
        MLContext ml,
        StudyOptions options,
        RunModel model,
        RaterBehavior? behavior,
        RaterCase raterCase,
        RunFolder folder,
        RecordBinding binding,
        bool isPictured)
    {
        int size = options.Size;
        float[] features = model.Prepare(raterCase);
        Prediction prediction = model.Predict(features, size, options.Cancellation);
        GenerationRecord[] curve = model.IsMeanOfMany
            ? Curve(model, features, ConsensusLabels.SoftMap(MasksAt(raterCase, size)), options)
            : [];
        if (isPictured && model.Diffusion is { } diffusion)
        {
            SaveSteps(diffusion, features, size, folder.Steps(raterCase.Name), options.Cancellation);
        }

        CaseMetrics metrics = Score(ml, raterCase, prediction, behavior, size);
        options.Cancellation.ThrowIfCancellationRequested();
        folder.Held.EnsureHeld();
        Split(prediction, size).Write(folder.Maps(raterCase.Name));
        var record = new CaseRecord(
            raterCase.Name, metrics.Height, metrics.Width, metrics.Raters, prediction.Milliseconds, Unit(metrics), Scores(metrics), curve);
        StudyJson.WriteBound(folder.Case(raterCase.Name), record, binding, folder.Held);
    }

    private static RaterMasks MasksAt(RaterCase raterCase, int size) => Resampling.Nearest(raterCase.ReadMasks(), size, size);

    /// <summary>The scores of the maps at the size at which they were predicted, computed by the library.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="raterCase">The case.</param>
    /// <param name="prediction">Its maps.</param>
    /// <param name="behavior">
    /// How the raters of the training cases differ together: masks that they might draw are scored beside the method's own samples, so that
    /// methods whose samples are of other kinds can be compared. Null where those raters never differ.
    /// </param>
    /// <param name="size">Rows and columns of the maps.</param>
    private static CaseMetrics Score(MLContext ml, RaterCase raterCase, Prediction prediction, RaterBehavior? behavior, int size)
    {
        var map = new VectorDataViewType(NumberDataViewType.Single, size, size);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Predicted));
        schema[nameof(Predicted.SoftMap)].ColumnType = schema[nameof(Predicted.Uncertainty)].ColumnType = map;
        schema[nameof(Predicted.Samples)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 0, size, size);
        var row = new Predicted
        {
            Case = raterCase.Name,
            ImagePath = [.. raterCase.ImagePaths],
            AnnotationPaths = [.. raterCase.AnnotationPaths],
            SoftMap = prediction.SoftMap,
            Uncertainty = prediction.Uncertainty,
            Samples = prediction.Samples ?? [],
        };
        IDataView rows = ml.Data.LoadFromEnumerable([row], schema);
        if (behavior is not null)
        {
            rows = ml.Transforms.DrawRaterMasks(behavior: behavior).Fit(rows).Transform(rows);
        }

        // The image is loaded because it says how large a pixel is, for distances.
        return ml.Segmentation.Evaluate(
            ml.Transforms.LoadSlices("Image", nameof(Predicted.ImagePath)).Fit(rows).Transform(rows),
            samplesColumnName: prediction.Samples is null ? null : nameof(Predicted.Samples),
            options: new() { BootstrapResamples = 0 }).Cases[0];
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

        // Noise outside [0, 1] becomes black or white.
        new StoredMaps([.. traced.SelectMany(step => Maps(step.NoisyMaps).Concat(Maps(step.PredictedMaps)))], size, size).Write(path);

        IEnumerable<float[]> Maps(float[] values) => values.Chunk(size * size);
    }

    private static StoredMaps Split(Prediction prediction, int size) =>
        new([prediction.SoftMap, prediction.Uncertainty, .. prediction.Levels.Chunk(size * size)], size, size);

    private sealed class Predicted
    {
        public string Case { get; set; } = "";

        public string[] ImagePath { get; set; } = [];

        public string[] AnnotationPaths { get; set; } = [];

        public float[] SoftMap { get; set; } = [];

        public float[] Uncertainty { get; set; } = [];

        public float[] Samples { get; set; } = [];
    }
}
