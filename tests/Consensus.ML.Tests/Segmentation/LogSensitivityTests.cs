using System.Reflection;
using Consensus.Imaging.Cases;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.MLNet;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Tests.Segmentation;

/// <summary>ML.NET's log marks each message that holds the user's data. Names of cases and of files are the user's data.</summary>
public sealed class LogSensitivityTests : IDisposable
{
    // This word is in every name and path, and in no text of the library itself.
    private const string Secret = "Jane-Doe";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Names_of_cases_and_files_are_marked_as_user_data()
    {
        var ml = new MLContext(seed: 1);
        var log = new List<(string Kind, MessageSensitivity Sensitivity, string Text)>();
        IHostEnvironment environment = Recorded<IHostEnvironment>(ml.Environment(), log);
        PhantomDataset.Write(_folder.Root, QubiqTask.Kidney, trainCases: 4, validationCases: 1, seed: 1, size: 16);
        RaterCase[] cases = [.. QubiqDataset.List(_folder.Root, QubiqTask.Kidney, QubiqSplit.Train).Cases
            .Select((one, i) => one with { Name = $"{Secret} {i}" })];

        // One case has fewer raters, and is left out with a warning.
        cases[0] = cases[0] with { AnnotationPaths = [cases[0].AnnotationPaths[0]], RaterNames = ["1"] };
        IDataView data = ml.Data.LoadFromCases(cases);
        IDataView features = ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(ml.Transforms.ResizeSlices("Features", "Image", 16, 16))
            .Fit(data)
            .Transform(data);
        var options = new UNetSegmentationEstimator.Options
        {
            Network = new()
            {
                ModelChannels = 32,
                ChannelMultipliers = [1],
                AttentionResolutions = [],
                EncoderBlocks = 1,
                EncoderWidth = 4,
                EncoderGrowth = 2,
            },
            Training = new() { Steps = 1, BatchSize = 1, Threads = 1, ValidationFraction = 0 },
            Checkpoints = new() { Folder = _folder[$"{Secret} checkpoints"] },
        };
        using UNetSegmentationTransformer model = new UNetSegmentationEstimator(environment, options).Fit(features);
        new SegmentationCatalog(environment).Evaluate(model.Transform(features));

        Assert.Contains(log, line => line is { Kind: "Warning", Sensitivity: MessageSensitivity.UserData }
            && line.Text.Contains($"{Secret} 0' was left out", StringComparison.Ordinal));
        Assert.Contains(log, line => line is { Kind: "Trace", Sensitivity: MessageSensitivity.UserData }
            && line.Text.Contains($"{Secret} 3", StringComparison.Ordinal));
        Assert.Contains(
            log, line => line is { Sensitivity: MessageSensitivity.Schema } && line.Text.Contains("'Features'", StringComparison.Ordinal));
        Assert.All(
            log.Where(
                line => line.Text.Contains(Secret, StringComparison.Ordinal) || line.Text.Contains(_folder.Root, StringComparison.Ordinal)),
            line => Assert.Equal(MessageSensitivity.UserData, line.Sensitivity));
        Assert.Contains(log, line => line.Sensitivity == MessageSensitivity.None);
    }

    private static T Recorded<T>(object real, List<(string, MessageSensitivity, string)> log)
        where T : class
    {
        T proxy = DispatchProxy.Create<T, Recorder>();
        ((Recorder)(object)proxy).Set(real, log);
        return proxy;
    }

    /// <summary>Passes every call on. It records the messages to channels, and wraps the objects that it returns.</summary>
    public class Recorder : DispatchProxy
    {
        private object _real = null!;
        private List<(string, MessageSensitivity, string)> _log = null!;

        internal void Set(object real, List<(string, MessageSensitivity, string)> log) => (_real, _log) = (real, log);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (args is [MessageSensitivity sensitivity, string format, ..])
            {
                _log.Add((targetMethod!.Name, sensitivity, args is [_, _, object[] parts]
                    ? string.Format(System.Globalization.CultureInfo.InvariantCulture, format, parts)
                    : format));
            }

            return targetMethod!.Invoke(_real, args) switch
            {
                IHost host => Recorded<IHost>(host, _log),
                IChannel channel => Recorded<IChannel>(channel, _log),
                var other => other,
            };
        }
    }
}
