using System.Diagnostics;

namespace Consensus.ML.Tests.Shared;

/// <summary>
/// A process that a test starts. No test waits for it for ever: after some time, it is killed together with the processes that it started,
/// and the waiting method throws.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    /// <summary>Many times longer than the slowest process takes on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private readonly string _what;
    private readonly TimeSpan _patience;
    private readonly Timer _timer;
    private volatile bool _timedOut;

    private ChildProcess(Process process, string what, TimeSpan patience)
    {
        (Process, _what, _patience) = (process, what, patience);
        _timer = new Timer(_ => TimeOut(), null, patience, Timeout.InfiniteTimeSpan);
    }

    public Process Process { get; }

    /// <summary>Starts a process.</summary>
    /// <param name="start">The program and how to start it.</param>
    /// <param name="patience">The time after which it is killed; by default a quarter of an hour.</param>
    public static ChildProcess Start(ProcessStartInfo start, TimeSpan? patience = null)
    {
        string what = string.Join(' ', start.ArgumentList.Prepend(start.FileName));
        return new(Process.Start(start)!, what, patience ?? Patience);
    }

    /// <summary>Runs a program to its end.</summary>
    public static int Run(string program, params string[] arguments)
    {
        using ChildProcess process = Start(new ProcessStartInfo(program, arguments));
        return process.WaitForExit();
    }

    /// <summary>Waits for the end of the process, and returns its exit code.</summary>
    /// <exception cref="TimeoutException">It had to be killed.</exception>
    public int WaitForExit()
    {
        Process.WaitForExit();
        return _timedOut ? throw new TimeoutException($"'{_what}' was killed: it had not ended after {_patience}.") : Process.ExitCode;
    }

    /// <summary>Waits for the end of the process. Returns its exit code, and its output on the redirected streams.</summary>
    /// <exception cref="TimeoutException">It had to be killed.</exception>
    public async Task<(int Code, string Out, string Error)> FinishAsync()
    {
        Task<string> output = Rest(Process.StartInfo.RedirectStandardOutput, () => Process.StandardOutput);
        Task<string> error = Rest(Process.StartInfo.RedirectStandardError, () => Process.StandardError);
        await Task.WhenAll(output, error);
        return (WaitForExit(), await output, await error);
    }

    /// <inheritdoc cref="FinishAsync"/>
    public (int Code, string Out, string Error) Finish() => FinishAsync().GetAwaiter().GetResult();

    /// <summary>Kills the process if it is running.</summary>
    public void Kill()
    {
        try
        {
            Process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }

        Process.WaitForExit();
    }

    public void Dispose()
    {
        _timer.Dispose();
        if (!Process.HasExited)
        {
            Kill();
        }

        Process.Dispose();
    }

    private static Task<string> Rest(bool isRedirected, Func<StreamReader> stream) =>
        isRedirected ? stream().ReadToEndAsync() : Task.FromResult("");

    private void TimeOut()
    {
        try
        {
            _timedOut = !Process.HasExited;
            Process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended just before.
        }
    }
}
