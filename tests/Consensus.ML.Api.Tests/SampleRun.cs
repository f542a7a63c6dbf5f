using System.Diagnostics;
using Consensus.ML.Tests.Shared;

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
        using ChildProcess process = ChildProcess.Start(start);
        (int code, string output, string errors) = await process.FinishAsync();
        Assert.True(code == 0, errors);
        return output;
    }
}
