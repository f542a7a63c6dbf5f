using System.Globalization;
using Consensus.Imaging;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Checks;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Training;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;

namespace Consensus.ML.Segmentation.Models;

/// <summary>
/// Refuses a manifest that no model of this library can have, before memory is reserved by its numbers. A model zip may come from anyone,
/// and the hashes in it find damage, not tampering. The room Checks has the rules for options; the rules for all other members are here.
/// <see cref="ModelFile"/> calls it once when it loads a model.
/// </summary>
/// <remarks>A new member needs its rule here, in the method for the record that has it.</remarks>
internal static class ManifestCheck
{
    private const int HashDigits = 64;

    // In seconds: about thirty years, which a TimeSpan can hold.
    private const double LongestRun = 1e9;

    /// <summary>Checks every value of a manifest.</summary>
    /// <exception cref="InvalidDataException">A value is out of range, or the weights have another size than the network's.</exception>
    public static void Check(ModelManifest manifest)
    {
        try
        {
            manifest.CheckKind();
            CheckCommon(manifest);
            CheckTraining(manifest);
        }
        catch (ArgumentException exception)
        {
            // The value in the file is wrong, not an argument of the caller.
            throw ModelState.Damaged($"in {ModelFile.ManifestName}, {exception.Message.TrimEnd('.')}");
        }
    }

    private static void CheckCommon(ModelManifest manifest)
    {
        OptionRange.Range(nameof(manifest.FormatVersion), manifest.FormatVersion, 1, int.MaxValue);
        CheckColumns(manifest.Columns);
        NetworkCheck.Check(manifest.Network);
        if (manifest.Network.PatchSize is null)
        {
            throw new ArgumentException($"{nameof(manifest.Network)}.{nameof(NetworkOptions.PatchSize)} is null; a trained model has one.");
        }

        SliceLimits.Check(manifest.ImageChannels, manifest.Height, manifest.Width, manifest.Levels);
        NetworkCheck.CheckSize(manifest.Columns.Features, manifest.Height, manifest.Width, manifest.Network);
        SamplingCheck.Check(nameof(manifest.Sampling), manifest.Sampling, manifest.DiffusionSteps);
        CheckWeights(manifest);
    }

    private static void CheckColumns(ManifestColumns columns)
    {
        ColumnContract.CheckedName(columns.Features, nameof(columns.Features));
        ColumnContract.CheckedName(columns.SoftMap, nameof(columns.SoftMap));
        ColumnContract.CheckedName(columns.ConsensusMaps, nameof(columns.ConsensusMaps));
        ColumnContract.CheckedName(columns.Uncertainty, nameof(columns.Uncertainty));
        ColumnContract.CheckedName(columns.Samples, nameof(columns.Samples));
        OutputColumnsCheck.Check(columns.SoftMap, columns.ConsensusMaps, columns.Uncertainty, columns.Samples);
    }

    /// <summary>Checks how each member was trained.</summary>
    private static void CheckTraining(ModelManifest manifest)
    {
        IEnumerable<ManifestTraining> further = manifest.FurtherMembers?.Select(member => member.Training) ?? [];
        foreach (ManifestTraining training in further.Prepend(manifest.Training))
        {
            manifest.CheckTraining(training.Options);
            OptionRange.Defined(nameof(training.MissingRaters), training.MissingRaters);
            if (training.Augmentation is not null)
            {
                SliceAugmentingEstimator.Check(training.Augmentation);
            }

            if (training.MaskOffset is { } offset)
            {
                Within($"{nameof(training.MaskOffset)}.{nameof(offset.Rows)}", offset.Rows, -1, 1);
                Within($"{nameof(training.MaskOffset)}.{nameof(offset.Columns)}", offset.Columns, -1, 1);
            }

            if (training.MaskScale is { } scale)
            {
                Within(
                    $"{nameof(training.MaskScale)}.{nameof(scale.Rows)}", scale.Rows,
                    1.0 / ImageLimits.MaximumValues, ImageLimits.MaximumValues);
                Within(
                    $"{nameof(training.MaskScale)}.{nameof(scale.Columns)}", scale.Columns,
                    1.0 / ImageLimits.MaximumValues, ImageLimits.MaximumValues);
            }

            foreach (int axis in training.VolumeAxes ?? [])
            {
                Within(nameof(training.VolumeAxes), axis, 0, 2);
            }

            CheckHistory(training.History);
        }
    }

    private static void CheckHistory(TrainingHistory history)
    {
        const string Name = "History.";
        Within(Name + nameof(history.Steps), history.Steps, 0, int.MaxValue);
        Within(Name + nameof(history.BestStep), history.BestStep, 0, history.Steps);
        Within(Name + nameof(history.BestValidationScore), history.BestValidationScore ?? 0, 0, 1);
        Within(Name + nameof(history.Seconds), history.Seconds, 0, LongestRun);
        Within(Name + nameof(history.TrainingCases), history.TrainingCases, 0, int.MaxValue);
        Within(Name + nameof(history.ValidationCases), history.ValidationCases, 0, int.MaxValue);
        foreach (ValidationPoint point in history.Validations)
        {
            OptionRange.Given(Name + nameof(history.Validations), point);
            Within($"{Name}{nameof(history.Validations)}.{nameof(point.Step)}", point.Step, 0, history.Steps);
            if (!double.IsFinite(point.Loss))
            {
                throw new ArgumentException($"{Name}{nameof(history.Validations)}.{nameof(point.Loss)} is no finite number.");
            }

            Within($"{Name}{nameof(history.Validations)}.{nameof(point.SoftDice)}", point.SoftDice, 0, 1);
            Within($"{Name}{nameof(history.Validations)}.{nameof(point.Seconds)}", point.Seconds ?? 0, 0, LongestRun);
        }
    }

    /// <summary>Checks that every file of weights has the size that this network needs, and that no two files are the same.</summary>
    private static void CheckWeights(ModelManifest manifest)
    {
        ManifestWeights[] files = [manifest.Weights!, .. manifest.FurtherMembers?.Select(member => member.Weights!) ?? []];
        OptionRange.Range("Members", files.Length, 1, ModelManifest.MostMembers);
        (long least, long most) = Checkpoint.Length(manifest.Description.Layout());
        var hashes = new HashSet<string>(StringComparer.Ordinal);
        for (int member = 0; member < files.Length; member++)
        {
            string name = ModelFile.NameOf(member);
            ManifestWeights file = files[member];
            if (file.File != name)
            {
                throw new ArgumentException($"the weights of member {member + 1} are said to be in '{file.File}'; they must be in {name}.");
            }

            if (file.Bytes < least || file.Bytes > most)
            {
                throw new ArgumentException(
                    $"{name} is said to have {file.Bytes} bytes; the weights of the network it describes take {most}.");
            }

            if (file.Sha256.Length != HashDigits || !file.Sha256.All(char.IsAsciiHexDigitLower))
            {
                throw new ArgumentException($"the SHA-256 of {name} is not {HashDigits} hexadecimal digits.");
            }

            if (!hashes.Add(file.Sha256))
            {
                throw new ArgumentException($"{name} has the SHA-256 of another member; each has weights of its own.");
            }
        }
    }

    private static void Within(string name, double value, double minimum, double maximum)
    {
        if (!(value >= minimum && value <= maximum))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"{name} is {value}; it must be from {minimum} to {maximum}."));
        }
    }
}
