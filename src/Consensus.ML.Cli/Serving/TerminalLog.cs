using Consensus.ML.Cli.Shell;
using Microsoft.Extensions.Logging;

namespace Consensus.ML.Cli.Serving;

/// <summary>Prints what a server logs: warnings and errors, with the exception where there is one.</summary>
internal sealed class TerminalLog(Terminal terminal) : ILoggerProvider, ILogger
{
    private readonly Lock _lock = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        string line = formatter(state, exception);
        lock (_lock)
        {
            if (logLevel >= LogLevel.Warning)
            {
                terminal.Warn(exception is null ? line : $"{line} {exception}");
            }
            else
            {
                terminal.Error.WriteLine(line);
            }
        }
    }

    public void Dispose()
    {
    }
}
