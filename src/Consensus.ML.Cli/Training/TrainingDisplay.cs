using System.Globalization;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Options;
using Spectre.Console;

namespace Consensus.ML.Cli.Training;

/// <summary>Shows the progress of a training: a bar on a terminal, otherwise a line every few seconds.</summary>
internal sealed class TrainingDisplay(Terminal terminal) : IProgress<TrainingProgress>
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    private ProgressTask? _bar;
    private string? _lastLine;
    private TimeSpan _lastTime;

    /// <summary>The latest report; null before the first step is done.</summary>
    public TrainingProgress? Latest { get; private set; }

    /// <summary>Runs the training inside the display.</summary>
    public T Show<T>(Func<T> train)
    {
        if (!terminal.IsInteractive)
        {
            return train();
        }

        return terminal.Console.Progress()
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context =>
            {
                _bar = context.AddTask("reading cases");
                try
                {
                    return train();
                }
                finally
                {
                    _bar.StopTask();
                    _bar = null;
                }
            });
    }

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        Latest = value;
        if (_bar is not null)
        {
            _bar.Value = 100 * value.Fraction;
            _bar.Description = Markup.Escape(Describe(value));
        }
        else if (!terminal.IsInteractive && (_lastLine is null || value.Elapsed - _lastTime >= BetweenLines || value.Fraction >= 1))
        {
            string line = string.Create(CultureInfo.InvariantCulture, $"{100 * value.Fraction,3:0} %  {Describe(value)}");
            if (line != _lastLine)
            {
                terminal.Out.WriteLine(line);
                terminal.Out.Flush();
            }

            (_lastLine, _lastTime) = (line, value.Elapsed);
        }
    }

    private static string Describe(TrainingProgress value)
    {
        string score = value.ValidationScore is double latest
            ? $"  validation {Formats.Score(latest)} (best {Formats.Score(value.BestValidationScore ?? latest)})"
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"step {value.Step}  loss {value.Loss:0.0000}{score}  {Formats.Duration(value.Remaining)} left");
    }
}
