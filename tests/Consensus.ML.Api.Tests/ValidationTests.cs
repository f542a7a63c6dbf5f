using Consensus.Imaging.Cases;
using Consensus.ML.Evaluation;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>
/// The best weights are chosen by cases of patients that training does not see. These are training cases set aside, or a validation set.
/// </summary>
public sealed class ValidationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 3);
    private readonly List<string> _log = [];

    public ValidationTests() => _ml.Log += (_, message) => _log.Add($"{message.Kind}: {message.RawMessage}");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whole_groups_are_set_aside(bool onePass)
    {
        // Three patients of two cases. A quarter of six cases is one or two, which is one patient.
        IDataView cases = _ml.Data.LoadFromCases(Cases(6, i => $"p{i / 2}"));
        using TrainedOwner model = new(Pipeline(onePass).Fit(cases));
        Assert.Equal((4, 2), (model.Training.TrainingCases, model.Training.ValidationCases));
        Assert.Contains(_log, line => line.EndsWith(
            "Training on 4 cases of 2 groups; 2 of 1 group set aside to choose the best weights by.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_short_training_on_few_cases_uses_all_of_them_unless_it_may_end_early()
    {
        IDataView cases = _ml.Data.LoadFromCases(Cases(4));
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.Training = options.Training with { ValidationFraction = null };
        using TrainedOwner all = new(Steps().Append(_ml.Transforms.ConsensusSegment(options)).Fit(cases));
        Assert.Equal(
            (4, 0, null, 2),
            (all.Training.TrainingCases, all.Training.ValidationCases, all.Training.BestValidationScore, all.Training.BestStep));
        Assert.Contains(_log, line => line.EndsWith(
            "Training on 4 cases; none are set aside, and the last weights are kept.", StringComparison.Ordinal));

        options.Training = options.Training with { Patience = 1 };
        using TrainedOwner some = new(Steps().Append(_ml.Transforms.ConsensusSegment(options)).Fit(cases));
        Assert.Equal((3, 1), (some.Training.TrainingCases, some.Training.ValidationCases));
    }

    [Fact]
    public void Of_a_single_group_none_is_set_aside_and_that_is_said()
    {
        using TrainedOwner model = new(Pipeline(onePass: true).Fit(_ml.Data.LoadFromCases(Cases(4, _ => "p0"))));
        Assert.Equal(
            (4, 0, null, 2),
            (model.Training.TrainingCases, model.Training.ValidationCases, model.Training.BestValidationScore, model.Training.BestStep));
        Assert.Contains(_log, line => line.StartsWith("Warning", StringComparison.Ordinal)
            && line.Contains("All 4 cases are of the group 'p0'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Validation_cases_go_through_the_steps_that_are_fitted_to_the_training_cases_alone(bool onePass)
    {
        IDataView train = _ml.Data.LoadFromCases(Cases(4)), validation = _ml.Data.LoadFromCases(Cases(2, first: 7));
        using TrainedOwner together = new(Pipeline(onePass).Fit(train, validation));
        Assert.Equal((4, 2), (together.Training.TrainingCases, together.Training.ValidationCases));

        // The same by hand: the steps are fitted to the training cases, and both sets are given transformed, in either way.
        TransformerChain<SliceResizingTransformer> steps = Steps().Fit(train);
        using TrainedOwner byHand = new(onePass
            ? _ml.Transforms.UNetSegment(OnePass()).Fit(steps.Transform(train), steps.Transform(validation))
            : _ml.Transforms.ConsensusSegment(TinyModel.Options()).Fit(steps.Transform(train), steps.Transform(validation)));
        UNetSegmentationEstimator.Options unet = OnePass();
        ConsensusSegmentationEstimator.Options diffusion = TinyModel.Options();
        unet.ValidationSet = diffusion.ValidationSet = steps.Transform(validation);
        using TrainedOwner byOption = new(onePass
            ? _ml.Transforms.UNetSegment(unet).Fit(steps.Transform(train))
            : _ml.Transforms.ConsensusSegment(diffusion).Fit(steps.Transform(train)));
        Assert.NotNull(together.Training.BestValidationScore);
        Assert.Equal(together.Training.BestValidationScore, byHand.Training.BestValidationScore);
        Assert.Equal(together.Training.BestValidationScore, byOption.Training.BestValidationScore);

        // If the set were normalised by its own mean, its score would differ. Other cases would also have another score.
        using TrainedOwner other = new(Pipeline(onePass).Fit(train, _ml.Data.LoadFromCases(Cases(2, first: 20))));
        Assert.NotEqual(together.Training.BestValidationScore, other.Training.BestValidationScore);
    }

    [Fact]
    public void A_chain_in_a_chain_is_reached_and_one_without_a_trainer_is_refused()
    {
        IDataView train = _ml.Data.LoadFromCases(Cases(3)), validation = _ml.Data.LoadFromCases(Cases(1, first: 7));
        TransformerChain<TransformerChain<UNetSegmentationTransformer>> model = _ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(_ml.Transforms.NormalizeSlices("Image")
                .Append(_ml.Transforms.ResizeSlices("Features", "Image", 16, 16))
                .Append(_ml.Transforms.UNetSegment(OnePass())))
            .Fit(train, validation);
        using (model)
        {
            Assert.Equal(1, model.LastTransformer.LastTransformer.Training.ValidationCases);
        }

        Assert.Contains(
            "no trainer of Consensus.ML",
            Assert.Throws<ArgumentException>(() => Steps().Fit(train, validation)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_in_both_sets_is_refused_and_a_case_of_the_same_name_is_not()
    {
        IDataView train = _ml.Data.LoadFromCases(Cases(3, i => $"p{i}"));
        IDataView shared = _ml.Data.LoadFromCases(Cases(2, i => i == 0 ? "p9" : "p2", first: 7));
        string message = Assert.Throws<InvalidDataException>(() => Pipeline(onePass: true).Fit(train, shared)).Message;
        Assert.Contains(
            "Case 'case08' of the validation set and Case 'case03' of the training set are both of the group 'p2'",
            message,
            StringComparison.Ordinal);

        // case01 of another folder, with other pixels.
        RaterCase[] alike = [.. Cases(1, first: 9).Select(one => one with { Name = "case01" })];
        using TrainedOwner model = new(Pipeline(onePass: true).Fit(_ml.Data.LoadFromCases(Cases(3)), _ml.Data.LoadFromCases(alike)));
        Assert.Equal(1, model.Training.ValidationCases);
        Assert.DoesNotContain(_log, line => line.Contains("very image", StringComparison.Ordinal));
        using TrainedOwner again = new(Pipeline(onePass: true).Fit(_ml.Data.LoadFromCases(Cases(3)), _ml.Data.LoadFromCases(Cases(1))));
        Assert.Contains(
            _log, line => line.Contains("1 of 1 validation cases have the very image of a training case", StringComparison.Ordinal));
    }

    [Fact]
    public void A_validation_set_of_another_size_or_without_masks_is_refused_by_name()
    {
        IDataView train = _ml.Data.LoadFromCases(Cases(3));
        UNetSegmentationEstimator estimator = _ml.Transforms.UNetSegment(OnePass());
        IDataView prepared = Steps().Fit(train).Transform(train), larger = Steps(32).Fit(train).Transform(train);
        string message = Assert.Throws<ArgumentException>(() => estimator.Fit(prepared, larger)).Message;
        Assert.Contains(
            "'Features' is 1×32×32 (channels × height × width) in the validation set, but 1×16×16 in the training set",
            message,
            StringComparison.Ordinal);
        message = Assert.Throws<ArgumentException>(() => estimator.Fit(prepared, train)).Message;
        Assert.StartsWith("The validation set: Column 'Features' is missing", message, StringComparison.Ordinal);
        IDataView empty = _ml.Data.LoadFromCases([new RaterCase("x", Cases(1)[0].ImagePaths[0], [])]);
        Assert.StartsWith(
            "The validation set: ",
            Assert.Throws<InvalidDataException>(() => Pipeline(onePass: true).Fit(train, empty)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Every_validation_is_a_point_of_the_curve_which_travels_with_the_model()
    {
        UNetSegmentationEstimator.Options options = OnePass();
        options.Training = options.Training with { Steps = 6, Validations = 3 };
        IDataView train = _ml.Data.LoadFromCases(Cases(4));
        using TrainedOwner model = new(Steps().Append(_ml.Transforms.UNetSegment(options)).Fit(train));
        IReadOnlyList<TrainingValidation> curve = model.Training.Validations;
        Assert.Equal([2, 4, 6], curve.Select(point => point.Step));
        Assert.Equal(model.Training.BestValidationScore, curve.Max(point => point.Score));
        Assert.Equal(model.Training.BestStep, curve.Last(point => point.Kept).Step);
        Assert.True(curve[0].Kept);
        Assert.Equal(curve.Select(point => point.Elapsed).Order(), curve.Select(point => point.Elapsed));
        Assert.All(curve, point => Assert.InRange(point.Elapsed!.Value, TimeSpan.FromTicks(1), model.Training.Elapsed));

        string zip = Path.Combine(_folder.Root, "model.zip");
        _ml.Model.Save(model.Model, train.Schema, zip);
        using TrainedOwner loaded = new(_ml.Model.Load(zip, out _));
        Assert.Equal(curve, loaded.Training.Validations);
        Assert.Equal(model.Training, loaded.Training);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Training_that_is_cancelled_before_its_first_step_gives_no_model(bool onePass)
    {
        using var cancelled = new CancellationTokenSource();
        IDataView train = _ml.Data.LoadFromCases(Cases(3)), validation = _ml.Data.LoadFromCases(Cases(1, first: 7));

        // Cancelled by the line of the log between the last case and the first step.
        _ml.Log += (_, message) =>
        {
            if (message.RawMessage.StartsWith("Training on ", StringComparison.Ordinal))
            {
                cancelled.Cancel();
            }
        };
        string message = Assert.ThrowsAny<OperationCanceledException>(() => Pipeline(onePass, cancelled.Token).Fit(train)).Message;
        Assert.Equal("Training was cancelled before its first step was done; there is no model.", message);
        Assert.ThrowsAny<OperationCanceledException>(() => Pipeline(onePass, cancelled.Token).Fit(train));
        Assert.ThrowsAny<OperationCanceledException>(() => Pipeline(onePass, cancelled.Token).Fit(train, validation));
    }

    [Fact]
    public void A_checkpoint_is_resumed_with_the_validation_set_it_was_made_with_alone()
    {
        IDataView train = _ml.Data.LoadFromCases(Cases(3)), validation = _ml.Data.LoadFromCases(Cases(1, first: 7)),
            other = _ml.Data.LoadFromCases(Cases(1, first: 8));
        UNetSegmentationEstimator.Options options = OnePass();
        options.Checkpoints = new() { Folder = Path.Combine(_folder.Root, "run"), EverySteps = 1, Resume = true };
        using TrainedOwner first = new(Fit(validation)), again = new(Fit(validation));
        Assert.Equal(first.Training, again.Training);
        Assert.Contains(
            "Case 'case07' was validated on there and is missing here; Case 'case08' is new here",
            Refused(() => Fit(other)),
            StringComparison.Ordinal);
        Assert.Contains(
            "ValidationSet is \"1 cases\" there and unknown here".Replace("\"", "", StringComparison.Ordinal),
            Refused(() => Steps().Append(_ml.Transforms.UNetSegment(options)).Fit(train)),
            StringComparison.Ordinal);

        ITransformer Fit(IDataView by) => Steps().Append(_ml.Transforms.UNetSegment(options)).Fit(train, by);

        static string Refused(Action fit) => Assert.Throws<InvalidDataException>(fit).Message;
    }

    [Fact]
    public void A_checkpoint_is_not_resumed_with_cases_grouped_otherwise()
    {
        UNetSegmentationEstimator.Options options = OnePass();
        options.Checkpoints = new() { Folder = Path.Combine(_folder.Root, "run"), EverySteps = 1, Resume = true };
        EstimatorChain<UNetSegmentationTransformer> pipeline = Steps().Append(_ml.Transforms.UNetSegment(options));
        pipeline.Fit(_ml.Data.LoadFromCases(Cases(4, i => $"p{i / 2}"))).Dispose();

        // The same division under other names is the same. Another division is not the same, and no division is not either.
        pipeline.Fit(_ml.Data.LoadFromCases(Cases(4, i => $"q{i / 2}"))).Dispose();
        Assert.Contains(
            "Groups is 2 (",
            Assert.Throws<InvalidDataException>(() => pipeline.Fit(_ml.Data.LoadFromCases(Cases(4, i => $"p{i % 2}")))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "and unknown here",
            Assert.Throws<InvalidDataException>(() => pipeline.Fit(_ml.Data.LoadFromCases(Cases(4)))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Cross_validation_keeps_patients_together_and_resamples_them()
    {
        IDataView cases = _ml.Data.LoadFromCases(Cases(6, i => $"p{i / 2}"));
        IReadOnlyList<TrainCatalogBase.CrossValidationResult<SegmentationMetrics>> results = _ml.Segmentation.CrossValidate(
            cases, Pipeline(onePass: true), numberOfFolds: 3);
        Assert.All(results, result => Assert.Equal((2, 1), (result.Metrics.Cases.Count, result.Metrics.Groups)));
        Assert.Equal(3, new SegmentationMetrics(results.SelectMany(result => result.Metrics.Cases)).Groups);
        Dispose(results);
        Assert.Contains(
            "4 folds need 4 groups of rows at least, but there are 3, of 6 rows",
            Assert.Throws<ArgumentException>(
                () => _ml.Segmentation.CrossValidate(cases, Pipeline(onePass: true), numberOfFolds: 4)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Each_fold_has_a_folder_of_checkpoints_and_a_cancelled_cross_validation_gives_the_folds_that_are_done()
    {
        IDataView cases = _ml.Data.LoadFromCases(Cases(6));
        string folder = Path.Combine(_folder.Root, "cv");
        using var cancellation = new CancellationTokenSource();
        int fits = 0;
        IReadOnlyList<TrainCatalogBase.CrossValidationResult<SegmentationMetrics>> some = _ml.Segmentation.CrossValidate(
            cases, Kept(step => Cancel(step)), numberOfFolds: 3, cancellation: cancellation.Token);
        Assert.Equal([0], some.Select(result => result.Fold));
        Assert.False(((TransformerChain<UNetSegmentationTransformer>)some[0].Model).LastTransformer.Training.Cancelled);
        Assert.Contains(_log, line => line.StartsWith("Warning", StringComparison.Ordinal)
            && line.EndsWith("Cross-validation was cancelled: 1 of 3 folds are done.", StringComparison.Ordinal));
        Assert.Equal(["fold-1", "fold-2"], Directory.GetDirectories(folder).Select(Path.GetFileName).Order());

        // Continued: the first fold is not trained again, the second goes on, and all end as they would without an interruption.
        var steps = new List<int>();
        IReadOnlyList<TrainCatalogBase.CrossValidationResult<SegmentationMetrics>> resumed = _ml.Segmentation.CrossValidate(
            cases, Kept(steps.Add), numberOfFolds: 3);
        Assert.Equal([2, 2, 2, 1, 2, 2], steps);
        IReadOnlyList<TrainCatalogBase.CrossValidationResult<SegmentationMetrics>> whole = _ml.Segmentation.CrossValidate(
            cases, Pipeline(onePass: true), numberOfFolds: 3);
        Assert.Equal(whole.Select(result => result.Metrics.SoftDice5), resumed.Select(result => result.Metrics.SoftDice5));
        Assert.Equal(whole[0].Metrics.SoftDice5, some[0].Metrics.SoftDice5);
        Dispose(some);
        Dispose(resumed);
        Dispose(whole);
        Assert.ThrowsAny<OperationCanceledException>(
            () => _ml.Segmentation.CrossValidate(cases, Pipeline(onePass: true), numberOfFolds: 3, cancellation: cancellation.Token));
        Assert.ThrowsAny<OperationCanceledException>(
            () => _ml.Segmentation.CrossValidate(cases, Pipeline(onePass: true, cancellation.Token), numberOfFolds: 3));

        void Cancel(int step)
        {
            // In the second fold, after its first step.
            fits += step == 1 ? 1 : 0;
            if (fits == 2)
            {
                cancellation.Cancel();
            }
        }

        EstimatorChain<UNetSegmentationTransformer> Kept(Action<int> onStep)
        {
            UNetSegmentationEstimator.Options options = OnePass();
            options.Checkpoints = new() { Folder = folder, EverySteps = 1, Interval = null, Resume = true };
            options.Progress = new ProgressCallback(progress => onStep(progress.Step));
            return Steps().Append(_ml.Transforms.UNetSegment(options));
        }
    }

    private static void Dispose(IEnumerable<TrainCatalogBase.CrossValidationResult<SegmentationMetrics>> results)
    {
        foreach (TrainCatalogBase.CrossValidationResult<SegmentationMetrics> result in results)
        {
            ((IDisposable)result.Model).Dispose();
        }
    }

    private static UNetSegmentationEstimator.Options OnePass() =>
        new() { Network = TinyModel.Options().Network, Training = TinyModel.Options().Training };

    private EstimatorChain<SliceResizingTransformer> Steps(int side = 16) => _ml.Transforms.LoadSlices("Image", "ImagePath")
        .Append(_ml.Transforms.NormalizeSlices("Image"))
        .Append(_ml.Transforms.ResizeSlices("Features", "Image", height: side, width: side));

    private EstimatorChain<ITransformer> Pipeline(bool onePass, CancellationToken cancellation = default)
    {
        UNetSegmentationEstimator.Options unet = OnePass();
        ConsensusSegmentationEstimator.Options diffusion = TinyModel.Options();
        unet.Cancellation = diffusion.Cancellation = cancellation;
        IEstimator<ITransformer> trainer = onePass ? _ml.Transforms.UNetSegment(unet) : _ml.Transforms.ConsensusSegment(diffusion);
        return Steps().Append(trainer);
    }

    private RaterCase[] Cases(int count, Func<int, string>? group = null, int first = 1) =>
    [
        .. Enumerable.Range(0, count).Select(i =>
        {
            CaseRow row = Blobs.WriteCase(Path.Combine(_folder.Root, $"case{first + i:00}"), first + i);
            return new RaterCase(row.Case, row.ImagePath, row.AnnotationPaths) { Group = group?.Invoke(i) };
        }),
    ];

    /// <summary>A trained pipeline, and the history of its training.</summary>
    private sealed class TrainedOwner(ITransformer model) : IDisposable
    {
        public ITransformer Model => model;

        public TrainingSummary Training =>
            ((model as SegmentationTransformer) ?? ((IEnumerable<ITransformer>)model).OfType<SegmentationTransformer>().Single()).Training;

        public void Dispose() => ((IDisposable)model).Dispose();
    }
}
