using System.CommandLine;
using Consensus.Imaging.Cases;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;

namespace Consensus.ML.Cli.Prediction;

/// <summary>The arguments of <c>consensus predict</c>.</summary>
internal sealed class PredictArguments
{
    public Option<string> Model { get; } = ModelArguments.Model();

    public Option<string> Output { get; } = new("--out")
    {
        Description = "Folder to write to: <case>_soft.nii.gz (<case>_soft.tif for pictures) and <case>.png for each case.",
        HelpName = "DIR",
        Required = true,
    };

    public SamplingArguments Sampling { get; } = new();

    public Option<string?> Device { get; } = DeviceOption.Create();

    public Option<int?> Threads { get; } = OptionKinds.Whole(
        "--threads", "N", "CPU threads. Default: torch's own choice ('consensus info' says how many).", 1, 4096);

    public Option<int?> Axis { get; } = OptionKinds.Choice<int>(
        "--axis",
        "The axis of the stored array along which volumes are cut; the predicted slices are put back into a volume. "
        + "Default: the axis of the model's training volumes, or 2. When given, images with 2 to 8 "
        + "slices are volumes too, not channels.",
        ("0", 0), ("1", 1), ("2", 2));

    public DataOptions Data { get; } = new(QubiqSplit.Validation, required: false);

    public Option<string?> Inputs { get; } = new("--inputs")
    {
        Description = "A text file with an input on each line; '-' reads the standard input. A line is a path, a JSON array with the paths "
            + "of an image's channels, or {\"case\": name, \"images\": [paths]}.",
        HelpName = "FILE",
    };

    public ShardArguments Shards { get; } = new("inputs");

    public Option<bool> SkipExisting { get; } = new("--skip-existing")
    {
        Description = "Leave inputs alone whose results are in --out already. Default for a shard and with --records; otherwise results "
            + "are replaced.",
    };

    public Option<bool> Overwrite { get; } = new("--overwrite")
    {
        Description = "Replace results of a shard, or with --records, that are in --out already.",
    };

    public Option<string?> Records { get; } = new("--records")
    {
        Description = "Keep a manifest of all inputs, the model and the options in this folder, and a record of each result with the "
            + "SHA-256 of its files; 'consensus merge' checks that every input has its result. Any number of processes may share it.",
        HelpName = "DIR",
    };

    public Option<string?> Log { get; } = new("--log")
    {
        Description = "Add a line of JSON to this file for each input when it ends: its files, seconds, area and status. Each process "
            + "needs its own log.",
        HelpName = "FILE",
    };

    public Argument<string[]> Files { get; } = new Argument<string[]>("FILE")
    {
        Description = "Images or volumes to segment. A case has the name of its folder if the file is called image.*, otherwise the "
            + "name of the file.",
        Arity = ArgumentArity.ZeroOrMore,
    }.RefusingOptions();

    /// <summary>Every option, in the order of the help.</summary>
    public IEnumerable<Option> Options =>
    [
        Model, Output, Sampling.Generations, Sampling.Tolerance, Sampling.Mirror, Sampling.Sampler, Sampling.Steps, Sampling.Seed,
        Sampling.Precision, Device, Threads, Axis, Data.Data, Data.Task, Data.Split, Inputs, Shards.Shard, Shards.Shards, SkipExisting,
        Overwrite, Records, Log,
    ];

    /// <summary>Lists the inputs. No image is opened.</summary>
    /// <exception cref="UsageException">They are given in no way, or in several.</exception>
    public IReadOnlyList<RaterCase> ListCases(Terminal terminal, ParseResult parsed)
    {
        string[] paths = parsed.GetValue(Files) ?? [];
        string? list = parsed.GetValue(Inputs);
        return (paths.Length > 0, list is not null, Data.IsGiven(parsed)) switch
        {
            (true, false, false) => [.. paths.Select(path => new RaterCase(CaseName.FromPath(path), path, []))],
            (false, true, false) => InputList.Read(list!),
            (false, false, true) => Data.ListImages(terminal, parsed),
            (false, false, false) =>
                throw new UsageException("There is nothing to predict: name image files, or give --inputs, or --data and --task."),
            _ => throw new UsageException("Name image files, or give --inputs or --data, but not both."),
        };
    }

    /// <summary>
    /// Whether inputs with results are left alone. Batch systems start a shard again, so a shard does that by itself, and so does a run
    /// with records, as in <c>consensus evaluate</c>.
    /// </summary>
    /// <exception cref="UsageException">Both options were given.</exception>
    public bool SkipsFinished(ParseResult parsed, Shard? shard) => (parsed.GetValue(SkipExisting), parsed.GetValue(Overwrite)) switch
    {
        (true, true) => throw new UsageException("--skip-existing keeps results and --overwrite replaces them: give one of them."),
        (bool skip, bool overwrite) => skip || ((shard is not null || parsed.GetValue(Records) is not null) && !overwrite),
    };
}
