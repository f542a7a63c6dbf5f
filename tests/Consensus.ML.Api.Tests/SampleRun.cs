using System.Diagnostics;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Api.Tests;

/// <summary>Runs a sample as a user does, as a separate process.</summary>
internal static class SampleRun
{
    /// <summary>Runs a sample to its end, which must be a success.</summary>
    /// <param name="folder">The current directory of the sample.</param>
    /// <param name="sample">Its name.</param>
    /// <param name="args">Its arguments: a folder and how long it trains.</param>
    /// <returns>What it printed.</returns>
    public static async Task<string> InFolder(TemporaryFolder folder, string sample, params string[] args)
    {
        (int code, string output, string errors) = await Run(folder, sample, args);
        Assert.True(code == 0, errors);
        return output;
    }

    /// <summary>Runs a sample until it ends, with success or an error.</summary>
    /// <param name="folder">The current directory of the sample.</param>
    /// <param name="sample">Its name.</param>
    /// <param name="args">Its arguments.</param>
    /// <returns>Its exit code, and its error output.</returns>
    public static async Task<(int Code, string Errors)> Failing(TemporaryFolder folder, string sample, params string[] args)
    {
        (int code, _, string errors) = await Run(folder, sample, args);
        return (code, errors);
    }

    private static async Task<(int Code, string Output, string Errors)> Run(TemporaryFolder folder, string sample, string[] args)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, $"{sample}.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Root,
        };
        using ChildProcess process = ChildProcess.Start(start);
        return await process.FinishAsync();
    }
}
