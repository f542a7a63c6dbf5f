using System.CommandLine;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Records;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Consensus.ML.Evaluation;
using Consensus.ML.Options;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>The arguments of <c>consensus evaluate</c>.</summary>
internal sealed class EvaluateArguments
{
    public Option<string> Model { get; } = ModelArguments.Model();

    public DataOptions Data { get; } = new(QubiqSplit.Validation);

    public Option<MissingRaters?> Missing { get; } = CaseArguments.MissingRaters("each scored by the share of its own raters");

    public SamplingArguments Sampling { get; } = new();

    public Option<string?> Device { get; } = DeviceOption.Create();

    public Option<bool> Native { get; } = new("--native")
    {
        Description = "Score at each case's own size. Default: at the model's size, as published.",
    };

    public Option<float[]> Thresholds { get; } = new("--thresholds")
    {
        Description = "Thresholds of one more soft Dice, such as 0.25 0.5 0.75. Default: 0.1 to 0.9.",
        HelpName = "share",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result =>
        {
            var values = new List<float>();
            foreach (string given in result.Tokens.Select(token => token.Value))
            {
                if (!Numbers.TryParse(given, out double value))
                {
                    result.AddError(
                        $"'{given}' is not a value of --thresholds; it must be numbers above 0 and at most 1, with spaces between "
                        + $"them{Numbers.CommaHint(given)}");
                    return null;
                }

                values.Add((float)value);
            }

            return [.. values];
        },
    };

    public Option<double?> Tolerance { get; } = Number(
        "--surface-tolerance", "distance", "How far apart outlines may lie for the surface Dice: in mm where the images say how large a "
        + "pixel is, otherwise in pixels. Default: one pixel.", "a number above 0");

    public Option<double?> AreaDeviations { get; } = Number(
        "--area-deviations", "k", "How far the CRPS of a normal distribution integrates, in standard deviations of the raters' areas, such "
        + "as 3 in the code of the CURVAS challenges. Default: the whole line.", "a number above 0");

    public Option<EnergyPairs?> EnergyPairs { get; } = OptionKinds.Choice(
        "--ged-pairs", "Pairs within a set of masks for GED and diversity: all, with those of a mask with itself, as published; or "
        + "different masks alone, which does not depend on the number of samples. Default all.", Spelling.List<EnergyPairs>());

    public Option<double?> EmptyDistance { get; } = Number(
        "--ged-empty", "d", "The distance of two empty masks for GED and diversity, from 0 (they are equal) to 1. Default 0.",
        "a number from 0 to 1");

    public Option<SampleSet?> Samples { get; } = OptionKinds.Choice(
        "--samples", "Which masks GED, D max and the like compare with the raters' masks: model, its own samples; or drawn, masks that "
        + "raters might draw, from its soft map. Default model; GED of drawn masks is given beside it.", Spelling.List<SampleSet>());

    public Option<bool> All { get; } = AllMeasures();

    public Option<string?> Json { get; } = new("--json")
    {
        Description = "Also write a report in JSON; '-' prints it instead of the table.",
        HelpName = "report.json",
    };

    public Option<string?> Records { get; } = new("--records")
    {
        Description = "Keep a record of each case in this folder, and leave cases alone that have one. --shard needs it; "
            + "'consensus merge' makes the report of all shards. The slices of a volume are scored by one process.",
        HelpName = "DIR",
    };

    public ShardArguments Shards { get; } = new("cases");

    public Option<bool> Overwrite { get; } = new("--overwrite")
    {
        Description = "Score cases again that have a record in --records.",
    };

    /// <summary>Every option, in the order of the help.</summary>
    public IEnumerable<Option> Options =>
    [
        Model, Data.Data, Data.Task, Data.Split, Missing, Sampling.Generations, Sampling.Tolerance, Sampling.Mirror, Sampling.Sampler,
        Sampling.Steps, Sampling.Seed, Sampling.Precision, Device, Native, Thresholds, Tolerance, AreaDeviations, EnergyPairs,
        EmptyDistance, Samples, All, Json, Records, Shards.Shard, Shards.Shards, Overwrite,
    ];

    /// <summary>The masks that stand for what raters might draw.</summary>
    public enum SampleSet
    {
        /// <summary>The model's own samples.</summary>
        Model,

        /// <summary>Masks that are drawn from its soft map.</summary>
        Drawn,
    }

    /// <summary><c>--all</c>.</summary>
    public static Option<bool> AllMeasures() => new("--all")
    {
        Description = "Show every measure, and the scores against each rater. Default: the measures that are reported most. "
            + "JSON always has all.",
    };

    /// <summary>The options of the scores.</summary>
    /// <exception cref="UsageException">One of them is out of range.</exception>
    public EvaluationOptions ReadOptions(ParseResult parsed)
    {
        float[]? thresholds = parsed.GetValue(Thresholds);
        if (thresholds?.Where(threshold => !(threshold > 0 && threshold <= 1)).ToArray() is [float wrong, ..])
        {
            throw new UsageException(FormattableString.Invariant($"--thresholds has {wrong}; a threshold lies above 0 and is at most 1."));
        }

        if (thresholds?.GroupBy(threshold => threshold).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new UsageException(FormattableString.Invariant($"--thresholds has {twice.Key} twice; each threshold is given once."));
        }

        double? tolerance = parsed.GetValue(Tolerance);
        if (tolerance is double distance && !(distance > 0 && double.IsFinite(distance)))
        {
            throw new UsageException(FormattableString.Invariant($"--surface-tolerance is {distance}; it must be above 0."));
        }

        double? deviations = parsed.GetValue(AreaDeviations);
        if (deviations is double limit && !(limit > 0 && double.IsFinite(limit)))
        {
            throw new UsageException(FormattableString.Invariant($"{AreaDeviations.Name} is {limit}; it must be above 0."));
        }

        double empty = parsed.GetValue(EmptyDistance) ?? 0;
        return empty is >= 0 and <= 1
            ? new()
            {
                Thresholds = thresholds is { Length: > 0 } ? thresholds : SoftDice.NineThresholds,
                SurfaceTolerance = tolerance,
                AreaDeviations = deviations,
                EnergyDistance = new() { Pairs = parsed.GetValue(EnergyPairs) ?? default, EmptyDistance = empty },
            }
            : throw new UsageException(FormattableString.Invariant($"{EmptyDistance.Name} is {empty}; it must be from 0 to 1."));
    }

    /// <summary>The file for the report; null for none. It is made sure that it can be written.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public string? ReadReport(ParseResult parsed)
    {
        string? report = parsed.GetValue(Json);
        if (report is not null and not "-" && !AtomicFile.IsDevice(report))
        {
            OutputPath.EnsureFile(report);
        }

        return report;
    }

    /// <summary>
    /// The shard of this process; null for all cases. Without --records the environment is not looked at: tasks of an array may well
    /// evaluate a model each.
    /// </summary>
    /// <exception cref="UsageException">An option is given that needs --records, or that does not go with a shard.</exception>
    public Shard? ReadShard(Terminal terminal, ParseResult parsed)
    {
        if (parsed.GetValue(Records) is not { } records)
        {
            Option[] dependent = [Shards.Shard, Shards.Shards, Overwrite];
            return dependent.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given
                ? throw new UsageException($"Option {given.Name} needs --records, the folder for the records of the cases.")
                : null;
        }

        Shard? shard = Shards.Read(terminal, parsed);
        if (parsed.GetValue(Json) is not { } report)
        {
            return shard;
        }

        if (shard is { Count: > 1 })
        {
            throw new UsageException(
                $"--json is for all cases, and this process scores shard {shard}: 'consensus merge {records} --json {report}' writes the "
                + "report when all shards are done.");
        }

        RecordFiles.EnsureOutside(records, report);
        return shard;
    }

    private static Option<double?> Number(string name, string symbol, string description, string allowed) => new(name)
    {
        Description = description,
        HelpName = symbol,
        CustomParser = result =>
        {
            string given = result.Tokens.Single().Value;
            if (Numbers.TryParse(given, out double value))
            {
                return value;
            }

            result.AddError($"'{given}' is not a value of {name}; it must be {allowed}{Numbers.CommaHint(given)}");
            return null;
        },
    };
}
