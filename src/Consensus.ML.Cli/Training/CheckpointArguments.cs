using System.CommandLine;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Options;

namespace Consensus.ML.Cli.Training;

/// <summary>The options for a training that can go on after a crash: --checkpoints, --checkpoint-every and --resume.</summary>
internal sealed class CheckpointArguments
{
    public Option<string?> Folder { get; } = new("--checkpoints")
    {
        Description = "A folder for the checkpoints of this run, so that it can go on after a crash or an interruption: "
            + "the last two checkpoints and the best weights.",
        HelpName = "DIR",
    };

    public Option<int?> Every { get; } =
        OptionKinds.Whole(
            "--checkpoint-every", "N",
            "Steps between checkpoints. Default: one every five minutes, and one at the end or at an interruption.", 1, int.MaxValue);

    public Option<bool> Resume { get; } = new("--resume")
    {
        Description = "Go on from the last checkpoint, with the same data and options. Without a checkpoint, start from the beginning. "
            + "Without it, a folder with checkpoints is refused.",
    };

    /// <summary>The options for checkpoints; null for no checkpoints.</summary>
    /// <exception cref="UsageException">An option makes no sense without a folder.</exception>
    public CheckpointOptions? Read(ParseResult parsed)
    {
        int? every = parsed.GetValue(Every);
        bool resume = parsed.GetValue(Resume);
        if (parsed.GetValue(Folder) is not { } folder)
        {
            return every is null && !resume
                ? null
                : throw new UsageException($"Option {(resume ? Resume.Name : Every.Name)} needs {Folder.Name} DIR.");
        }

        if (string.IsNullOrWhiteSpace(folder))
        {
            throw new UsageException($"{Folder.Name} is empty; it must name a folder.");
        }

        var options = new CheckpointOptions { Folder = folder, Resume = resume };
        return every is null ? options : options with { EverySteps = every, Interval = null };
    }
}
