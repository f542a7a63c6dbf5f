using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Checks;
using Consensus.ML.Tests.Torch.Training;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Tests.Segmentation.Fitting;

/// <summary>Messages, refusals and stored cases before the first step of training.</summary>
[Collection(nameof(TorchMemory))]
public sealed class BeforeTrainingTests
{
    private readonly MLContext _ml = new(seed: 3);
    private readonly List<string> _log = [];

    public BeforeTrainingTests() => _ml.Log += (_, line) => _log.Add($"{line.Kind}: {line.RawMessage}");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_memory_limit_changes_where_cases_are_kept_and_no_weight(bool onePass)
    {
        byte[] inMemory = Weights(onePass, memoryLimit: null);
        Assert.Contains(_log, line => line.StartsWith("Info: Memory: the cases take 0 MB, in memory", StringComparison.Ordinal));
        Assert.DoesNotContain(_log, line => line.StartsWith("Warning: The cases", StringComparison.Ordinal));
        _log.Clear();
        byte[] streamed = Weights(onePass, memoryLimit: 2000);
        Assert.Contains(_log, line => line.StartsWith("Warning: The cases will take about", StringComparison.Ordinal)
            && line.Contains("it makes the same model", StringComparison.Ordinal));
        Assert.Contains(_log, line => line.EndsWith("in a temporary file that training reads them from", StringComparison.Ordinal));
        Assert.Equal(inMemory, streamed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_network_of_more_than_two_gigabytes_is_refused_before_a_case_is_read(bool onePass)
    {
        var network = new NetworkOptions { ModelChannels = 2048, ChannelMultipliers = [1, 2, 4] };
        IDataView cases = _ml.Data.LoadFromEnumerable(NobodyReads());
        IEstimator<ITransformer> estimator = onePass
            ? _ml.Transforms.UNetSegment(new() { Network = network })
            : _ml.Transforms.ConsensusSegment(new() { Network = network });
        string message = Assert.Throws<ArgumentException>(() => estimator.Fit(cases)).Message;
        Assert.Matches(
            @"^The network would have [0-9,]+ weights of [0-9]+\.[0-9]{2} GB, more than the 2\.15 GB that a model can have\. "
            + @"Make Network\.ModelChannels \(2048\)",
            message);
    }

    [Fact]
    public void The_limit_of_a_model_is_what_an_array_holds()
    {
        // Four bytes for each value. The header takes more than nothing.
        var layout = new WeightLayout();
        layout.Add("a", [Array.MaxLength / 4], Initialization.Zeros);
        Assert.Throws<ArgumentException>(() => NetworkCheck.CheckWeights(layout, new()));
        layout = new();
        layout.Add("a", [(Array.MaxLength / 4) - 100], Initialization.Zeros);
        NetworkCheck.CheckWeights(layout, new());
    }

    [Theory]
    [InlineData(2, 50, "Warning: Training is to end after 2 steps, within its warm-up of 50 steps")]
    [InlineData(3, 3, "Warning: Training is to end after 3 steps, within its warm-up of 3 steps")]
    [InlineData(3, 2, null)]
    [InlineData(3, 0, null)]
    public void A_run_that_does_not_leave_its_warm_up_is_warned_of(int steps, int warmUp, string? said)
    {
        foreach (bool onePass in (bool[])[false, true])
        {
            _log.Clear();
            Weights(onePass, null, new() { Steps = steps, BatchSize = 2, Threads = 1, WarmUpSteps = warmUp, ValidationFraction = 0 });
            string[] warnings = [.. _log.Where(line => line.Contains("warm-up", StringComparison.Ordinal))];
            Assert.Equal(said is null ? 0 : 1, warnings.Length);
            Assert.All(warnings, line => Assert.StartsWith(said!, line, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_run_whose_time_was_over_before_its_warm_up_is_warned_of_behind_it()
    {
        Weights(false, null, new()
        {
            Steps = null,
            TimeLimit = TimeSpan.FromMilliseconds(1),
            BatchSize = 2,
            Threads = 1,
            WarmUpSteps = 5000,
            ValidationFraction = 0,
        });
        Assert.Contains(_log, line => line.StartsWith("Warning: Training ended after ", StringComparison.Ordinal)
            && line.Contains("within its warm-up of 5000 steps", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(MirrorAxes.None, "Info: Mirroring: none")]
    [InlineData(MirrorAxes.Columns, "Info: Mirroring: along columns only")]
    [InlineData(MirrorAxes.Rows, "Info: Mirroring: along rows only")]
    [InlineData(MirrorAxes.Both, "Info: Mirroring: along columns and along rows;")]
    public void The_log_says_along_which_axes_cases_are_mirrored_and_the_model_remembers_them(MirrorAxes axes, string said)
    {
        IDataView cases = _ml.Transforms.AugmentSlices("Features", new AugmentationPolicy { Mirror = axes })
            .Fit(Cases())
            .Transform(Cases());
        using UNetSegmentationTransformer model =
            _ml.Transforms.UNetSegment(Options(new() { Steps = 1, BatchSize = 1, Threads = 1, ValidationFraction = 0 }, null)).Fit(cases);
        Assert.Contains(_log, line => line.StartsWith(said, StringComparison.Ordinal));
        Assert.Equal((int)axes, (int)model.Manifest.Training.Mirroring.Axes);
    }

    private byte[] Weights(bool onePass, long? memoryLimit, TrainingOptions? training = null)
    {
        training ??= new() { Steps = 4, BatchSize = 3, Threads = 1, Validations = 2, ValidationFraction = 0.2 };
        IDataView cases = _ml.Transforms.AugmentSlices("Features", AugmentationPolicy.Strong).Fit(Cases()).Transform(Cases());
        if (onePass)
        {
            using UNetSegmentationTransformer model = _ml.Transforms.UNetSegment(Options(training, memoryLimit)).Fit(cases);
            return model.Weights()[0];
        }

        ModelDescription description = Discs.Description();
        using ConsensusSegmentationTransformer consensus = _ml.Transforms.ConsensusSegment(new()
        {
            Network = description.Network, Diffusion = description.Diffusion, Training = training, MemoryLimit = memoryLimit,
            Device = "cpu",
        }).Fit(cases);
        return consensus.Weights()[0];
    }

    private static UNetSegmentationEstimator.Options Options(TrainingOptions training, long? memoryLimit) =>
        new() { Network = Discs.Description().Network, Training = training, MemoryLimit = memoryLimit, Device = "cpu" };

    private IDataView Cases() => _ml.Data.LoadFromEnumerable(
        Discs.Cases(8).Select(one => new Row { Case = one.Name, Features = one.Features, AnnotationPaths = one.Masks.Unpack() }).ToArray());

    private static IEnumerable<Row> NobodyReads()
    {
        yield return Discs.Cases(1).Length == 0 ? new() : throw new InvalidOperationException("A case was read.");
    }

    private sealed class Row
    {
        public string Case { get; set; } = "";

        [VectorType(1, Discs.Side, Discs.Side)]
        public float[] Features { get; set; } = [];

        [RaterMasksType]
        public RaterMasks? AnnotationPaths { get; set; }
    }
}
