using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Labels;
using Consensus.ML.Options;
using Consensus.ML.Transforms;

namespace Consensus.ML.Studies.Planning;

/// <summary>What a study compares, on what data, and how long each method may train.</summary>
public sealed record StudyOptions
{
    /// <summary>
    /// The folder of the study. It is created when it is missing. Several processes may work on one study (<see cref="Resume"/>).
    /// </summary>
    public required string Folder { get; init; }

    /// <summary>The name of the data set in the report.</summary>
    public required string DataName { get; init; }

    /// <summary>How the cases are divided into cases to train on and cases to score. Each case is scored in at most one fold.</summary>
    public required IReadOnlyList<StudyFold> Folds { get; init; }

    /// <summary>Number of levels C, 1 to 255: the number of raters of a complete case.</summary>
    public required int Levels { get; init; }

    /// <summary>The methods, at least one. Default the four training targets of the paper's Table 2.</summary>
    public IReadOnlyList<StudyMethod> Methods { get; init; } = StudyMethods.TrainingTargets;

    /// <summary>The seeds. Each method is trained once in each fold with each seed. Default: the seed 0 alone.</summary>
    public IReadOnlyList<int> Seeds { get; init; } = [0];

    /// <summary>The networks, and how they are trained and sampled. Default <see cref="StudyPreset.Compact"/>.</summary>
    public StudyPreset Preset { get; init; }

    /// <summary>Optimizer steps of each training, at least 1; null (the default) for no such limit.</summary>
    public int? Steps { get; init; }

    /// <summary>
    /// Wall time of each training, above zero; null (the default) for no such limit. Without both limits, each method trains for its own
    /// number of steps (2000, or 100 000 with the preset Paper).
    /// </summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>
    /// Side of the slices in training and scoring, in pixels; a multiple of 8 for the methods of the library, of 64 with the preset Paper
    /// (whose slices have 256). Default 64.
    /// </summary>
    public int Size { get; init; } = 64;

    /// <summary>How training augments the cases. Default <see cref="AugmentationPolicy.Strong"/>.</summary>
    public AugmentationPolicy Augmentation { get; init; } = AugmentationPolicy.Strong;

    /// <summary>The value of pixels without data, as in NormalizeSlices; null (the default) where there are none.</summary>
    public float? NoData { get; init; }

    /// <summary>
    /// Whether all slices have the scale of the training set or each its own, as in NormalizeSlices. Default
    /// <see cref="NormalizationScale.Automatic"/>: the training images of each fold decide.
    /// </summary>
    public NormalizationScale Normalization { get; init; }

    /// <summary>
    /// Whether a pixel of a reduced slice is the mean of all pixels that it covers, as in ResizeSlices. Default true; as published, it is
    /// false.
    /// </summary>
    public bool Antialias { get; init; } = true;

    /// <summary>
    /// Share of each fold's training cases that is set aside to choose the best weights, in [0, 0.5]; 0 trains on all of them and keeps the
    /// last weights. Null (the default) for each method's own: a tenth, or for diffusion with the preset Compact what
    /// <see cref="TrainingOptions.ShareSetAside"/> says. Then, in a short training on few cases, diffusion trains on all of them, and the
    /// one-pass methods train on nine tenths. Give a share where all methods must train on the same cases.
    /// </summary>
    public double? ValidationFraction { get; init; }

    /// <summary>What is done with cases that some raters have not segmented. Default: they are left out, as in the paper.</summary>
    public MissingRaters MissingRaters { get; init; } = MissingRaters.Drop;

    /// <summary>Number format of training; null (the default) for each method's own.</summary>
    public Precision? Precision { get; init; }

    /// <summary>"cpu", "cuda" or "cuda:N"; null (the default) for the device of the context.</summary>
    public string? Device { get; init; }

    /// <summary>
    /// CPU threads, 1 to 4096; null (the default) for torch's own choice. Processes that work on one study should share the cores, so that
    /// a time limit means the same for all methods.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>
    /// How many maps a diffusion method samples for each level, 1 to 1000; null (the default) for each method's own number.
    /// </summary>
    public int? Generations { get; init; }

    /// <summary>
    /// The largest number of generations in the curve of scores (the paper's Figure 3), 1 to 1000. 0 leaves the curve out, which saves most
    /// of the time of scoring. Default 25, as in the paper.
    /// </summary>
    public int CurveGenerations { get; init; } = 25;

    /// <summary>Wall time between checkpoints of a training, above zero. A crash loses at most this time. Default 2 minutes.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How many cases the report shows in pictures, from the worst to the best, at least 1. Default 8.</summary>
    public int CasePanels { get; init; } = 8;

    /// <summary>
    /// Whether to go on with the study that is in the folder. Finished work stays, and methods and seeds may be added; other data or
    /// settings are refused. If the folder holds no study, a new study begins. If other processes work on the study, this process takes
    /// runs that no other process has, and ends when all runs are done. Default false: a folder with a study is then refused.
    /// </summary>
    public bool Resume { get; init; }

    /// <summary>
    /// The command or program that makes this study, printed in the report so that readers can repeat it; null (the default) for none.
    /// </summary>
    public string? Command { get; init; }

    /// <summary>Receives the progress of the study, on the calling thread; null (the default) for no reports.</summary>
    public IProgress<StudyProgress>? Progress { get; init; }

    /// <summary>Receives warnings, one line each; null (the default) for no warnings.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Ends the study early. Finished work stays, and the study can be resumed. Default none.</summary>
    public CancellationToken Cancellation { get; init; }
}
