using Consensus.Imaging.Storage;
using Consensus.ML.Machine;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Studies.Planning;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Studies.Running;

/// <summary>The first stage of a run: trains its model and saves it. An interrupted training goes on where it stopped.</summary>
internal static class RunTraining
{
    /// <summary>Trains, unless the model is trained already.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="options">The study.</param>
    /// <param name="run">The run.</param>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="binding">What the run belongs to.</param>
    /// <param name="progress">Receives a report after every step.</param>
    /// <exception cref="OperationCanceledException">The study was cancelled. A checkpoint stays.</exception>
    public static void Train(
        MLContext ml,
        StudyOptions options,
        StudyRun run,
        RunFolder folder,
        RecordBinding binding,
        IProgress<TrainingProgress> progress)
    {
        if (!folder.IsTrained)
        {
            Fit(ml, options, run, folder, binding, progress);
        }

        // The model is saved, so the checkpoints are not needed any more. They are several times as large.
        if (Directory.Exists(folder.Checkpoints))
        {
            Directory.Delete(folder.Checkpoints, recursive: true);
        }
    }

    /// <summary>What a method is trained in: loading, preparation, augmentation, and the method itself.</summary>
    public static EstimatorChain<ITransformer> Pipeline(MLContext ml, StudyOptions options, IEstimator<ITransformer> method) =>
        ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(ml.Transforms.NormalizeSlices("Image", noData: options.NoData, scale: options.Normalization))
            .Append(ml.Transforms.ResizeSlices("Features", "Image", options.Size, options.Size, options.Antialias))
            .Append(ml.Transforms.AugmentSlices("Features", options.Augmentation))
            .Append(method);

    private static void Fit(
        MLContext ml,
        StudyOptions options,
        StudyRun run,
        RunFolder folder,
        RecordBinding binding,
        IProgress<TrainingProgress> progress)
    {
        StudyRecipe recipe = StudyRecord.Recipe(options) with
        {
            Seed = run.Seed,
            Checkpoints = new() { Folder = folder.Checkpoints, Interval = options.CheckpointInterval, Resume = true },
            Progress = progress,
            Cancellation = options.Cancellation,
        };
        IDataView cases = ml.Data.LoadFromCases(run.Fold.Training);
        EstimatorChain<ITransformer> pipeline = Pipeline(ml, options, run.Method.Create(ml, recipe));
        PeakMemory.Reset();
        using TransformerChain<ITransformer> model = pipeline.Fit(cases);

        // A cancelled training returns the best model so far, which is not the model that the study needs.
        options.Cancellation.ThrowIfCancellationRequested();
        double peak = PeakMemory.Megabytes();
        AtomicFile.Write(folder.Model, stream => ml.Model.Save(model, cases.Schema, stream), folder.Held);

        // A method of the user may give a model that does not say how it was trained.
        var trained = model.LastTransformer as SegmentationTransformer;
        TrainingSummary summary = trained?.Training ?? new(0, 0, null, TimeSpan.Zero, 0, 0, false);
        var record = new TrainingRecord(
            summary.Steps, summary.BestStep, trained is null ? double.NaN : summary.Elapsed.TotalSeconds, summary.TrainingCases,
            summary.ValidationCases, peak, new FileInfo(folder.Model).Length, trained?.ParameterCount ?? 0,
            [.. summary.Validations.Select(point => new ValidationRecord(point.Step, point.Loss, point.Score))],
            MachineRecord.OfThisProcess(RuntimeInfo.Collect(ml, options.Device)));
        StudyJson.WriteBound(folder.Training, record, binding.WithModel(folder.Model), folder.Held);
    }
}
