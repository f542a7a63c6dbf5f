using System.Globalization;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Studies.Planning;
using Spectre.Console;

namespace Consensus.ML.Cli.Studies;

/// <summary>The tasks of a study: listed, or done in shares.</summary>
internal static class StudyTasks
{
    /// <summary>Prints the tasks as a table or as JSON; study-tasks.schema.json describes it.</summary>
    public static void Print(Terminal terminal, IReadOnlyList<StudyTask> tasks, bool json)
    {
        if (json)
        {
            terminal.Out.WriteLine(JsonOutput.Text(new TaskList(1, tasks)));
            return;
        }

        var table = new Table { Border = TableBorder.Simple };
        foreach (string name in (string[])["task", "method", "fold", "seed", "done"])
        {
            table.AddColumn(name);
        }

        foreach (StudyTask task in tasks)
        {
            table.AddRow(
                task.Index.ToString(CultureInfo.InvariantCulture), Markup.Escape(task.Method), Markup.Escape(task.Fold),
                task.Seed.ToString(CultureInfo.InvariantCulture), task.IsDone ? "yes" : "no");
        }

        terminal.Console.Write(table);
        terminal.Out.WriteLine($"{Count(tasks.Count(task => task.IsDone))} of {tasks.Count} done.");
    }

    /// <summary>Does the tasks of a shard, and says how it ended.</summary>
    /// <param name="terminal">Where to print.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="options">The study.</param>
    /// <param name="work">Does the tasks.</param>
    /// <returns>The exit code.</returns>
    public static int Run(Terminal terminal, Shard shard, StudyOptions options, Func<IReadOnlyList<StudyTask>> work)
    {
        int all = options.Methods.Count * options.Folds.Count * options.Seeds.Count;
        terminal.Out.WriteLine($"Shard {shard} ({shard.Origin}): {shard.Of([.. Enumerable.Range(0, all)]).Count} of {Count(all)}");
        IReadOnlyList<StudyTask> tasks = work();
        int open = tasks.Count(task => !task.IsDone);
        terminal.Out.WriteLine(open == 0
            ? $"{Count(tasks.Count)} done. When all are, 'consensus merge {NameText.Printable(options.Folder)}' writes the results."
            : $"{Count(tasks.Count - open)} done, {open} left that another process works on (the same command goes on)");
        return open == 0 ? ExitCode.Success : ExitCode.TryAgain;
    }

    private static string Count(int tasks) => tasks == 1 ? "1 task" : string.Create(CultureInfo.InvariantCulture, $"{tasks} tasks");

    internal sealed record TaskList(int FormatVersion, IReadOnlyList<StudyTask> Tasks);
}
