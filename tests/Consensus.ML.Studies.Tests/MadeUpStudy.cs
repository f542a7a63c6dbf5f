using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Storage;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Running;
using Microsoft.ML;

namespace Consensus.ML.Studies.Tests;

/// <summary>
/// A study with made-up trainings and predictions. They are put into its folder as if they had been done, so that running the study only
/// writes the report. A prediction is the truth with parts of it shifted, further for worse methods. The library scores it.
/// </summary>
internal sealed class MadeUpStudy
{
    private static readonly MachineRecord Machine = new(
        "Made-up processor", 2, 2, "cpu", "Linux (X64)", ".NET 10.0.0", "0.1.0", "5.0.1", "0.107.0", "2.10.0");

    private readonly MLContext _ml = new(seed: 0);
    private readonly IReadOnlyList<StudyMethod> _onAll;

    /// <param name="root">The folder for the data and the study.</param>
    /// <param name="cases">How many cases are scored.</param>
    /// <param name="methods">The methods; null for all methods of the library.</param>
    /// <param name="seeds">The seeds.</param>
    /// <param name="size">Side of the slices.</param>
    /// <param name="task">The task that the phantom imitates.</param>
    /// <param name="onAll">The methods that set no case aside; null for none.</param>
    public MadeUpStudy(
        string root,
        int cases = 3,
        IReadOnlyList<StudyMethod>? methods = null,
        IReadOnlyList<int>? seeds = null,
        int size = 32,
        QubiqTask? task = null,
        IReadOnlyList<StudyMethod>? onAll = null)
    {
        task ??= QubiqTask.Kidney;
        _onAll = onAll ?? [];
        string data = Path.Combine(root, "data");
        PhantomDataset.Write(data, task, trainCases: 3, validationCases: cases, seed: 5, size);
        Options = new()
        {
            Folder = Path.Combine(root, "study"),
            DataName = task.Name,
            Folds = [new("val", QubiqDataset.List(data, task, QubiqSplit.Train, MissingRaters.Drop).Cases, QubiqDataset.List(
                data, task, QubiqSplit.Validation, MissingRaters.Drop).Cases)],
            Levels = task.Raters,
            Methods = methods ?? StudyMethods.All,
            Seeds = seeds ?? [1],
            Steps = 200,
            Size = size,
            CurveGenerations = 5,
            Resume = true,
            Command = "consensus study --data data --task <made & up> --out study",
        };
        Fill();
    }

    public StudyOptions Options { get; }

    public StudyResults Run() => Study.Run(_ml, Options);

    /// <summary>How far a method's predictions are shifted, in pixels.</summary>
    public static int Shift(StudyMethod method) => 1 + (StudyMethods.All.ToList().IndexOf(method) % 4);

    private void Fill()
    {
        var folder = StudyFolder.Open(Options.Folder, StudyRecord.FromOptions(Options), resume: false);
        foreach (StudyMethod method in Options.Methods)
        {
            foreach (int seed in Options.Seeds)
            {
                Fill(new StudyRun(method, Options.Folds[0], seed), folder);
            }
        }
    }

    private void Fill(StudyRun run, StudyFolder folder)
    {
        RunFolder files = folder.FilesOf(run);
        int index = StudyMethods.All.ToList().IndexOf(run.Method);
        int aside = _onAll.Contains(run.Method) ? 0 : 1;
        ValidationRecord[] validations = [.. Enumerable.Range(1, 10 * aside)
            .Select(i => new ValidationRecord(20 * i, 0.5 / i, 0.85 - (0.02 * index) - (0.3 / i) + (0.01 * run.Seed)))];
        AtomicFile.Write(files.Model, stream => stream.Write("not a model"u8));
        StudyJson.Write(files.Training, new TrainingRecord(
            200, 180, run.Method.IsDiffusion ? 912.4 : 301.7 + index, 4 - aside, aside, 812 + (30 * index),
            run.Method.IsDiffusion ? 15_200_000 : 9_100_000, run.Method.IsDiffusion ? 3_812_001 : 2_280_000, validations, Machine));
        foreach (RaterCase raterCase in run.Fold.Evaluation)
        {
            RaterMasks masks = Resampling.Nearest(MaskReader.Read(raterCase.AnnotationPaths), Options.Size, Options.Size);
            int shift = Shift(run.Method) + (run.Seed % 2);
            float[] truth = ConsensusLabels.SoftMap(masks), soft = Shifted(truth, shift);
            float[][] levels = [.. ConsensusLabels.Levels(masks, Options.Levels)
                .Select(value => (float)value)
                .Chunk(truth.Length)
                .Select(level => Shifted(level, shift))];
            var samples = new RaterMasks(
                levels.Length, Options.Size, Options.Size, [.. levels.SelectMany(level => level.Select(value => (byte)value))]);
            float[] uncertainty = [.. soft.Select(value => 0.5f * value * (1 - value))];
            CaseMetrics metrics = CaseMetrics.Compute(raterCase.Name, soft, masks, samples, uncertainty);
            new StoredMaps([soft, uncertainty, .. levels], Options.Size, Options.Size).Write(files.Maps(raterCase.Name));
            GenerationRecord[] curve = run.Method.IsDiffusion
                ? [.. RunEvaluation.CurveCounts(Options.CurveGenerations)
                    .Select(count => new GenerationRecord(count, metrics.SoftDice5 - (0.05 / count)))]
                : [];
            if (run.Method.IsDiffusion && raterCase == run.Fold.Evaluation[run.Fold.Evaluation.Count / 2])
            {
                StoreSteps(levels, files.Steps(raterCase.Name));
            }

            Dictionary<string, double> scores = RunEvaluation.Scores(metrics);
            scores["NativeSoftDice5"] = metrics.SoftDice5;
            scores["ResizingCeiling"] = 1;
            StudyJson.Write(files.Case(raterCase.Name), new CaseRecord(
                raterCase.Name, Options.Size, Options.Size, masks.Raters, run.Method.IsDiffusion ? 1600 + (10 * index) : 12 + (7 * index),
                RunEvaluation.Unit(metrics), scores, curve));
        }
    }

    private void StoreSteps(float[][] levels, string path)
    {
        var random = new Random(1);
        var maps = new List<float[]>();
        for (int step = 0; step < RunEvaluation.PicturedSteps; step++)
        {
            float noise = 1 - (step / (float)RunEvaluation.PicturedSteps);
            maps.AddRange(levels.Select(level => level.Select(value => ((1 - noise) * value) + (noise * random.NextSingle())).ToArray()));
            maps.AddRange(levels);
        }

        new StoredMaps(maps, Options.Size, Options.Size).Write(path);
    }

    private float[] Shifted(float[] map, int columns)
    {
        var shifted = new float[map.Length];
        for (int i = 0; i < map.Length; i++)
        {
            shifted[i] = i % Options.Size >= columns ? map[i - columns] : 0;
        }

        return shifted;
    }
}
