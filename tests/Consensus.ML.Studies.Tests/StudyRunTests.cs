using System.Collections.Concurrent;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;
using Consensus.Imaging.Storage;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Evaluation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Running;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms;
using Microsoft.ML;
using TorchSharp;

namespace Consensus.ML.Studies.Tests;

/// <summary>Whole studies with trainings of a few steps. Finished work is kept and not done again.</summary>
public sealed class StudyRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StudyOptions _options;

    public StudyRunTests()
    {
        PhantomDataset.Write(_folder["data"], QubiqTask.Kidney, trainCases: 3, validationCases: 2, seed: 7, size: 32);
        _options = new()
        {
            Folder = _folder["study"],
            DataName = "kidney",
            Folds = [new("val", List(QubiqSplit.Train), List(QubiqSplit.Validation))],
            Levels = 3,
            Methods = [StudyMethods.Consensus, StudyMethods.Levels],
            Steps = 2,
            Size = 32,
            Generations = 1,
            CurveGenerations = 2,
        };
    }

    [Fact]
    public void A_study_leaves_a_report_a_table_and_results_and_goes_on_with_what_is_added()
    {
        StudyResults results = Study.Run(new MLContext(), _options);
        Assert.Equal(["consensus", "level-unet"], results.Methods.Select(method => method.Name));
        Assert.Equal("consensus", results.Reference.Name);
        string[] table = File.ReadAllLines(Path.Combine(_options.Folder, "results.csv"));
        Assert.Equal(5, table.Length);
        Assert.StartsWith(
            "Method,Fold,Seed,Case,Height,Width,Raters,PredictionMs,DistanceUnit,SoftDice5,SoftDice9,DiceAt0.1,",
            table[0],
            StringComparison.Ordinal);
        Assert.StartsWith("consensus,val,0,case01,32,32,3,", table[1], StringComparison.Ordinal);
        Assert.All(table, line => Assert.Equal(table[0].Split(',').Length, line.Split(',').Length));
        StudySchemas.AssertFits(_options.Folder);
        Assert.True(File.Exists(Path.Combine(_options.Folder, "report.html")));

        // The score in the table is the score that the library gives the saved model.
        var ml = new MLContext();
        ITransformer model = ml.Model.Load(Run("level-unet", "model.zip"), out _);
        var drawing = ml.Transforms.DrawRaterMasks().Fit(model.Transform(ml.Data.LoadFromCases(_options.Folds[0].Training)));
        IDataView predicted = drawing.Transform(model.Transform(ml.Data.LoadFromCases(_options.Folds[0].Evaluation)));
        CaseMetrics[] scores = [.. ml.Segmentation.Evaluate(predicted).Cases];
        (model as IDisposable)?.Dispose();
        Assert.Equal(scores.Select(row => row.SoftDice5), results.Methods[1].Runs[0].Cases.Select(row => row.Scores["SoftDice5"]));
        Assert.Equal(
            scores.Select(row => row.HausdorffDistance95),
            results.Methods[1].Runs[0].Cases.Select(row => row.Scores["HausdorffDistance95"]));
        Assert.Equal(
            scores.Select(row => row.GeneralizedEnergyDistance),
            results.Methods[1].Runs[0].Cases.Select(row => row.Scores["GeneralizedEnergyDistance"]));
        Assert.All(scores, row => Assert.False(double.IsNaN(row.DrawnEnergyDistance)));
        Assert.Equal(
            scores.Select(row => row.DrawnEnergyDistance),
            results.Methods[1].Runs[0].Cases.Select(row => row.Scores["DrawnEnergyDistance"]));

        // Whether maps find their own errors is what the library says of the same scores.
        CaseRiskCoverage trust = results.Methods[1].CaseRiskCoverage;
        Assert.Equal(new SegmentationMetrics(scores).CaseRiskCoverage, trust);
        Assert.InRange(trust.Excess, 0, trust.Area);
        Assert.Contains(
            "Whether maps find their own errors", File.ReadAllText(Path.Combine(_options.Folder, "report.html")), StringComparison.Ordinal);

        // So are the scores against each rater.
        Assert.Equal(["1", "2", "3"], results.Methods[1].Raters.Select(rater => rater.Name));
        Assert.Equal(new SegmentationMetrics(scores).Raters, results.Methods[1].Raters);
        Assert.Contains(
            "Each method beside each rater", File.ReadAllText(Path.Combine(_options.Folder, "report.html")), StringComparison.Ordinal);

        // The curve agrees with the headline score at the same number of generations.
        Assert.All(results.Methods[0].Runs[0].Cases, row => Assert.Equal(row.Scores["SoftDice5"], row.Generations[0].SoftDice5, 0.02));
        Assert.False(Directory.Exists(Run("consensus", "checkpoints")));
        Assert.True(File.Exists(Run("consensus", "cases/case02_steps.png")));

        Dictionary<string, DateTime> before = Times();
        Assert.Contains(
            "holds a study already",
            Assert.Throws<InvalidOperationException>(() => Study.Run(new MLContext(), _options)).Message,
            StringComparison.Ordinal);
        StudyResults more = Study.Run(new MLContext(), _options with { Resume = true, Methods = [StudyMethods.MajorityVote] });
        Assert.Equal(["consensus", "mv-unet", "level-unet"], more.Methods.Select(method => method.Name));
        Assert.All(before, file => Assert.Equal(file.Value, File.GetLastWriteTimeUtc(file.Key)));
    }

    [Fact]
    public void Masks_drawn_for_named_raters_are_scored_as_the_library_scores_them()
    {
        // Long enough that maps mark something.
        StudyResults results = Study.Run(new MLContext(), _options with
        {
            Methods = [StudyMethods.ConsensusAndRaters, StudyMethods.Levels], Steps = 60, CurveGenerations = 0,
        });
        Assert.Equal(["level-unet", "consensus-raters"], results.Methods.Select(method => method.Name));
        Assert.Null(results.Methods[0].RaterMaps);
        RaterMapScores found = results.Methods[1].RaterMaps!;
        Assert.All(found.Raters, rater => Assert.InRange(rater.Dice, 0.1, 1));
        var ml = new MLContext();
        ITransformer model = ml.Model.Load(Run("consensus-raters", "model.zip"), out _);
        IReadOnlyList<SegmentedStructure> structures = model.GetSteps().OfType<SegmentationTransformer>().Single().Structures;
        RaterMapScores expected = ml.Segmentation.EvaluateStructures(
            model.Transform(ml.Data.LoadFromCases(_options.Folds[0].Evaluation)), structures)[0].Raters!;
        (model as IDisposable)?.Dispose();
        Assert.Equal(["1", "2", "3"], found.Raters.Select(rater => rater.Rater));
        Assert.Equal(expected.Raters.Select(rater => rater.Dice), found.Raters.Select(rater => rater.Dice), Near);
        Assert.Equal(expected.Raters.Select(rater => rater.DiceWithOthers), found.Raters.Select(rater => rater.DiceWithOthers), Near);
        Assert.Equal(expected.Raters.Select(rater => rater.Interval.Lower), found.Raters.Select(rater => rater.Interval.Lower), Near);
        Assert.Contains(
            "What consensus-raters draws for each rater", File.ReadAllText(Path.Combine(_options.Folder, "report.html")),
            StringComparison.Ordinal);
        StudySchemas.AssertFits(_options.Folder);

        // The steps that the report draws are those of the three levels: x(t) and x(0) of each.
        string steps = Directory.GetFiles(Run("consensus-raters", "cases"), "*_steps.png").Single();
        Assert.Equal(2 * 3 * RunEvaluation.PicturedSteps, StoredMaps.Read(steps, 32, 32).Maps.Count);

        static bool Near(double one, double other) => Math.Abs(one - other) < 1e-12 || (double.IsNaN(one) && double.IsNaN(other));
    }

    [Fact]
    public void Maps_are_scored_at_the_size_of_their_images_too()
    {
        // Images of 48 pixels, and a model of 32.
        PhantomDataset.Write(_folder["larger"], QubiqTask.Kidney, trainCases: 3, validationCases: 2, seed: 7, size: 48);
        StudyFold fold = new("val", List(QubiqSplit.Train, "larger"), List(QubiqSplit.Validation, "larger"));
        StudyResults results = Study.Run(
            new MLContext(), _options with { Folds = [fold], Methods = [StudyMethods.Levels], ValidationFraction = 0 });
        TrainingRecord training = results.Methods[0].Runs[0].Training;
        Assert.Equal((3, 0), (training.TrainingCases, training.ValidationCases));

        var ml = new MLContext();
        ITransformer model = ml.Model.Load(Run("level-unet", "model.zip"), out _);
        Assert.True(model.GetSteps().OfType<SliceResizingTransformer>().Single().Antialias);
        IDataView predicted = model.Transform(ml.Data.LoadFromCases(fold.Evaluation));
        predicted = ml.Transforms.RestoreSlices("Restored", "SoftMap", "Image").Fit(predicted).Transform(predicted);
        CaseMetrics[] native = [.. ml.Segmentation.Evaluate(predicted, "Restored").Cases];
        (model as IDisposable)?.Dispose();
        CaseRecord[] records = [.. results.Methods[0].Runs[0].Cases];
        Assert.Equal(48, native[0].Height);
        Assert.Equal(32, records[0].Height);
        Assert.Equal(native.Select(one => one.SoftDice5), records.Select(record => record.Scores["NativeSoftDice5"]));
        Assert.Equal(native.Select(one => one.SoftDice9), records.Select(record => record.Scores["NativeSoftDice9"]));
        Assert.All(records, record => Assert.NotEqual(record.Scores["SoftDice5"], record.Scores["NativeSoftDice5"]));
        Assert.Equal(
            fold.Evaluation.Select(raterCase => ResizingCeiling.Compute(raterCase.ReadMasks(), 32).SoftDice),
            records.Select(record => record.Scores["ResizingCeiling"]));
        Assert.InRange(results.Methods[0].Score("ResizingCeiling").Mean, 0.8, 0.9999);
        string report = File.ReadAllText(Path.Combine(_options.Folder, "report.html"));
        Assert.Contains("at the images' own size", report, StringComparison.OrdinalIgnoreCase);
        StudySchemas.AssertFits(_options.Folder);
    }

    [Fact]
    public void Seeds_are_scored_together_as_an_ensemble_of_their_models()
    {
        StudyOptions options = _options with { Methods = [StudyMethods.Levels], Seeds = [4, 9] };
        StudyResults results = Study.Run(new MLContext(), options);
        EnsembleResult together = Assert.Single(results.Ensembles);
        Assert.Equal(("level-unet", 2), (together.Method, together.Seeds.Count));

        // The library's own ensemble of the two models, which round. The study's maps are in steps of 1/254.
        var ml = new MLContext();
        string runs = Path.Combine(options.Folder, "runs", "level-unet");
        ITransformer[] models =
            [.. options.Seeds.Select(seed => ml.Model.Load(Path.Combine(runs, $"val-seed{seed}", "model.zip"), out _))];
        Assert.All(models, model => Assert.True(model.GetSteps().OfType<UNetSegmentationTransformer>().Single().RoundsMaps));
        ITransformer ensemble = ml.Segmentation.Ensemble(models);
        SegmentationMetrics metrics = ml.Segmentation.Evaluate(ensemble.Transform(ml.Data.LoadFromCases(options.Folds[0].Evaluation)));
        Assert.Equal(metrics.BrierScore, together.Score("BrierScore").Mean, 0.002);
        double[] kept =
        [
            .. options.Folds[0].Evaluation.Select(raterCase =>
            {
                StoredMaps[] maps = [.. options.Seeds.Select(
                    seed => StoredMaps.Read(Path.Combine(runs, $"val-seed{seed}", "cases", $"{raterCase.Name}.png"), 32, 32))];
                float[] soft = SeedEnsembles.SoftMap(StudyMethods.Levels, maps);
                return CaseMetrics.Compute(raterCase.Name, soft, raterCase.ReadMasks()).SoftDice9;
            }),
        ];
        Assert.Equal(kept.Average(), together.Score("SoftDice9").Mean, 1e-9);
        foreach (ITransformer model in models.Append(ensemble))
        {
            (model as IDisposable)?.Dispose();
        }

        Assert.Equal(
            together.Score("SoftDice5").Mean - results.Methods[0].Score("SoftDice5").Mean, together.Comparison.Difference, 12);
        Assert.Contains(
            "The networks of all seeds together", File.ReadAllText(Path.Combine(options.Folder, "report.html")), StringComparison.Ordinal);
        StudySchemas.AssertFits(_options.Folder);

        // Another seed: the records are made again. They are read by merge, which names one that is missing.
        StudyResults more = Study.Run(new MLContext(), options with { Resume = true, Seeds = [5] });
        Assert.Equal([4, 9, 5], Assert.Single(more.Ensembles).Seeds);
        ScoreSummary merged = Assert.Single(Study.Merge(options.Folder).Results!.Ensembles).Score("SoftDice9");
        Assert.Equal(Assert.Single(more.Ensembles).Score("SoftDice9"), merged);
        File.Delete(Path.Combine(options.Folder, "ensembles", "level-unet", "val", "case01.json"));
        Assert.Contains(
            "The record of case 'case01' of all seeds of level-unet together is missing",
            Assert.Single(Study.Merge(options.Folder).Problems), StringComparison.Ordinal);
        Study.RunShard(new MLContext(), options with { Resume = true }, 0, 1);
        Assert.Empty(Study.Merge(options.Folder).Problems);
    }

    [Fact]
    public void Looking_inside_a_model_tells_what_it_predicts_and_leaves_no_tensor_behind()
    {
        StudyMethod[] methods = [StudyMethods.Consensus, StudyMethods.MonteCarloDropout];
        Study.Run(new MLContext(), _options with { Methods = methods, Steps = 1, CurveGenerations = 0 });
        foreach (StudyMethod method in methods)
        {
            using RunModel model = RunModel.Read(new MLContext(), Run(method.Name, "model.zip"));
            float[] features = model.Prepare(_options.Folds[0].Evaluation[0]);
            model.Predict(features, _options.Size, CancellationToken.None);
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            Prediction prediction = model.Predict(features, _options.Size, CancellationToken.None);
            int maps = prediction.Samples!.Length / (_options.Size * _options.Size),
                own = method.IsDiffusion ? maps / _options.Levels : maps;
            Assert.Equal(method.IsDiffusion ? 1 : 16, own);

            // The first generations of a long sampling are those of a short one, and all of them together give the prediction.
            IReadOnlyList<float[]> after = model.PredictAfter(features, _options.Size, [1, own + 1], CancellationToken.None);
            Assert.Equal(prediction.SoftMap, model.PredictAfter(features, _options.Size, [own], CancellationToken.None)[0]);
            Assert.Equal(2, after.Count);
            if (model.Diffusion is { } diffusion)
            {
                Assert.Equal(1, diffusion.Sampling.Steps);
                SamplingStep step = Assert.Single(diffusion.TraceSampling(features));

                // With a single step from noise, the prediction of the network is the sample.
                Assert.Equal(99, step.Time);
                Assert.Equal(
                    prediction.Samples,
                    step.PredictedMaps,
                    (expected, actual) => Math.Abs(expected - actual) < 1e-5f);
            }

            Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
    }

    [Fact]
    public void A_study_from_before_there_was_an_option_had_its_default()
    {
        var record = StudyRecord.FromOptions(_options with { Methods = [StudyMethods.Consensus] });
        var settings = record.Methods["consensus"].ToDictionary();
        Assert.True(settings.Remove("Network.Dropout") && settings.Remove("Network.ScaleShiftNorm"));
        StudyRecord older = record with
        {
            Methods = new Dictionary<string, IReadOnlyDictionary<string, string>> { ["consensus"] = settings },
        };
        Assert.Equal("of consensus, Network.ScaleShiftNorm is false there and true here", record.DifferencesFrom(older));
        settings["Network.ScaleShiftNorm"] = "true";
        Assert.Null(record.DifferencesFrom(older));
    }

    [Fact]
    public void Another_study_is_refused_with_what_differs()
    {
        StudyFolder.Open(_options.Folder, StudyRecord.FromOptions(_options), resume: false);
        StudyOptions resumed = _options with { Resume = true };
        AssertRefused(resumed with { Steps = 3 }, "Steps is 2 there and 3 here");
        AssertRefused(resumed with { Size = 64 }, "Size is 32 there and 64 here");
        AssertRefused(resumed with { Antialias = false }, "Antialias is True there and unknown here");
        AssertRefused(
            resumed with { Folds = [_options.Folds[0] with { Training = [.. _options.Folds[0].Training.Take(2)] }] },
            "case 'train case03' belongs to it there and is missing here");
        AssertRefused(resumed with { Folds = [_options.Folds[0] with { Name = "test" }] }, "the cases are divided otherwise");
        string image = _options.Folds[0].Training[0].ImagePaths[0];
        byte[] bytes = File.ReadAllBytes(image);
        NiftiFile.WriteSlice(image, new Slice(1, 32, 32, new float[32 * 32]));
        AssertRefused(resumed, "case 'train case01' has other files here");
        File.WriteAllBytes(image, bytes);
        StudyMethod own = new("level-unet", "another", (_, _) => null!, _ => new Dictionary<string, string> { ["Kind"] = "\"Other\"" });
        AssertRefused(resumed with { Methods = [own] }, "of level-unet, Kind is \"Levels\" there and \"Other\" here");

        void AssertRefused(StudyOptions options, string said)
        {
            string message = Assert.Throws<InvalidDataException>(() => Study.Run(new MLContext(), options)).Message;
            Assert.Contains("holds another study", message, StringComparison.Ordinal);
            Assert.Contains(said, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_study_that_is_interrupted_while_training_ends_with_the_weights_of_one_that_was_not()
    {
        StudyOptions study = _options with
        {
            Methods = [StudyMethods.Levels], Steps = 6, Precision = Consensus.ML.Options.Precision.Float32,
        };
        Study.Run(new MLContext(), study with { Folder = _folder["whole"] });
        using var cancellation = new CancellationTokenSource();
        var stop = new Reporter(progress =>
        {
            if (progress.Training?.Step == 3)
            {
                cancellation.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(
            () => Study.Run(new MLContext(), study with { Cancellation = cancellation.Token, Progress = stop }));
        Assert.False(File.Exists(Run("level-unet", "model.zip")));
        Assert.False(File.Exists(Path.Combine(study.Folder, "report.html")));
        Assert.NotEmpty(Directory.GetFiles(Run("level-unet", "checkpoints"), "step-*.safetensors"));

        int first = 0;
        StudyResults results = Study.Run(new MLContext(), study with
        {
            Resume = true,
            Progress = new Reporter(progress => first = first == 0 && progress.Training is { } training ? training.Step : first),
        });
        Assert.Equal(4, first);
        Assert.Equal(Weights(_folder["whole"]), Weights(study.Folder));
        Assert.Equal(6, results.Methods[0].Cost.Steps);
    }

    [Fact]
    public void A_study_that_is_interrupted_while_scoring_scores_the_rest()
    {
        StudyOptions study = _options with { Methods = [StudyMethods.Levels] };
        using var cancellation = new CancellationTokenSource();
        var stop = new Reporter(progress =>
        {
            if (progress.Stage == StudyStage.Evaluating && progress.CasesDone == 1)
            {
                cancellation.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(
            () => Study.Run(new MLContext(), study with { Cancellation = cancellation.Token, Progress = stop }));
        DateTime scored = File.GetLastWriteTimeUtc(Run("level-unet", "cases/case01.json"));
        Assert.False(File.Exists(Run("level-unet", "cases/case02.json")));
        StudyResults results = Study.Run(new MLContext(), study with { Resume = true });
        Assert.Equal(2, results.Methods[0].Runs[0].Cases.Count);
        Assert.Equal(scored, File.GetLastWriteTimeUtc(Run("level-unet", "cases/case01.json")));
    }

    [Fact]
    public void A_damaged_model_is_named_with_what_to_do()
    {
        StudyOptions study = _options with { Methods = [StudyMethods.Levels] };
        Study.Run(new MLContext(), study);
        File.Delete(Run("level-unet", "cases/case01.json"));
        byte[] bytes = File.ReadAllBytes(Run("level-unet", "model.zip"));
        File.WriteAllBytes(Run("level-unet", "model.zip"), bytes[..(bytes.Length / 2)]);
        string message = Assert.Throws<InvalidDataException>(() => Study.Run(new MLContext(), study with { Resume = true })).Message;
        Assert.Contains(Run("level-unet", "model.zip") + "' is damaged", message, StringComparison.Ordinal);
        Assert.Contains("Remove it, and --resume trains it again", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_other_files_is_refused()
    {
        Directory.CreateDirectory(_options.Folder);
        File.WriteAllText(Path.Combine(_options.Folder, "notes.txt"), "mine");
        Assert.Contains(
            "is not empty and holds no study (there is 'notes.txt')",
            Assert.Throws<InvalidOperationException>(() => Study.Run(new MLContext(), _options with { Resume = true })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_which_a_first_write_was_killed_is_taken()
    {
        Directory.CreateDirectory(_options.Folder);
        File.WriteAllText(Path.Combine(_options.Folder, $".study.json.{Guid.NewGuid():N}.tmp"), "{");
        File.WriteAllText(Path.Combine(_options.Folder, $".consensus-{Guid.NewGuid():N}.tmp"), "");
        StudyFolder.Open(_options.Folder, StudyRecord.FromOptions(_options), resume: false);
        Assert.True(File.Exists(Path.Combine(_options.Folder, "study.json")));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task Two_that_share_a_study_do_each_run_once_and_both_report_the_whole()
    {
        StudyOptions shared = _options with { Resume = true, Seeds = [1, 2], CurveGenerations = 0, Threads = 1 };
        var trained = new ConcurrentBag<string>();
        using var begun = new CountdownEvent(2);
        Task<StudyResults>[] two = [Begin(), Begin()];
        StudyResults[] both = await Task.WhenAll(two);
        Assert.Equal(4, trained.Count);
        Assert.Equal(4, trained.Distinct().Count());
        Assert.All(both, results => Assert.Equal(
            ["consensus 1", "consensus 2", "level-unet 1", "level-unet 2"],
            results.Methods.SelectMany(method => method.Runs).Select(run => $"{run.Run.Method} {run.Run.Seed}")));
        Assert.Equal(1 + 4 * 2, File.ReadAllLines(Path.Combine(_options.Folder, "results.csv")).Length);

        // A process that works alone gives every run the same weights.
        Study.Run(new MLContext(), shared with { Folder = _folder["alone"], Methods = [StudyMethods.Levels], Seeds = [1] });
        Assert.Equal(Weights(_folder["alone"], seed: 1), Weights(_options.Folder, seed: 1));

        // Each has its own thread: a process that waits must not keep the other from starting.
        Task<StudyResults> Begin() => Task.Factory.StartNew(
            () => Study.Run(new MLContext(), shared with { Progress = new Reporter(Note) }), CancellationToken.None,
            TaskCreationOptions.LongRunning, TaskScheduler.Default);

        void Note(StudyProgress progress)
        {
            if (progress is not { Stage: StudyStage.Training, Training.Step: 1 })
            {
                return;
            }

            // Each waits until both work on a run, so that they meet for certain.
            trained.Add($"{progress.Method} {progress.Seed}");
            if (!begun.IsSet)
            {
                begun.Signal();
                Assert.True(begun.Wait(TimeSpan.FromMinutes(5)), "The other never came to a run.");
            }
        }
    }

    [Fact]
    public void What_another_process_left_undone_is_taken_over()
    {
        StudyOptions study = _options with { Methods = [StudyMethods.Levels], Resume = true };
        StudyFolder.Open(_options.Folder, StudyRecord.FromOptions(study), resume: true);
        Directory.CreateDirectory(Run("level-unet", ""));
        FolderLock other = Assert.IsType<FolderLock>(FolderLock.TryTake(Run("level-unet", "")));
        Assert.Null(FolderLock.TryTake(Run("level-unet", "")));
        var stages = new List<StudyStage>();
        StudyResults results = Study.Run(new MLContext(), study with { Progress = new Reporter(Note) });
        Assert.Equal(StudyStage.Waiting, stages[0]);
        Assert.Contains(StudyStage.Training, stages);
        Assert.Single(results.Methods);

        void Note(StudyProgress progress)
        {
            stages.Add(progress.Stage);
            other.Dispose();
        }
    }

    public void Dispose() => _folder.Dispose();

    private string Run(string method, string file) => Path.Combine(_options.Folder, "runs", method, "val-seed0", file);

    private Dictionary<string, DateTime> Times() =>
        Directory.GetFiles(Path.Combine(_options.Folder, "runs"), "*", SearchOption.AllDirectories)
            .ToDictionary(file => file, File.GetLastWriteTimeUtc);

    private static byte[] Weights(string folder, int seed = 0) =>
        ModelZip.Entry(Path.Combine(folder, "runs", "level-unet", $"val-seed{seed}", "model.zip"), "weights.safetensors");

    private IReadOnlyList<RaterCase> List(QubiqSplit split, string folder = "data") =>
        QubiqDataset.List(_folder[folder], QubiqTask.Kidney, split, MissingRaters.Drop).Cases;

    private sealed class Reporter(Action<StudyProgress> report) : IProgress<StudyProgress>
    {
        public void Report(StudyProgress value) => report(value);
    }
}
