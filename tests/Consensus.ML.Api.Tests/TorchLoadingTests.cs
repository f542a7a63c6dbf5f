using System.Diagnostics;
using Consensus.ML.Machine;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Api.Tests;

/// <summary>How libtorch gets into a process. Each test looks at a separate process, because a process loads it only once.</summary>
public sealed class TorchLoadingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("load")]
    [InlineData("first-use")]
    public async Task A_program_of_TorchSharp_works_once_the_library_was_asked_to_load_it(string how)
    {
        (int code, string output) = await Run(how);
        Assert.True(code == 0, output);
        Assert.Contains("sum 12", output, StringComparison.Ordinal);

        // Loading writes nothing, and leaves nothing behind.
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Torch_that_was_used_too_early_is_explained_in_one_line()
    {
        Assert.SkipWhen(RuntimeInfo.Collect("cpu").AdaptedNativeLibrary is null, "On this system TorchSharp's library loads by itself.");
        (int code, string output) = await Run("torch");
        Assert.Equal(1, code);
        string line = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.StartsWith(
            "InvalidOperationException: TorchSharp was used in this process before Consensus.ML was", line, StringComparison.Ordinal);
        Assert.Contains(
            "Make Consensus.ML.Torch.Runtime.TorchRuntime.Load() the first line of the program", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("load", null, null, "2000")]
    [InlineData("first-use", null, null, "2000")]
    [InlineData("load", "GOMP_SPINCOUNT", "77", "77")]
    [InlineData("load", "OMP_WAIT_POLICY", "PASSIVE", "0")]
    [InlineData("load", "OMP_NUM_THREADS", "1", "2000")]
    public async Task Threads_that_wait_for_each_other_soon_sleep_unless_the_user_has_said_how_they_wait(
        string how,
        string? variable,
        string? value,
        string expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Torch uses GNU's OpenMP library on Linux.");
        (int code, string output) = await Run(how, ("OMP_DISPLAY_ENV", "VERBOSE"), (variable ?? "UNUSED", value ?? ""));
        Assert.True(code == 0, output);
        Assert.Contains($"GOMP_SPINCOUNT = '{expected}'", output, StringComparison.Ordinal);

        // The process itself has the variables that it was started with.
        Assert.Contains($"variable '{(variable == "GOMP_SPINCOUNT" ? value : "")}'", output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Runs the program with its own writable folders. TorchSharp finds no folder from which it could copy libtorch.
    /// </summary>
    private async Task<(int Code, string Output)> Run(string how, params (string Name, string Value)[] variables)
    {
        var start =
            new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "Consensus.ML.Api.Tests.TorchFirst.dll"), how])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
        foreach (string name in new[] { "HOME", "TMPDIR", "XDG_CACHE_HOME" })
        {
            start.Environment[name] = _folder.Path;
        }

        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // its sockets are in the temporary folder
        start.Environment["NUGET_PACKAGES"] = _folder["nowhere"];
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        using ChildProcess process = ChildProcess.Start(start);
        (int code, string output, string error) = await process.FinishAsync();
        return (code, error + output);
    }
}
