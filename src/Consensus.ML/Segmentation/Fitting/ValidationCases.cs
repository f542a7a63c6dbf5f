using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Consensus.ML.Torch.Training.Batches;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>Reads the cases of a validation set. Refuses cases of groups that are in the training set too.</summary>
internal static class ValidationCases
{
    /// <summary>Makes the reader of a validation set.</summary>
    /// <exception cref="ArgumentException">A column is missing, or the slices have another size than those of training.</exception>
    public static TrainingCaseReader CreateReader(IDataView validation, IFitOptions options, TrainingCaseReader training)
    {
        TrainingCaseReader reader;
        try
        {
            reader = new(validation, options);
        }
        catch (ArgumentException exception)
        {
            throw new ArgumentException($"The validation set: {exception.Message}", exception);
        }

        return (reader.Channels, reader.Height, reader.Width) == (training.Channels, training.Height, training.Width)
            ? reader
            : throw new ArgumentException(
                $"Column '{reader.Features.Name}' is {reader.Channels}×{reader.Height}×{reader.Width} (channels × height × width) "
                + $"in the validation set, but {training.Channels}×{training.Height}×{training.Width} in the training set; "
                + "both must be transformed alike (pipeline.Fit(train, validation) does that).");
    }

    /// <summary>Reads the cases.</summary>
    /// <param name="reader">The reader of the validation set.</param>
    /// <param name="store">Keeps the cases.</param>
    /// <param name="channel">The log.</param>
    /// <param name="training">The training cases.</param>
    /// <param name="cancellation">Ends reading between two cases.</param>
    /// <exception cref="InvalidDataException">A row does not fit, or a group is in both sets.</exception>
    public static IReadOnlyList<TrainingCase> Read(
        TrainingCaseReader reader,
        CaseStore store,
        IChannel channel,
        IReadOnlyList<TrainingCase> training,
        CancellationToken cancellation)
    {
        IReadOnlyList<TrainingCase> validation;
        try
        {
            validation = reader.ReadValidation(
                store, training, line => channel.Warning(MessageSensitivity.UserData, line), cancellation);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"The validation set: {exception.Message}", exception);
        }

        CheckGroups(training, validation);
        WarnOfSharedImages(channel, training, validation);
        return validation;
    }

    private static void CheckGroups(IReadOnlyList<TrainingCase> training, IReadOnlyList<TrainingCase> validation)
    {
        // Two folders may use the same name for different cases. The name of a patient or of a volume must not be in both sets.
        ILookup<string, TrainingCase> trained = training.ToLookup(trainingCase => trainingCase.Group, StringComparer.Ordinal);
        foreach (TrainingCase candidate in validation)
        {
            if (trained[candidate.Group].FirstOrDefault(other => !candidate.IsOwnGroup || !other.IsOwnGroup) is { } other)
            {
                throw new InvalidDataException(
                    $"{candidate.Name} of the validation set and {other.Name} of the training set are both of the group "
                    + $"'{candidate.Group}': weights chosen by cases that were trained on would not be the best for new ones. Take the "
                    + "group out of one of the sets.");
            }
        }
    }

    private static void WarnOfSharedImages(
        IChannel channel,
        IReadOnlyList<TrainingCase> training,
        IReadOnlyList<TrainingCase> validation)
    {
        Dictionary<string, TrainingCase> images = [];
        foreach (TrainingCase trainingCase in training)
        {
            images.TryAdd(HashImage(trainingCase), trainingCase);
        }

        (TrainingCase Here, TrainingCase There)[] twins =
        [
            .. validation.Where(candidate => images.ContainsKey(HashImage(candidate)))
                .Select(candidate => (candidate, images[HashImage(candidate)])),
        ];
        if (twins.Length > 0)
        {
            channel.Warning(
                MessageSensitivity.UserData,
                $"{twins.Length} of {validation.Count} validation cases have the very image of a training case, and say nothing of new "
                + $"ones; the first: {twins[0].Here.Name}, as {twins[0].There.Name}.");
        }

        static string HashImage(TrainingCase pictured) =>
            Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(pictured.Features.AsSpan())));
    }
}
