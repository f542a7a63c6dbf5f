using System.CommandLine;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;

namespace Consensus.ML.Cli.Data;

/// <summary>The options --data, --task and --split. They say which cases a command works on, and are the same in every command.</summary>
internal sealed class DataOptions
{
    private readonly string _splitByDefault;

    /// <param name="splitByDefault">The split to take where no split is named.</param>
    /// <param name="required">Whether the command needs a set. If not, it has another way to name images.</param>
    public DataOptions(QubiqSplit splitByDefault, bool required = true)
    {
        _splitByDefault = Formats.Name(splitByDefault);
        Data = new("--data")
        {
            Description = "Folder of the set (brain-growth, kidney, your-own, …), or the folder that contains it; "
                + "or a manifest that 'consensus dataset init' wrote.",
            HelpName = "ROOT|dataset.json",
            Required = required,
        };
        Task = new("--task")
        {
            Description = $"What is segmented: {string.Join(", ", QubiqTask.All)}, or the name of another set in ROOT (followed by -2 "
                + "for its second task). A bare prostate or brain-tumor is task 1. Default: the only task in ROOT. Of a manifest, a "
                + "structure by name. train and evaluate take several, with commas between them: prostate-1,prostate-2.",
            HelpName = "TASK",
        };
        Split = new("--split")
        {
            Description = $"Which cases: train or val, or the name of a split in the manifest. Default {_splitByDefault}; "
                + "all cases of a manifest without splits.",
            HelpName = "SPLIT",
        };
    }

    public Option<string> Data { get; }

    public Option<string?> Task { get; }

    public Option<string?> Split { get; }

    /// <summary>Whether --data was given.</summary>
    /// <exception cref="UsageException">It was not, but --task or --split was.</exception>
    public bool IsGiven(ParseResult parsed)
    {
        if (parsed.GetValue(Data) is not null)
        {
            return true;
        }

        foreach (Option<string?> option in (Option<string?>[])[Task, Split])
        {
            if (parsed.GetValue(option) is not null)
            {
                throw new UsageException($"Option {option.Name} needs --data.");
            }
        }

        return false;
    }

    /// <summary>Lists the cases that the options name. A warning names each case that is left out.</summary>
    public CaseSource ListCases(Terminal terminal, ParseResult parsed, MissingRaters? missingRaters = null) =>
        CaseSource.List(terminal, parsed.Require(Data!), parsed.GetValue(Task), parsed.GetValue(Split), _splitByDefault, missingRaters);

    /// <summary>Lists the cases of one or several tasks or structures.</summary>
    public CaseSource ListStructures(Terminal terminal, ParseResult parsed, MissingRaters? missingRaters = null) => StructureSources.List(
        terminal, parsed.Require(Data!), parsed.GetValue(Task), parsed.GetValue(Split), _splitByDefault, missingRaters);

    /// <summary>Lists the cases of another split of the set that the options name.</summary>
    public CaseSource ListSplit(Terminal terminal, ParseResult parsed, string split, MissingRaters? missingRaters) =>
        StructureSources.List(terminal, parsed.Require(Data!), parsed.GetValue(Task), split, _splitByDefault, missingRaters);

    /// <summary>Lists the images that the options name, with or without masks.</summary>
    public IReadOnlyList<RaterCase> ListImages(Terminal terminal, ParseResult parsed) =>
        CaseSource.ListImages(terminal, parsed.Require(Data!), parsed.GetValue(Task), parsed.GetValue(Split), _splitByDefault);

    /// <summary>The command that checks the set, for messages.</summary>
    public string CheckCommand(ParseResult parsed) =>
        $"consensus dataset check --data {parsed.GetValue(Data)}"
        + $"{(parsed.GetValue(Task) is { } task && !File.Exists(parsed.GetValue(Data)) ? $" --task {task}" : "")}";
}
