using System.Diagnostics;

namespace Consensus.ML.Api.Tests;

/// <summary>Runs a sample as a user does, as a process of its own.</summary>
internal static class SampleRun
{
    /// <summary>Runs a sample to its end, which must be a good one.</summary>
    /// <param name="folder">Where it writes.</param>
    /// <param name="sample">Its name.</param>
    /// <param name="args">Small settings.</param>
    /// <returns>What it printed.</returns>
    public static async Task<string> InFolder(TemporaryFolder folder, string sample, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, $"{sample}.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["TMPDIR"] = folder.Path },
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await errors);
        return output;
    }
}
