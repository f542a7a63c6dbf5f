using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using System.Xml.Linq;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Api.Tests;

/// <summary>The library as its users get it: a package, installed into a project that does not know this repository.</summary>
public sealed class PackageTests
{
    private const string Version = "0.0.0-test";

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_new_project_installs_the_package_and_there_saves_and_loads_a_model()
    {
        using var folder = new TemporaryFolder();
        string feed = folder["feed"], application = folder["application"];
        foreach (string library in (string[])["Consensus.Imaging", "Consensus.ML"])
        {
            await Run(RepositoryFolder.Find(), "pack", $"src/{library}", "-c", "Release", "-o", feed, $"-p:Version={Version}");
        }

        Assert.Equal(
            [
                $"Consensus.Imaging.{Version}.nupkg", $"Consensus.Imaging.{Version}.snupkg",
                $"Consensus.ML.{Version}.nupkg", $"Consensus.ML.{Version}.snupkg",
            ],
            Directory.GetFiles(feed).Select(Path.GetFileName).Order(StringComparer.Ordinal));

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
            using Consensus.ML.Datasets;
            using Consensus.ML.Datasets.Phantom;
            using Consensus.ML.Segmentation;
            using Microsoft.ML;
            using Microsoft.ML.Data;

            // On a system with an older C++ library, this works only because the package was asked when the program began.
            Console.WriteLine($"torch first: {TorchSharp.torch.ones(3).sum().item<float>()}");
            PhantomDataset.Write("data", QubiqTask.Kidney, trainCases: 3, validationCases: 1, seed: 1, size: 40);
            var ml = new MLContext(seed: 1);
            IDataView train = ml.Data.LoadFromQubiq("data", QubiqTask.Kidney, QubiqSplit.Train);
            var options = ConsensusSegmentationEstimator.Options.Compact();
            options.Training = options.Training with { Steps = 1 };
            var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath").Append(ml.Transforms.NormalizeSlices("Image"))
                .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 32, width: 32))
                .Append(ml.Transforms.AugmentSlices("Features"))
                .Append(ml.Transforms.ConsensusSegment(options));
            var model = pipeline.Fit(train);
            ml.Model.Save(model, train.Schema, "model.zip");
            var loaded = new MLContext().Model.Load("model.zip", out _);
            var before = model.Transform(train).GetColumn<float[]>("SoftMap");
            var after = loaded.Transform(train).GetColumn<float[]>("SoftMap");
            bool same = before.Zip(after).All(pair => pair.First.SequenceEqual(pair.Second));
            Console.WriteLine(same ? "the same maps" : "other maps");
            """);
        string output = await Run(application, "run", "-c", "Release");
        Assert.Contains("torch first: 3", output, StringComparison.Ordinal);
        Assert.Contains("the same maps", output, StringComparison.Ordinal);
    }

    /// <summary>Where a package relies on something without a contract, it asks for exactly the version that it was built with.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public async Task Packages_ask_for_torch_and_for_each_other_in_one_version()
    {
        using var folder = new TemporaryFolder();
        foreach ((string project, string? below) in ((string, string?)[])
            [("Consensus.Imaging", null), ("Consensus.ML", "Consensus.Imaging"), ("Consensus.ML.Studies", "Consensus.ML")])
        {
            await Run(RepositoryFolder.Find(), "pack", $"src/{project}", "-c", "Release", "-o", folder.Root, $"-p:Version={Version}");
            using ZipArchive package = ZipFile.OpenRead(folder[$"{project}.{Version}.nupkg"]);
            XElement specification = await Specification(package, $"{project}.nuspec");
            Dictionary<string, string> dependencies = specification.Descendants()
                .Where(element => element.Name.LocalName == "dependency")
                .ToDictionary(element => (string)element.Attribute("id")!, element => (string)element.Attribute("version")!);
            bool knowsTorch = project != "Consensus.Imaging";
            Assert.Equal(knowsTorch ? "[0.107.0]" : null, dependencies.GetValueOrDefault("TorchSharp"));
            Assert.Equal(knowsTorch ? "[5.0.1, 6.0.0)" : null, dependencies.GetValueOrDefault("Microsoft.ML"));
            if (below is not null)
            {
                Assert.Equal($"[{Version}]", dependencies[below]);
            }

            Assert.DoesNotContain(RepositoryFolder.Find(), specification.ToString(), StringComparison.Ordinal);

            using ZipArchive symbols = ZipFile.OpenRead(folder[$"{project}.{Version}.snupkg"]);
            Assert.Contains($"lib/net10.0/{project}.pdb", symbols.Entries.Select(entry => entry.FullName));
        }
    }

    /// <summary>Every project has its lock file. It lists packages of fixed content, and nothing from the machine that wrote it.</summary>
    [Fact]
    public void Every_project_has_a_lock_file_that_names_no_machine()
    {
        string repository = RepositoryFolder.Find();
        string[] projects = [.. Directory.EnumerateFiles(repository, "*.csproj", SearchOption.AllDirectories)];
        Assert.True(projects.Length >= 15);
        foreach (string project in projects)
        {
            string text = File.ReadAllText(Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json"));
            using JsonDocument locked = JsonDocument.Parse(text);
            Assert.Equal(["net10.0"], locked.RootElement.GetProperty("dependencies").EnumerateObject().Select(target => target.Name));
            foreach (JsonProperty package in locked.RootElement.GetProperty("dependencies").GetProperty("net10.0").EnumerateObject())
            {
                bool ours = package.Value.GetProperty("type").GetString() == "Project";
                Assert.True(ours || package.Value.GetProperty("contentHash").GetString()!.Length == 88, $"{package.Name} in {project}");
            }

            Assert.DoesNotContain("://", text, StringComparison.Ordinal);
            Assert.DoesNotContain(repository, text, StringComparison.Ordinal);
        }
    }

    private static async Task<XElement> Specification(ZipArchive package, string name)
    {
        await using Stream stream = await package.GetEntry(name)!.OpenAsync(TestContext.Current.CancellationToken);
        return await XElement.LoadAsync(stream, LoadOptions.None, TestContext.Current.CancellationToken);
    }

    private static string GlobalPackages() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    internal static async Task<string> Run(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using ChildProcess process = ChildProcess.Start(start);
        (int code, string output, string errors) = await process.FinishAsync();
        Assert.True(code == 0, $"dotnet {string.Join(' ', arguments)}: {output}{errors}");
        return output;
    }
}
