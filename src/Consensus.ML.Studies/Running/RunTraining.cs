using Consensus.Imaging.Storage;
using Consensus.ML.Options;
using Consensus.ML.Studies.Methods;
using Consensus.ML.Torch.Runtime;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Studies.Running;

/// <summary>The first stage of a run: trains its model and saves it, taking up an interrupted training where it was.</summary>
internal static class RunTraining
{
    /// <summary>Trains, unless that is done.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="options">The study.</param>
    /// <param name="run">Which run.</param>
    /// <param name="folder">Where it keeps its files.</param>
    /// <param name="progress">Told after every step.</param>
    /// <exception cref="OperationCanceledException">The study was cancelled; a checkpoint is left.</exception>
    public static void Train(MLContext ml, StudyOptions options, StudyRun run, RunFolder folder, IProgress<TrainingProgress> progress)
    {
        if (!folder.IsTrained)
        {
            Fit(ml, options, run, folder, progress);
        }

        // All that they were kept for is in the model; they are several times its size.
        if (Directory.Exists(folder.Checkpoints))
        {
            Directory.Delete(folder.Checkpoints, recursive: true);
        }
    }

    private static void Fit(MLContext ml, StudyOptions options, StudyRun run, RunFolder folder, IProgress<TrainingProgress> progress)
    {
        StudyRecipe recipe = StudyRecord.Recipe(options) with
        {
            Seed = run.Seed,
            Checkpoints = new() { Folder = folder.Checkpoints, Interval = options.CheckpointInterval, Resume = true },
            Progress = progress,
            Cancellation = options.Cancellation,
        };
        IDataView cases = ml.Data.LoadFromCases(run.Fold.Training);
        EstimatorChain<ITransformer> pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(ml.Transforms.NormalizeSlices("Image", noData: options.NoData))
            .Append(ml.Transforms.ResizeSlices("Features", "Image", height: options.Size, width: options.Size))
            .Append(ml.Transforms.AugmentSlices("Features", options.Augmentation))
            .Append(run.Method.Create(ml, recipe));
        PeakMemory.Reset();
        using TransformerChain<ITransformer> model = pipeline.Fit(cases);

        // What a cancelled training returns is the best so far, not what the study asks for.
        options.Cancellation.ThrowIfCancellationRequested();
        double peak = PeakMemory.Megabytes();
        AtomicFile.Write(folder.Model, stream => ml.Model.Save(model, cases.Schema, stream));
        TrainedSummary facts = TrainedSummary.Of(model.LastTransformer);
        StudyJson.Write(folder.Training, new TrainingRecord(
            facts.History.Steps, facts.History.BestStep, facts.History.Seconds, facts.History.TrainingCases, facts.History.ValidationCases,
            peak, new FileInfo(folder.Model).Length, facts.Parameters,
            [.. facts.History.Validations.Select(point => new ValidationRecord(point.Step, point.Loss, point.SoftDice))],
            MachineRecord.OfThisProcess(TorchDevice.Choose(options.Device, ml.GpuDeviceId, ml.FallbackToCpu).Device.ToString())));
    }
}
