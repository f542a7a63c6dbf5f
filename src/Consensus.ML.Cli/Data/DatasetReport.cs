using System.Text.Json.Serialization;
using Consensus.Imaging.Metrics;
using Consensus.ML.Cli.Output;
using Consensus.ML.Datasets;

namespace Consensus.ML.Cli.Data;

/// <summary>The output of <c>consensus dataset check --json</c>; data-schemas/dataset-check.schema.json describes it.</summary>
/// <param name="data">The value of --data.</param>
/// <param name="parts">The report of each task of a folder, or the report of a manifest, which has no task.</param>
internal sealed class DatasetReport(string data, IReadOnlyList<(string? Task, DatasetCheckReport Report)> parts)
{
    public int FormatVersion { get; } = 1;

    public string Data { get; } = data;

    /// <summary>The names of the tasks; empty for a manifest.</summary>
    public IReadOnlyList<string> Tasks { get; } = [.. parts.Select(part => part.Task).OfType<string>()];

    public int Cases { get; } = parts.Sum(part => part.Report.Cases);

    public int Errors { get; } = parts.Sum(part => part.Report.Problems.Count(problem => problem.Severity == ProblemSeverity.Error));

    public int Warnings { get; } = parts.Sum(part => part.Report.Problems.Count(problem => problem.Severity == ProblemSeverity.Warning));

    public IReadOnlyList<Problem> Problems { get; } =
    [
        .. parts.SelectMany(part => part.Report.Problems.Select(problem => new Problem(part.Task, problem))),
    ];

    /// <summary>What resizing leaves of the masks of each task, or of the manifest; a task without readable masks is left out.</summary>
    public IReadOnlyList<Sizes> Ceilings { get; } =
    [
        .. parts.Where(part => part.Report.Ceilings.Count > 0).Select(part => new Sizes(part.Task, part.Report.Ceilings)),
    ];

    [JsonIgnore]
    public string Summary
    {
        get
        {
            string cases = $"{Counted(Cases, "case")}{(Tasks.Count > 0 ? $" of {string.Join(", ", Tasks)}" : "")}";
            return Problems.Count == 0
                ? $"No problems in {cases}."
                : $"{Counted(Errors, "error")} and {Counted(Warnings, "warning")} in {cases}.";
        }
    }

    public static string Name(ProblemSeverity severity) => severity == ProblemSeverity.Error ? "error" : "warning";

    private static string Counted(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    /// <summary>What resizing leaves of the masks of a task.</summary>
    /// <param name="Task">The task; null for a manifest.</param>
    /// <param name="Ceilings">The means over cases, the smallest size first.</param>
    internal sealed record Sizes(string? Task, IReadOnlyList<ResizingCeiling> Ceilings)
    {
        [JsonIgnore]
        public string Line
        {
            get
            {
                IEnumerable<string> sizes = ResizingCeiling.UpToLossless(Ceilings).Select(
                    (ceiling, i) => $"{Formats.Score(ceiling.SoftDice)} at {ceiling.Size}{(i == 0 ? " pixels" : "")}");
                return $"{(Task is null ? "Resizing" : $"Of {Task}, resizing")} leaves a soft Dice of {string.Join(", ", sizes)}.";
            }
        }
    }

    internal sealed class Problem(string? task, DatasetProblem problem)
    {
        public string Severity { get; } = Name(problem.Severity);

        /// <summary>The kind in the spelling of the command, such as missing-file.</summary>
        public string Kind { get; } = string.Concat(problem.Kind.ToString()
            .Select((letter, i) => char.IsUpper(letter) ? $"{(i == 0 ? "" : "-")}{char.ToLowerInvariant(letter)}" : $"{letter}"));

        public string? Task { get; } = task;

        public string? Split { get; } = problem.Split;

        public string? Case { get; } = problem.Case;

        public string? File { get; } = problem.File;

        public string Message { get; } = problem.Message;

        public string Advice { get; } = problem.Advice;
    }
}
