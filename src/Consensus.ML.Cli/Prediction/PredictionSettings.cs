using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Records;

namespace Consensus.ML.Cli.Prediction;

/// <summary>Everything but the inputs that decides a prediction.</summary>
/// <param name="Model">The model.</param>
/// <param name="Sampling">How it samples.</param>
/// <param name="Axis">The axis along which volumes are cut; null to cut them as the model's training volumes.</param>
/// <param name="Versions">The software.</param>
internal sealed record PredictionSettings(ModelDescription Model, SamplingDescription Sampling, int? Axis, VersionDescription Versions)
    : IRecordSettings
{
    /// <inheritdoc/>
    public static string Kind => "prediction";

    /// <inheritdoc/>
    public static int ManifestVersion => 1;
}
