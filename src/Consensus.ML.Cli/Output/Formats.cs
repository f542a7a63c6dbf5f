using System.Globalization;
using Consensus.Imaging.Metrics;
using Consensus.ML.Datasets;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Cli.Output;

/// <summary>Writes values for people and for reports.</summary>
internal static class Formats
{
    /// <summary>A size, in megabytes.</summary>
    public static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB");

    public static string Score(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <summary>An area in mm²: four decimals below 1, otherwise one. A dash where it is not known.</summary>
    public static string Area(double squareMillimeters) =>
        double.IsNaN(squareMillimeters)
            ? "–"
            : squareMillimeters.ToString(squareMillimeters < 1 ? "0.####" : "0.0", CultureInfo.InvariantCulture);

    /// <summary>A number of volumes, as "2 volumes".</summary>
    public static string Volumes(int count) => count == 1 ? "1 volume" : $"{count} volumes";

    /// <summary>A number of groups, as "2 groups".</summary>
    public static string Groups(int count) => count == 1 ? "1 group" : $"{count} groups";

    /// <summary>A number of cases, as "5 cases of 2 groups". The groups are left out where there are as many groups as cases.</summary>
    public static string Cases(int cases, int groups) =>
        $"{(cases == 1 ? "1 case" : $"{cases} cases")}{(groups == cases ? "" : $" of {Groups(groups)}")}";

    public static string Duration(TimeSpan time) => time.TotalHours >= 1 ? time.ToString(@"h\:mm\:ss") : time.ToString(@"mm\:ss");

    public static string Name(DistanceUnit unit) => unit == DistanceUnit.Millimeters ? "mm" : "px";

    public static string Name(QubiqSplit split) => split == QubiqSplit.Train ? "train" : "val";

    /// <summary>The method of a model: diffusion or one-pass.</summary>
    public static string Method(SegmentationTransformer model) => model.SamplesByDiffusion ? "diffusion" : "one-pass";

    /// <summary>What a model has learnt from the raters: its target or kind.</summary>
    public static string Learned(SegmentationTransformer model) => model.Learned;

    /// <summary>The number of generations or passes of a prediction.</summary>
    public static int Maps(SegmentationTransformer model) =>
        model.SamplesByDiffusion || Enum.GetValues<UNetKind>().Any(kind => kind.DrawsAtRandom() && model.Learned == Spelling.Write(kind))
            ? model.Sampling.Generations
            : 1;

    public static string Describe(SegmentationTransformer model)
    {
        string sampling = model.SamplesByDiffusion
            ? Describe(model.Sampling)
            : $"{(Maps(model) == 1 ? "1 pass" : $"{Maps(model)} passes")}{(model.Sampling.Mirror ? " in turn mirrored" : "")}, "
                + $"{Spelling.Write(model.Sampling.Precision)}";
        return model.Members == 1 ? sampling : $"{sampling}, of each of {model.Members} networks";
    }

    /// <summary>The sampler of a model; null for a model that does not sample.</summary>
    public static string? Sampler(SegmentationTransformer model) =>
        model.SamplesByDiffusion ? Spelling.Write(model.Sampling.Sampler) : null;

    public static string Describe(SamplingOptions sampling)
    {
        string generations = sampling.Generations == 1 ? "1 generation" : $"{sampling.Generations} generations";
        string still = sampling.Tolerance is double tolerance
            ? string.Create(CultureInfo.InvariantCulture, $" or until still within {tolerance}")
            : "";
        string steps = sampling.Steps switch { null => "all steps", 1 => "1 step", int count => $"{count} steps" };
        return $"{generations}{still}{(sampling.Mirror && sampling.Generations > 1 ? " in turn mirrored" : "")}, "
            + $"{Spelling.Write(sampling.Sampler)}, {steps}, {Spelling.Write(sampling.Precision)}";
    }
}
