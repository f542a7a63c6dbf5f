using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Api.Tests;

/// <summary>
/// Which libtorch each project asks for. The package for GPUs is not installed here: MSBuild only evaluates the projects.
/// </summary>
public sealed class BackendTests
{
    [Fact]
    [Trait("Category", "Slow")]
    public async Task The_build_property_chooses_libtorch_for_every_application_and_changes_nothing_else()
    {
        string[] projects = [.. Directory.EnumerateFiles(RepositoryFolder.Find(), "*.csproj", SearchOption.AllDirectories)];
        string[] applications = [.. projects.Where(project => Regex.IsMatch(File.ReadAllText(project), "<OutputType>Exe<")
            && !project.EndsWith("Consensus.ML.Build.csproj", StringComparison.Ordinal))];
        Assert.True(applications.Length >= 9);
        string gpu = OperatingSystem.IsWindows() ? "TorchSharp-cuda-windows" : "TorchSharp-cuda-linux";
        foreach (string project in projects)
        {
            string[] cpuPackages = await Packages(project, "cpu"), cudaPackages = await Packages(project, "cuda");
            string[] expectedCpu = applications.Contains(project) ? ["TorchSharp-cpu"] : [],
                expectedCuda = applications.Contains(project) ? [gpu] : [];
            Assert.Equal(expectedCpu, cpuPackages.Where(IsNative));
            Assert.Equal(expectedCuda, cudaPackages.Where(IsNative));
            Assert.Equal(cpuPackages.Where(name => !IsNative(name)), cudaPackages.Where(name => !IsNative(name)));
        }

        static bool IsNative(string package) => package.StartsWith("TorchSharp-", StringComparison.Ordinal);
    }

    /// <summary>The packages that the project itself refers to, in order.</summary>
    private static async Task<string[]> Packages(string project, string backend)
    {
        var start = new ProcessStartInfo("dotnet", ["msbuild", project, "-getItem:PackageReference", $"-p:TorchBackend={backend}"])
        {
            RedirectStandardOutput = true,
        };
        using ChildProcess process = ChildProcess.Start(start);
        (int code, string output, _) = await process.FinishAsync();
        Assert.Equal(0, code);
        using JsonDocument document = JsonDocument.Parse(output);
        return [.. document.RootElement.GetProperty("Items")
            .GetProperty("PackageReference")
            .EnumerateArray()
            .Select(item => item.GetProperty("Identity").GetString()!)
            .Order(StringComparer.Ordinal)];
    }
}
