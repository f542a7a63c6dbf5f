using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Labels;
using Consensus.ML.Options;

namespace Consensus.ML.Studies.Planning;

/// <summary>What a study compares, on what data, and how long each method may train.</summary>
public sealed record StudyOptions
{
    /// <summary>The folder of the study; created when missing. Several processes may work on one study (<see cref="Resume"/>).</summary>
    public required string Folder { get; init; }

    /// <summary>What the data set is called in the report.</summary>
    public required string DataName { get; init; }

    /// <summary>How the cases are divided into those to train on and those to score; each case is scored in one fold at most.</summary>
    public required IReadOnlyList<StudyFold> Folds { get; init; }

    /// <summary>Number of levels C, 1 to 255: of raters of a complete case.</summary>
    public required int Levels { get; init; }

    /// <summary>The methods, at least one. Default the four training targets of the paper's Table 2.</summary>
    public IReadOnlyList<StudyMethod> Methods { get; init; } = StudyMethods.TrainingTargets;

    /// <summary>Seeds: each method is trained once in each fold with each of them. Default 0 alone.</summary>
    public IReadOnlyList<int> Seeds { get; init; } = [0];

    /// <summary>Optimizer steps of each training, at least 1; null (the default) for no such limit.</summary>
    public int? Steps { get; init; }

    /// <summary>
    /// Wall time of each training, above zero; null (the default) for no such limit. Without both limits, a method's own number
    /// of steps counts (2000).
    /// </summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>
    /// Side, in pixels, that slices are resized to, trained at and scored at; a multiple of 8 for the methods of the library. Default 64.
    /// </summary>
    public int Size { get; init; } = 64;

    /// <summary>How training varies the cases. Default <see cref="AugmentationPolicy.Strong"/>.</summary>
    public AugmentationPolicy Augmentation { get; init; } = AugmentationPolicy.Strong;

    /// <summary>The value of pixels without data, as in NormalizeSlices; null (the default) where there are none.</summary>
    public float? NoData { get; init; }

    /// <summary>What is done with cases that not all raters have drawn. Default they are left out, as in the paper.</summary>
    public MissingRaters MissingRaters { get; init; } = MissingRaters.Drop;

    /// <summary>Number format of training; null (the default) for each method's own.</summary>
    public Precision? Precision { get; init; }

    /// <summary>"cpu", "cuda" or "cuda:N"; null (the default) for the context's.</summary>
    public string? Device { get; init; }

    /// <summary>
    /// CPU threads, 1 to 4096; null (the default) for torch's own choice. Processes that share a study should share the cores, so that a
    /// limit of time is the same for all methods.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>
    /// Maps that methods which draw by diffusion sample for each level, 1 to 1000; null (the default) for each method's own number.
    /// </summary>
    public int? Generations { get; init; }

    /// <summary>
    /// Up to how many generations the score is shown (the paper's Figure 3), 1 to 1000; 0 leaves the curve out, which saves most of the
    /// time of scoring. Default 25, the paper's.
    /// </summary>
    public int CurveGenerations { get; init; } = 25;

    /// <summary>Wall time between checkpoints of a training, above zero: what a crash costs at most. Default 2 minutes.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How many cases the report draws panels of: the worst, the best and those between, at least 1. Default 8.</summary>
    public int CasePanels { get; init; } = 8;

    /// <summary>
    /// Whether to go on with the study that is in the folder: what is finished there stays, and methods and seeds may be added; other
    /// data or settings are refused. Where there is none, it begins. Where other processes are at it, this one takes runs that none of
    /// them has, and ends when all are done. Default false: a folder with a study is then refused.
    /// </summary>
    public bool Resume { get; init; }

    /// <summary>
    /// The command or program that makes this study, printed in the report so that readers can repeat it; null (the default) for none.
    /// </summary>
    public string? Command { get; init; }

    /// <summary>Told where the study is, on the calling thread; null (the default) for nobody.</summary>
    public IProgress<StudyProgress>? Progress { get; init; }

    /// <summary>Told of what should be known but stops nothing, one line each; null (the default) for nobody.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Ends the study early; what is finished stays, and it can be resumed. Default none.</summary>
    public CancellationToken Cancellation { get; init; }
}
