using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Storage;
using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Planning;

namespace Consensus.ML.Studies.Running;

/// <summary>
/// Scores the networks of a method together: the mean over seeds of the soft maps that the study keeps (<see cref="StoredMaps"/>, in steps
/// of 1/254). Nothing is predicted again. This is what an ensemble of the study's models predicts, up to that rounding.
/// </summary>
internal static class SeedEnsembles
{
    /// <summary>
    /// The measures of an ensemble: those of the soft map at the model's size. Distances in millimetres need the image, and energy
    /// distances the samples; the study keeps neither.
    /// </summary>
    public static IReadOnlyList<string> Measures { get; } =
    [
        nameof(CaseMetrics.SoftDice5), nameof(CaseMetrics.SoftDice9), nameof(CaseMetrics.F1), nameof(CaseMetrics.IntersectionOverUnion),
        nameof(CaseMetrics.AreaRatio), nameof(CaseMetrics.BoundaryF), nameof(CaseMetrics.ExpectedCalibrationError),
        nameof(CaseMetrics.BrierScore),
    ];

    /// <summary>The runs of a method in a fold, one for each seed, where there are several seeds.</summary>
    /// <param name="runs">Runs.</param>
    public static IEnumerable<StudyRun[]> Groups(IEnumerable<StudyRun> runs) =>
        runs.GroupBy(run => (run.Method, run.Fold)).Select(group => group.ToArray()).Where(group => group.Length > 1);

    /// <summary>
    /// Writes the records that are missing, or that were made of other seeds or other networks, where all seeds of a method are done in a
    /// fold. Every process would write the same.
    /// </summary>
    /// <param name="folder">The folder of the study.</param>
    /// <param name="record">The record of the study.</param>
    /// <param name="runs">Runs, with all seeds of their methods.</param>
    /// <param name="size">Rows and columns of the maps.</param>
    /// <param name="cancellation">Ends the work between two cases.</param>
    /// <exception cref="InvalidDataException">A file of the study is damaged; the message names it.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void WriteMissing(
        StudyFolder folder,
        StudyRecord record,
        IEnumerable<StudyRun> runs,
        int size,
        CancellationToken cancellation)
    {
        foreach (StudyRun[] seeds in Groups(runs))
        {
            StudyFold fold = seeds[0].Fold;
            RunFolder[] files = [.. seeds.Select(folder.FilesOf)];
            if (!files.All(run => run.IsDone(fold.Evaluation)))
            {
                continue;
            }

            foreach (RaterCase raterCase in fold.Evaluation)
            {
                cancellation.ThrowIfCancellationRequested();
                string path = folder.EnsembleOf(seeds[0], raterCase.Name);
                RecordBinding binding = Binding(folder, record, seeds, raterCase.Name);
                if (!File.Exists(path) || StudyJson.ProblemWithBound(path, binding) is not null)
                {
                    float[][] maps = [.. files.Select(run => StoredMaps.Read(run.Maps(raterCase.Name), size, size).Maps[0])];
                    StudyJson.WriteBound(path, new EnsembleRecord(
                        raterCase.Name, [.. seeds.Select(run => run.Seed)], Score(raterCase, maps, size)), binding);
                }
            }
        }
    }

    /// <summary>The records of the methods of some runs, which must be there.</summary>
    /// <param name="folder">The folder of the study.</param>
    /// <param name="runs">Runs, with all seeds of their methods.</param>
    /// <exception cref="InvalidDataException">A record is damaged; the message names it.</exception>
    /// <exception cref="IOException">A record cannot be read.</exception>
    public static ILookup<string, EnsembleRecord> Read(StudyFolder folder, IEnumerable<StudyRun> runs) => Groups(runs)
        .SelectMany(seeds => seeds[0].Fold.Evaluation.Select(raterCase => (
            Method: seeds[0].Method.Name,
            Record: StudyJson.Read<EnsembleRecord>(folder.EnsembleOf(seeds[0], raterCase.Name)))))
        .ToLookup(pair => pair.Method, pair => pair.Record);

    /// <summary>
    /// What the record of an ensemble belongs to: the study, the method with its settings, the fold and the seeds, and the scores of the
    /// single networks, which the same maps gave.
    /// </summary>
    /// <param name="folder">The folder of the study.</param>
    /// <param name="record">The record of the study.</param>
    /// <param name="seeds">The runs of one method in one fold.</param>
    /// <param name="name">The case.</param>
    /// <exception cref="IOException">The record of a single network cannot be read.</exception>
    public static RecordBinding Binding(StudyFolder folder, StudyRecord record, IReadOnlyList<StudyRun> seeds, string name) => new(
        RecordBinding.Hash(
        [
            .. seeds.Select(run => record.BindingOf(run).Study),
            .. seeds.Select(run => SealedJson.HashIn(File.ReadAllText(folder.FilesOf(run).Case(name))) ?? Text.Nothing),
        ]));

    private static Dictionary<string, double> Score(RaterCase raterCase, float[][] maps, int size)
    {
        float[] mean = [.. Enumerable.Range(0, size * size).Select(i => maps.Average(map => map[i]))];
        RaterMasks masks = Resampling.Nearest(raterCase.ReadMasks(), size, size);
        CaseMetrics metrics = CaseMetrics.Compute(raterCase.Name, mean, masks);
        return Measures.ToDictionary(name => name, name => SegmentationMeasure.ByName(name).ValueOf(metrics));
    }
}
