using System.Globalization;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Studies.Planning;
using Spectre.Console;

namespace Consensus.ML.Cli.Studies;

/// <summary>
/// Shows the progress of a study: one line that is overwritten on a terminal, otherwise a line at the start of each stage, one for the
/// first training step, and then one every half minute.
/// </summary>
internal sealed class StudyDisplay(Terminal terminal) : IProgress<StudyProgress>
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(30);

    private StatusContext? _status;
    private StudyStage? _stage;
    private int _run;
    private bool _hasStep;
    private TimeSpan _last;

    /// <summary>Runs the study inside the display.</summary>
    public T Show<T>(Func<T> run) => !terminal.IsInteractive ? run() : terminal.Console.Status().Start("reading the cases", context =>
    {
        _status = context;
        try
        {
            return run();
        }
        finally
        {
            _status = null;
        }
    });

    /// <inheritdoc/>
    public void Report(StudyProgress value)
    {
        string where = value.Stage switch
        {
            StudyStage.Reporting => "writing the report",
            StudyStage.Waiting when value.Runs == 0 => "waiting for another process to write the study's record",
            StudyStage.Waiting => $"waiting for other processes: {value.Run}/{value.Runs} {value.Method}, {value.Fold}, seed {value.Seed}",
            _ => $"{value.Run}/{value.Runs} {value.Method}, {value.Fold}, seed {value.Seed}: {Describe(value)}",
        };
        if (_status is not null)
        {
            _status.Status(Markup.Escape(where));
            return;
        }

        bool isNew = value.Stage != _stage || value.Run != _run || value.Training is not null != _hasStep;
        TimeSpan elapsed = value.Training?.Elapsed ?? TimeSpan.Zero;
        if (isNew || elapsed - _last >= BetweenLines || (value.Stage == StudyStage.Evaluating && value.CasesDone == value.Cases))
        {
            terminal.Out.WriteLine(where);
            terminal.Out.Flush();
            (_stage, _run, _hasStep, _last) = (value.Stage, value.Run, value.Training is not null, elapsed);
        }
    }

    private static string Describe(StudyProgress value) => value switch
    {
        { Stage: StudyStage.Evaluating } => $"{value.CasesDone} of {value.Cases} cases scored",
        { Training: { } training } => string.Create(
            CultureInfo.InvariantCulture,
            $"{100 * training.Fraction:0} %, step {training.Step}, loss {training.Loss:0.0000}"
            + $"{(training.BestValidationScore is double best ? $", validation {Formats.Score(best)}" : "")}, "
            + $"{Formats.Duration(training.Remaining)} left"),
        _ => "training",
    };
}
