using Consensus.Imaging.Cases;

namespace Consensus.ML.Cli.Prediction;

/// <summary>What a run predicts, and how.</summary>
/// <param name="Cases">The inputs of this process, in order.</param>
/// <param name="Folder">The folder to write to.</param>
/// <param name="Axis">The axis along which volumes are cut; null to cut them as the model's training volumes.</param>
/// <param name="SkipsFinished">Whether inputs whose results are there are left alone.</param>
/// <param name="IsVerbose">Whether to print where an error happened.</param>
/// <param name="Threads">Threads of the processor for all inputs that are predicted at a time, at least 1.</param>
internal sealed record PredictionRunOptions(
    IReadOnlyList<RaterCase> Cases,
    string Folder,
    int? Axis,
    bool SkipsFinished,
    bool IsVerbose,
    int Threads = 1);
