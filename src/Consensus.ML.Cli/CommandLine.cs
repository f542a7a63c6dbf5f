using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Evaluation;
using Consensus.ML.Cli.Machine;
using Consensus.ML.Cli.Merging;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Serving;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Cli.Studies;
using Consensus.ML.Cli.Training;
using Consensus.ML.Torch.Collectives;

namespace Consensus.ML.Cli;

/// <summary>The <c>consensus</c> command: parses, runs, and turns every failure into one line and an exit code.</summary>
internal static class CommandLine
{
    private static readonly string[] Examples =
    [
        "consensus phantom --out data --task brain-growth",
        "consensus train --data data --task brain-growth --minutes 5 --out model.zip",
        "consensus evaluate --model model.zip --data data --task brain-growth",
        "consensus predict --model model.zip --out maps data/brain-growth/val/case01/image.nii.gz",
    ];

    /// <summary>Runs one command.</summary>
    /// <param name="args">The arguments of the command line.</param>
    /// <param name="terminal">Where to print.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> args, Terminal terminal)
    {
        // '@name' is an ordinary file name here, not a file with arguments.
        ParseResult parsed = CreateRoot(terminal).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction || (parsed.Action is null && parsed.Errors.Count > 0))
        {
            terminal.Complain($"{parsed.Errors[0].Message.TrimEnd('.')}. See 'consensus {NameOf(parsed)}--help'.");
            return ExitCode.Usage;
        }

        try
        {
            TorchOption.Apply(parsed);
            WarnOfSeveralProcesses(parsed, terminal);
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // signals are handled in Interruption
            });
        }
        catch (Exception exception) when (!parsed.IsVerbose() || ReportWithTrace(exception, terminal))
        {
            return Report(exception, terminal);
        }
    }

    /// <summary>The tree of all commands.</summary>
    internal static RootCommand CreateRoot(Terminal terminal)
    {
        var root = new RootCommand(
            "Learns where several experts agree on a medical image, and predicts the soft consensus map: "
            + "for each pixel, the share of experts who would mark it. For research; not a medical device.")
        {
            TrainCommand.Create(terminal),
            EvaluateCommand.Create(terminal),
            PredictCommand.Create(terminal),
            ServeCommand.Create(terminal),
            EnsembleCommand.Create(terminal),
            ExportCommand.Create(terminal),
            InspectCommand.Create(terminal),
            StudyCommand.Create(terminal),
            MergeCommand.Create(terminal),
            RatersCommand.Create(terminal),
            DatasetCommand.Create(terminal),
            PhantomCommand.Create(terminal),
            BenchCommand.Create(terminal),
            InfoCommand.Create(terminal),
        };
        root.Options.Add(TorchOption.Instance);
        root.Options.Add(VerboseOption.Instance);
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        var helping = new HelpWithExamples((HelpAction)help.Action!, Examples);
        help.Action = helping;
        root.SetAction(helping.Invoke); // as the root's own action, help would accept a mistyped command
        root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
        return root;
    }

    /// <summary>
    /// Says that every process of a launch does the whole command. Training shares its work among them, and so do the commands that were
    /// told to.
    /// </summary>
    private static void WarnOfSeveralProcesses(ParseResult parsed, Terminal terminal)
    {
        string name = parsed.CommandResult.Command.Name;
        if (parsed.CommandResult.Command is not RootCommand
            && name != TrainCommand.Name
            && !parsed.CommandResult.Command.Options.Any(option =>
                option.Name is "--shard" or "--shards" or "--resume" && parsed.GetResult(option) is { Implicit: false })
            && new LaunchEnvironment(Environment.GetEnvironmentVariable).Read() is { Rank: 0 } launch)
        {
            terminal.Warn($"{launch}, and each does all of 'consensus {name}': only 'consensus {TrainCommand.Name}' shares its work.");
        }
    }

    private static int Report(Exception exception, Terminal terminal)
    {
        if (Failure.Innermost(exception) is OtherProcessException other)
        {
            // That process says what failed; a line of each would hide it.
            return other.FailureType == typeof(UsageException).FullName ? ExitCode.Usage : ExitCode.Failure;
        }

        terminal.Complain(Failure.Describe(exception));
        return Failure.Innermost(exception) switch
        {
            UsageException => ExitCode.Usage,
            StoppedException stopped => stopped.ExitCode,
            OperationCanceledException => ExitCode.Interrupted,
            _ => ExitCode.Failure,
        };
    }

    private static bool ReportWithTrace(Exception exception, Terminal terminal)
    {
        terminal.Error.WriteLine(exception.ToString());
        return true;
    }

    /// <summary>Prints the version without the commit that the ordinary action appends.</summary>
    private sealed class VersionAction : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            string version = typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
            parseResult.InvocationConfiguration.Output.WriteLine($"consensus {version.Split('+')[0]}");
            return ExitCode.Success;
        }
    }

    private static string NameOf(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "" : $"{parsed.CommandResult.Command.Name} ";
}
