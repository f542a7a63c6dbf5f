using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Storage;
using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Planning;

namespace Consensus.ML.Studies.Running;

/// <summary>
/// Scores the networks of a method together, by the maps that the study keeps (<see cref="StoredMaps"/>, in steps of 1/254). Nothing is
/// predicted again. This is what an ensemble of the study's models predicts, up to that rounding; <see cref="SoftMap"/> says what else
/// differs for methods that draw raters.
/// </summary>
internal static class SeedEnsembles
{
    /// <summary>The first of the stored maps that is a level. The soft map and the uncertainty come before it.</summary>
    private const int FirstLevel = 2;

    /// <summary>Part of what records are bound to, so that those of another rule are made again.</summary>
    private const string Rule = "levels averaged, then rounded";

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
                    StoredMaps[] maps = [.. files.Select(run => StoredMaps.Read(run.Maps(raterCase.Name), size, size))];
                    StudyJson.WriteBound(path, new EnsembleRecord(
                        raterCase.Name, [.. seeds.Select(run => run.Seed)],
                        Score(raterCase, SoftMap(seeds[0].Method, maps), size)), binding);
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
    /// What the record of an ensemble belongs to: the study, the method with its settings, the fold and the seeds, the scores of the single
    /// networks, which the same maps gave, and how the maps are put together.
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
            .. seeds[0].Method.RoundsLevels ? [Rule] : Array.Empty<string>(),
        ]));

    /// <summary>
    /// The soft map of the networks together. Where the method rounds, each level is averaged over the networks and counts where its mean
    /// is above one half; the soft map is the share of levels that count, as in the library's ensemble. Where it does not, the soft maps
    /// are averaged.
    /// </summary>
    /// <remarks>
    /// Of methods that draw raters, the library averages the masks of each rater (or, where raters have no names, of each drawing). The
    /// study keeps these masks sorted alone, so here the c-th largest masks of all networks are averaged. That is the same where the
    /// networks agree which raters draw more than others.
    /// </remarks>
    /// <param name="method">The method of all networks.</param>
    /// <param name="networks">What the study keeps of the prediction of each network.</param>
    internal static float[] SoftMap(StudyMethod method, IReadOnlyList<StoredMaps> networks)
    {
        StoredMaps first = networks[0];
        var soft = new float[first.Maps[0].Length];
        var sums = new int[first.Maps.Count - FirstLevel];
        for (int pixel = 0; pixel < soft.Length; pixel++)
        {
            soft[pixel] = method.RoundsLevels ? Rounded(networks, pixel, sums) : networks.Average(maps => maps.Maps[0][pixel]);
        }

        return soft;
    }

    /// <summary>The share of levels whose mean over the networks is above one half, at a pixel.</summary>
    private static float Rounded(IReadOnlyList<StoredMaps> networks, int pixel, int[] sums)
    {
        Array.Clear(sums);
        foreach (StoredMaps maps in networks)
        {
            AddLevels(maps, pixel, sums);
        }

        return sums.Count(sum => sum > networks.Count * StoredMaps.GreyOfHalf) / (float)sums.Length;
    }

    /// <summary>
    /// Adds the grey values of a network's levels at a pixel. Its soft map says how many levels it had above one half before they were
    /// stored, and, of sorted masks, before they were sorted. So many of its levels, the largest, are put above one half, and no other is:
    /// a single network keeps its own soft map.
    /// </summary>
    private static void AddLevels(StoredMaps maps, int pixel, int[] sums)
    {
        int[] greys = [.. maps.Maps.Skip(FirstLevel).Select(map => (int)StoredMaps.Grey(map[pixel]))];
        int above = (int)MathF.Round(maps.Maps[0][pixel] * greys.Length), rank = 0;
        foreach (int level in Enumerable.Range(0, greys.Length).OrderByDescending(index => greys[index]))
        {
            sums[level] += rank++ < above
                ? Math.Max(greys[level], StoredMaps.GreyOfHalf + 1)
                : Math.Min(greys[level], StoredMaps.GreyOfHalf);
        }
    }

    private static Dictionary<string, double> Score(RaterCase raterCase, float[] softMap, int size)
    {
        RaterMasks masks = Resampling.Nearest(raterCase.ReadMasks(), size, size);
        CaseMetrics metrics = CaseMetrics.Compute(raterCase.Name, softMap, masks);
        return Measures.ToDictionary(name => name, name => SegmentationMeasure.ByName(name).ValueOf(metrics));
    }
}
