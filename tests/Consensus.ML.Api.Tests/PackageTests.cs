using System.Diagnostics;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Api.Tests;

/// <summary>The library as its users get it: a package, installed into a project that knows nothing of this repository.</summary>
public sealed class PackageTests
{
    private const string Version = "0.0.0-test";

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_new_project_installs_the_package_and_there_saves_and_loads_a_model()
    {
        using var folder = new TemporaryFolder();
        string feed = folder["feed"], application = folder["application"];
        await Run(RepositoryFolder.Find(), "pack", "src/Consensus.ML", "-c", "Release", "-o", feed, $"-p:Version={Version}");
        Assert.Equal([Path.Combine(feed, $"Consensus.ML.{Version}.nupkg")], Directory.GetFiles(feed));

        Directory.CreateDirectory(application);
        File.WriteAllText(Path.Combine(application, "nuget.config"), $"""
            <configuration><packageSources><add key="consensus" value="{feed}" /></packageSources></configuration>
            """);
        File.WriteAllText(Path.Combine(application, "application.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <!-- The package under test must not stay in the user's cache; all others may come from there. -->
                <RestorePackagesPath>{folder["packages"]}</RestorePackagesPath>
                <RestoreFallbackFolders>{GlobalPackages()}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Consensus.ML" Version="{Version}" />
                <PackageReference Include="TorchSharp-cpu" Version="0.107.0" />
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(application, "Program.cs"), """
            using Consensus.ML;
            using Microsoft.ML;
            using Microsoft.ML.Data;

            // On a system with an older C++ library, only because the package was asked when the program began.
            Console.WriteLine($"torch first: {TorchSharp.torch.ones(3).sum().item<float>()}");
            PhantomDataset.Write("data", QubiqTask.Kidney, trainCases: 3, validationCases: 1, seed: 1, size: 40);
            var ml = new MLContext(seed: 1);
            IDataView train = ml.Data.LoadFromQubiq("data", QubiqTask.Kidney, QubiqSplit.Train);
            var options = ConsensusSegmentationEstimator.Options.Compact();
            options.Training = options.Training with { Steps = 1 };
            var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath").Append(ml.Transforms.NormalizeSlices("Image"))
                .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 32, width: 32)).Append(ml.Transforms.AugmentSlices("Features"))
                .Append(ml.Transforms.ConsensusSegment(options));
            var model = pipeline.Fit(train);
            ml.Model.Save(model, train.Schema, "model.zip");
            var loaded = new MLContext().Model.Load("model.zip", out _);
            bool same = model.Transform(train).GetColumn<float[]>("SoftMap").Zip(loaded.Transform(train).GetColumn<float[]>("SoftMap")).All(pair => pair.First.SequenceEqual(pair.Second));
            Console.WriteLine(same ? "the same maps" : "other maps");
            """);
        string output = await Run(application, "run", "-c", "Release");
        Assert.Contains("torch first: 3", output, StringComparison.Ordinal);
        Assert.Contains("the same maps", output, StringComparison.Ordinal);
    }

    private static string GlobalPackages() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named ? named : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private static async Task<string> Run(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using ChildProcess process = ChildProcess.Start(start);
        (int code, string output, string errors) = await process.FinishAsync();
        Assert.True(code == 0, $"dotnet {string.Join(' ', arguments)}: {output}{errors}");
        return output;
    }
}
