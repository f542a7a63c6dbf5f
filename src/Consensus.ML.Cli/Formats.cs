using System.Globalization;
using Consensus.ML.Diffusion;
using Consensus.ML.Imaging;
using Consensus.ML.Networks;
using Consensus.ML.Training;

namespace Consensus.ML.Cli;

/// <summary>How values are written for people and in reports.</summary>
internal static class Formats
{
    public static string Score(double value) => value.ToString("0.0000");

    public static string Duration(TimeSpan time) => time.TotalHours >= 1 ? time.ToString(@"h\:mm\:ss") : time.ToString(@"mm\:ss");

    public static string Name(TrainingTarget target) => target switch
    {
        TrainingTarget.Consensus => "consensus",
        TrainingTarget.Annotator => "annotator",
        TrainingTarget.AnyAnnotator => "any-annotator",
        TrainingTarget.SoftLabel => "soft-label",
        _ => throw new ArgumentOutOfRangeException(nameof(target), target, null),
    };

    public static string Name(SamplerKind sampler) => sampler switch
    {
        SamplerKind.Ddpm => "ddpm",
        SamplerKind.Ddim => "ddim",
        SamplerKind.DpmSolver => "dpm-solver",
        _ => throw new ArgumentOutOfRangeException(nameof(sampler), sampler, null),
    };

    public static string Name(Precision precision) => precision == Precision.Float32 ? "float32" : "bfloat16";

    public static string Name(DistanceUnit unit) => unit == DistanceUnit.Millimeters ? "mm" : "px";

    public static string Name(QubiqSplit split) => split == QubiqSplit.Train ? "train" : "val";

    public static string Name(ImageFormat format) => format == ImageFormat.Nifti ? "NIfTI" : format.ToString().ToUpperInvariant();

    public static string Describe(SamplingOptions sampling)
    {
        string generations = sampling.Generations == 1 ? "1 generation" : $"{sampling.Generations} generations";
        string still = sampling.Tolerance is double tolerance ? string.Create(CultureInfo.InvariantCulture, $" or until still within {tolerance}") : "";
        string steps = sampling.Steps switch { null => "all steps", 1 => "1 step", int count => $"{count} steps" };
        return $"{generations}{still}{(sampling.Mirror ? " in turn mirrored" : "")}, {Name(sampling.Sampler)}, {steps}, {Name(sampling.Precision)}";
    }
}
