using System.CommandLine;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;

namespace Consensus.ML.Cli.Data;

/// <summary>The options that say which cases a command works on, the same in every command: --data, --task and --split.</summary>
internal sealed class DataOptions
{
    private readonly string _splitByDefault;

    /// <param name="splitByDefault">The split that is meant where none is named.</param>
    /// <param name="required">Whether the command needs a set; else it has another way to name images.</param>
    public DataOptions(QubiqSplit splitByDefault, bool required = true)
    {
        _splitByDefault = Formats.Name(splitByDefault);
        Data = new("--data")
        {
            Description = "Folder that holds the set's folder (brain-growth, kidney, your-own, …), or is it; "
                + "or a manifest that 'consensus dataset init' wrote.",
            HelpName = "ROOT|dataset.json",
            Required = required,
        };
        Task = new("--task")
        {
            Description = $"What is segmented: {string.Join(", ", QubiqTask.All)}, or the name of another set in ROOT (with -2 behind it "
                + "for its second task). A bare prostate or brain-tumor is task 1. Default: the only task in ROOT. Not for a manifest.",
            HelpName = "TASK",
        };
        Split = new("--split")
        {
            Description = $"Which cases: train or val, or as the manifest calls its splits. Default {_splitByDefault}; "
                + "all cases of a manifest without splits.",
            HelpName = "SPLIT",
        };
    }

    public Option<string> Data { get; }

    public Option<string?> Task { get; }

    public Option<string?> Split { get; }

    /// <summary>Whether a set was named.</summary>
    /// <exception cref="UsageException">None was, but a part of one.</exception>
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

    /// <summary>Lists the cases that are asked for; what is left out is said as a warning.</summary>
    public CaseSource Find(Terminal terminal, ParseResult parsed, MissingRaters? missingRaters = null) =>
        CaseSource.Find(terminal, parsed.Require(Data!), parsed.GetValue(Task), parsed.GetValue(Split), _splitByDefault, missingRaters);

    /// <summary>Lists the cases of another split of the set that is asked for.</summary>
    public CaseSource FindSplit(Terminal terminal, ParseResult parsed, string split, MissingRaters? missingRaters) =>
        CaseSource.Find(terminal, parsed.Require(Data!), parsed.GetValue(Task), split, _splitByDefault, missingRaters);

    /// <summary>Lists the images that are asked for, whether anybody drew on them or not.</summary>
    public IReadOnlyList<RaterCase> FindImages(Terminal terminal, ParseResult parsed) =>
        CaseSource.FindImages(terminal, parsed.Require(Data!), parsed.GetValue(Task), parsed.GetValue(Split), _splitByDefault);

    /// <summary>The command that checks the set that was named.</summary>
    public string CheckCommand(ParseResult parsed) =>
        $"consensus dataset check --data {parsed.GetValue(Data)}{(parsed.GetValue(Task) is { } task ? $" --task {task}" : "")}";
}
