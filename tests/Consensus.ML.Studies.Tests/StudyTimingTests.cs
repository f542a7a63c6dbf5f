using Consensus.Imaging.Cases;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Running;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using TorchSharp;

namespace Consensus.ML.Studies.Tests;

/// <summary>How long a study takes follows from a measured step; the preset Paper is the paper's protocol.</summary>
public sealed class StudyTimingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StudyOptions _options;

    public StudyTimingTests()
    {
        RaterCase[] cases = [.. Enumerable.Range(0, 25).Select(i => new RaterCase($"case{i}", $"{i}.png", [$"{i}_1.png", $"{i}_2.png"]))];
        _options = new()
        {
            Folder = _folder["study"], DataName = "made up", Folds = [new("val", cases[..20], cases[20..])], Levels = 3, Seeds = [1, 2],
            Methods = [StudyMethods.Consensus], CurveGenerations = 0,
        };
    }

    public void Dispose() => _folder.Dispose();

    // Compact: 2000 steps of 0.5 s; 10 validations of 2 of the 20 cases, each one view of 2 s and one generation of two passes of 3 s:
    // 1000 + 10 · 2 · (2 + 2 · 3) = 1160 s. A map has four views and four generations of one pass: 4 · 2 + 4 · 3 = 20 s. All of so
    // few cases are trained on, unless the study sets some aside.
    [Fact]
    public void Steps_validations_and_maps_add_up()
    {
        Assert.Equal(1000, Estimate(_options, StudyMethods.Consensus).TrainingSeconds);
        MethodEstimate found = Estimate(_options with { ValidationFraction = 0.1 }, StudyMethods.Consensus);

        Assert.Equal(
            new MethodEstimate("consensus", Trainings: 2, StepSeconds: 0.5, TrainingSeconds: 1160, Cases: 10, CaseSeconds: 20), found);
        Assert.Equal(TimeSpan.FromSeconds((2 * 1160) + (10 * 20)), found.Total);
        Assert.Equal(found.Total * 2, new StudyEstimate([found, found]).Total);
    }

    // The paper: 100 000 steps; a validation has four generations of 25 steps: 50 000 + 10 · 2 · (2 + 100 · 3) = 56 040 s. A map has 25
    // generations of 100 steps, and the curve as many again: 2 · (2 + 2500 · 3).
    [Fact]
    public void The_papers_protocol_takes_its_time()
    {
        MethodEstimate found = Estimate(_options with { Preset = StudyPreset.Paper, CurveGenerations = 25 }, StudyMethods.Consensus);

        Assert.Equal((56_040, 15_004), (found.TrainingSeconds, found.CaseSeconds));
    }

    [Fact]
    public void A_limit_of_time_is_the_time_of_a_training() =>
        Assert.Equal(900, Estimate(_options with { TimeLimit = TimeSpan.FromMinutes(15) }, StudyMethods.Levels).TrainingSeconds);

    [Fact]
    public void What_is_done_takes_no_time()
    {
        RunFolder first = StudyFolder.FilesOf(_options.Folder, new(StudyMethods.Consensus, _options.Folds[0], 1));
        Directory.CreateDirectory(Path.GetDirectoryName(first.Case("case20"))!);
        foreach (string file in (string[])[first.Training, first.Model, first.Case("case20"), first.Maps("case20")])
        {
            File.WriteAllText(file, "");
        }

        MethodEstimate found = Estimate(_options, StudyMethods.Consensus);

        Assert.Equal((1, 9), (found.Trainings, found.Cases));
    }

    /// <summary>The paper (METHOD.md): L = 128, seven levels, 8 RRDB blocks, noise predicted, 2e-5, 25 generations of 100 steps.</summary>
    [Fact]
    public void The_preset_Paper_is_the_papers_protocol()
    {
        var recipe = new StudyRecipe { Levels = 7, Preset = StudyPreset.Paper };
        foreach (StudyMethod method in StudyMethods.TrainingTargets)
        {
            IReadOnlyDictionary<string, string> settings = method.Settings(recipe);
            AssertSettings(settings, ("Network.ModelChannels", "128"), ("Network.ChannelMultipliers", "[1,1,1,2,2,4,4]"),
                ("Network.ResidualBlocks", "3"), ("Network.EncoderBlocks", "8"), ("Diffusion.Steps", "100"),
                ("Diffusion.LearnedVariance", "true"), ("Training.LearningRate", "2E-05"), ("Training.BatchSize", "4"),
                ("Training.Steps", "100000"), ("Training.EmaDecay", "0.9999"), ("Sampling.Generations", "25"));
            Assert.Contains("mbedding", settings["Network.LevelConditioning"], StringComparison.Ordinal);
        }

        AssertSettings(
            StudyMethods.Levels.Settings(recipe), ("Network.ModelChannels", "128"), ("Network.ResidualBlocks", "3"),
            ("Training.Steps", "100000"));
        Assert.Contains("consensus-by-level", Assert.Throws<ArgumentException>(() => Study.List(_options with
        {
            Preset = StudyPreset.Paper, Methods = [StudyMethods.Consensus, StudyMethods.ConsensusByLevel],
        })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_study_is_timed_by_a_few_steps_and_leaves_nothing()
    {
        PhantomDataset.Write(_folder["data"], QubiqTask.Kidney, trainCases: 3, validationCases: 1, seed: 7, size: 32);
        StudyOptions options = _options with
        {
            Folds = [new("val", List(QubiqSplit.Train), List(QubiqSplit.Validation))],
            Methods = [StudyMethods.Consensus, StudyMethods.Levels],
            Size = 32,
        };
        var ml = new MLContext();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        StudyEstimate found = Study.Estimate(ml, options);

        Assert.Equal(["consensus", "level-unet"], found.Methods.Select(method => method.Method));
        Assert.All(found.Methods, method => Assert.True(
            method is { StepSeconds: > 0, CaseSeconds: > 0, Trainings: 2, Cases: 2 }
                && method.TrainingSeconds >= 2000 * method.StepSeconds, $"{method}"));
        Assert.False(Directory.Exists(options.Folder));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        IReadOnlyList<RaterCase> List(QubiqSplit split) => QubiqDataset.List(_folder["data"], QubiqTask.Kidney, split).Cases;
    }

    /// <summary>The published network from end to end, at the smallest size that it takes: two cases, one step, one generation.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void A_study_with_the_preset_Paper_runs_to_its_report()
    {
        PhantomDataset.Write(_folder["data"], QubiqTask.Kidney, trainCases: 2, validationCases: 1, seed: 7, size: 64);
        StudyOptions options = _options with
        {
            Preset = StudyPreset.Paper,
            Folds = [new("val", List(QubiqSplit.Train), List(QubiqSplit.Validation))],
            Seeds = [0],
            Steps = 1,
            Generations = 1,
            Size = 64,
        };

        Study.Run(new MLContext(), options);

        Assert.True(File.Exists(Path.Combine(options.Folder, "report.html")));
        Assert.Contains("Preset", File.ReadAllText(Path.Combine(options.Folder, "study.json")), StringComparison.Ordinal);

        IReadOnlyList<RaterCase> List(QubiqSplit split) => QubiqDataset.List(_folder["data"], QubiqTask.Kidney, split).Cases;
    }

    private static MethodEstimate Estimate(StudyOptions options, StudyMethod method) =>
        StudyTiming.Estimate(options, method, new(Step: 0.5, Views: 2, Pass: 3));

    private static void AssertSettings(IReadOnlyDictionary<string, string> settings, params (string Name, string Value)[] expected) =>
        Assert.All(expected, pair => Assert.Equal(pair.Value, settings[pair.Name]));
}
