using System.Globalization;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Batches;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>The lines that a training writes to the log before its first step and after its last.</summary>
internal static class FitLog
{
    // Far above the values of normalised images, near the average of 8-bit images.
    private const double LargeAverage = 10;

    /// <summary>Logs how cases are augmented.</summary>
    public static void Augmentation(IChannel channel, string column, AugmentationPolicy? policy)
    {
        if (policy is null)
        {
            channel.Warning(
                MessageSensitivity.Schema,
                $"Augmentation: none, because column '{column}' declares no policy (use "
                + "AugmentSlices); small data sets need it");
            return;
        }

        channel.Info(MessageSensitivity.None, $"Augmentation: {policy}");
        channel.Info(MessageSensitivity.None, policy.Mirror switch
        {
            MirrorAxes.None => "Mirroring: none",
            MirrorAxes.Both => "Mirroring: along columns and along rows; where something lies on one side only, "
                + "choose AugmentationPolicy.Mirror",
            MirrorAxes axis => $"Mirroring: along {(axis == MirrorAxes.Columns ? "columns" : "rows")} only",
        });
    }

    /// <summary>
    /// The axes that a model remembers: those of its training slices. A model that is trained on single slices takes them over from the
    /// model to start from.
    /// </summary>
    /// <param name="channel">The log.</param>
    /// <param name="axes">The axes of the training slices in their volumes; empty for single slices.</param>
    /// <param name="before">The axes of the model to start from; empty where there are none.</param>
    public static IReadOnlyList<int> VolumeAxes(IChannel channel, IReadOnlyList<int> axes, IReadOnlyList<int> before)
    {
        if (axes.Count == 0)
        {
            return before;
        }

        if (before.Count > 0 && !before.SequenceEqual(axes))
        {
            channel.Warning(
                MessageSensitivity.None,
                $"Slices lie along {SliceAxisGuard.Describe(axes)} of their volumes, "
                + $"but the model to start from was trained along {SliceAxisGuard.Describe(before)}");
        }

        if (axes.Count > 1)
        {
            channel.Warning(
                MessageSensitivity.None,
                $"Slices lie along {SliceAxisGuard.Describe(axes)} of their volumes: "
                + "the model cannot tell how to cut a volume, and a prediction of a volume must say it");
        }
        else
        {
            channel.Info(MessageSensitivity.None, $"Slices lie along {SliceAxisGuard.Describe(axes)} of their volumes");
        }

        return axes;
    }

    /// <summary>Logs whether the cases have a common orientation, and by which angles training therefore rotates them.</summary>
    public static void Orientation(IChannel channel, double common, double degrees)
    {
        bool isCommon = common >= CommonOrientation.Least;
        string angle = isCommon ? string.Create(CultureInfo.InvariantCulture, $"at most {degrees} degrees") : "any angle";
        channel.Info(MessageSensitivity.None, string.Create(
            CultureInfo.InvariantCulture,
            $"Orientation: the cases have {common:0.00} of 1 in common, {(isCommon ? "at least" : "less than")} {CommonOrientation.Least}; "
            + $"training rotates them by {angle}"));
    }

    /// <summary>Logs the number and size of the cases.</summary>
    public static void Data(IChannel channel, ModelShape shape, IReadOnlyList<TrainingCase> cases, int seed) =>
        channel.Info(MessageSensitivity.None, string.Create(
            CultureInfo.InvariantCulture,
            $"Data: {cases.Count} cases of {shape.ImageChannels}×{shape.Height}×{shape.Width} (channels × height × width), "
            + $"{(shape.Structures is { } structures ? Describe(structures, cases) : RatersOfCases.Describe(cases, shape.Levels))}, "
            + $"seed {seed}"));

    private static string Describe(IReadOnlyList<SegmentedStructure> structures, IReadOnlyList<TrainingCase> cases) =>
        string.Join("; ", structures.Select((structure, index) => string.Create(
            CultureInfo.InvariantCulture,
            $"{(structure.Name.Length > 0 ? $"{structure.Name}: " : "")}{structure.Levels} levels in "
            + $"{cases.Count(one => one.MasksOf(index) > 0)} cases"
            + $"{(structure.Raters.Count > 0 ? $", {structure.Raters.Count} named raters" : "")}")));

    /// <summary>Logs the memory that the cases take.</summary>
    public static void Memory(IChannel channel, CaseStore store) =>
        channel.Info(MessageSensitivity.None, string.Create(
            CultureInfo.InvariantCulture,
            $"Memory: the cases take {store.Bytes / 1e6:0.#} MB, "
            + $"{(store.IsOnDisk ? "in a temporary file that training reads them from" : "in memory")}"));

    /// <summary>Logs the memory that the cases will take, and warns where that is above the limit.</summary>
    /// <returns>The same number of bytes.</returns>
    public static long ExpectedMemory(IChannel channel, long bytes, long limit)
    {
        channel.Info(MessageSensitivity.None, string.Create(
            CultureInfo.InvariantCulture,
            $"Memory: the cases will take about {bytes / 1e6:0.#} MB, of {limit / 1e6:0.#} MB at most (MemoryLimit)"));
        if (bytes > limit)
        {
            channel.Warning(MessageSensitivity.None, string.Create(
                CultureInfo.InvariantCulture,
                $"The cases will take about {bytes / 1e6:0.#} MB, more than the {limit / 1e6:0.#} MB that they may in memory "
                + $"(MemoryLimit): they are kept in a temporary file, and training reads them from there; it makes the same model"));
        }

        return bytes;
    }

    /// <summary>Warns where values are far from those that a network learns from.</summary>
    public static void LargeValues(IChannel channel, string column, double average)
    {
        if (average > LargeAverage)
        {
            channel.Warning(
                MessageSensitivity.Schema,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Column '{column}' has values around {average:0}; the network learns from values around 1: use NormalizeSlices, "
                    + $"or ExtractPixels with scaleImage: 1f / 255"));
        }
    }

    /// <summary>Warns where no case can be set aside, because all cases are in one group.</summary>
    public static void SingleGroup(IChannel channel, IReadOnlyList<TrainingCase> cases, bool isSplit)
    {
        if (isSplit && cases.Count > 1 && cases.All(trainingCase => trainingCase.Group == cases[0].Group))
        {
            channel.Warning(
                MessageSensitivity.UserData,
                $"All {cases.Count} cases are of the group '{cases[0].Group}', so that none can be set aside: the last weights are kept. "
                + "Give a validation set to choose the best by.");
        }
    }

    /// <summary>Warns where the options end training within its warm-up.</summary>
    public static void PlannedSteps(IChannel channel, TrainingOptions options)
    {
        if (options.Steps is int steps && steps <= options.WarmUpSteps)
        {
            channel.Warning(MessageSensitivity.None, TooShort(options, steps, "is to end"));
        }
    }

    /// <summary>Logs the result of training.</summary>
    public static void Result(IChannel channel, TrainingOptions options, SegmentationModel model, TrainingHistory history)
    {
        // Where the options give the number of steps, PlannedSteps has already warned.
        if (history.Steps <= options.WarmUpSteps && !(options.Steps <= options.WarmUpSteps))
        {
            channel.Warning(MessageSensitivity.None, TooShort(options, history.Steps, "ended"));
        }

        channel.Info(
            MessageSensitivity.None,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Trained {model.ParameterCount:N0} parameters in {history.Steps} steps; kept those of step {history.BestStep}")
                + (history.BestValidationScore is double score
                    ? string.Create(CultureInfo.InvariantCulture, $", validation soft Dice {score:F4}")
                    : ""));
    }

    // The moving average of the weights needs no such warning: in a short training it averages fewer steps (TrainingOptions.EmaDecay).
    private static string TooShort(TrainingOptions options, int steps, string ends) => string.Create(
        CultureInfo.InvariantCulture,
        $"Training {ends} after {(steps == 1 ? "1 step" : $"{steps} steps")}, within its warm-up of {options.WarmUpSteps} steps "
        + $"(Training.{nameof(options.WarmUpSteps)}), in which the learning rate has not risen to "
        + $"{options.LearningRate}: the model has learned little. Give it more steps or time.");
}
