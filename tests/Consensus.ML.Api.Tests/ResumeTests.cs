using System.Runtime.InteropServices;
using System.Text;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;

namespace Consensus.ML.Api.Tests;

/// <summary>Interrupted runs that are continued, and finished models that are trained further, as a program does it.</summary>
[Collection(nameof(TinyModel))]
public sealed class ResumeTests(TinyModel tiny) : IDisposable
{
    private readonly MLContext _ml = new(seed: 5);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_cancelled_fit_is_taken_up_by_the_next_one()
    {
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.Training = options.Training with { Steps = 4 };
        using ConsensusSegmentationTransformer whole = Fit(options);

        options.Checkpoints = new() { Folder = _folder["run"], Resume = true };
        using var source = new CancellationTokenSource();
        options.Cancellation = source.Token;
        options.Progress = new ProgressCallback(report =>
        {
            if (report.Step == 2)
            {
                source.Cancel();
            }
        });
        using (ConsensusSegmentationTransformer early = Fit(options))
        {
            Assert.True(early.Training.Cancelled);
            Assert.Equal(2, early.Training.Steps);
        }

        options.Cancellation = CancellationToken.None;
        options.Progress = null;
        using ConsensusSegmentationTransformer resumed = Fit(options), again = Fit(options);
        Assert.Equal((4, false), (resumed.Training.Steps, resumed.Training.Cancelled));
        whole.SaveCheckpoint(_folder["whole"]);
        resumed.SaveCheckpoint(_folder["resumed"]);
        again.SaveCheckpoint(_folder["again"]);
        Assert.Equal(File.ReadAllBytes(_folder["whole"]), File.ReadAllBytes(_folder["resumed"]));
        Assert.Equal(File.ReadAllBytes(_folder["whole"]), File.ReadAllBytes(_folder["again"]));
        Assert.Equal(resumed.Training, again.Training);

        // The manifest of a model says nothing of a folder.
        Assert.DoesNotContain(_folder["run"], Encoding.Latin1.GetString(File.ReadAllBytes(_folder["resumed"])));
    }

    [Fact]
    public void A_damaged_checkpoint_that_is_passed_over_is_a_warning_in_the_log()
    {
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.Checkpoints = new() { Folder = _folder["run"], EverySteps = 1, Resume = true };
        Fit(options).Dispose();
        File.WriteAllText(_folder["run/step-000000002.safetensors"], "nothing");
        var log = new List<string>();
        _ml.Log += (_, message) => log.Add($"{message.Kind}: {message.RawMessage}");
        Fit(options).Dispose();
        Assert.Contains(log, line => line.StartsWith("Warning: The checkpoint '", StringComparison.Ordinal)
            && line.EndsWith("Training goes on from that of step 1.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_finished_model_is_where_further_training_begins()
    {
        ConsensusSegmentationTransformer model = DeterminismTests.Segmentation(tiny.Model);
        ConsensusSegmentationEstimator.Options options = ConsensusSegmentationEstimator.Options.ContinueFrom(tiny.Model);
        Assert.Equal((model.Target, model.Sampling, 2), (options.Target, options.Sampling, options.Training.Steps));

        // The steps are far too small to be seen: the result equals the input.
        options.Training = options.Training with { LearningRate = 1e-30 };
        using (ConsensusSegmentationTransformer same = Fit(options))
        {
            same.SaveCheckpoint(_folder["same"]);
            model.SaveCheckpoint(_folder["model"]);
            Assert.All(Values(_folder["model"]).Zip(Values(_folder["same"])), pair => Assert.Equal(pair.First, pair.Second, 1e-20f));
        }

        options.Training = options.Training with { LearningRate = 1e-3 };
        using ConsensusSegmentationTransformer further = Fit(options);
        further.SaveCheckpoint(_folder["further"]);
        Assert.NotEqual(File.ReadAllBytes(_folder["model"]), File.ReadAllBytes(_folder["further"]));
    }

    [Fact]
    public void A_model_of_another_network_is_refused_with_what_differs()
    {
        ConsensusSegmentationEstimator.Options options = ConsensusSegmentationEstimator.Options.ContinueFrom(tiny.Model);
        options.Network = options.Network with { ResidualBlocks = 2, Dropout = 0.1 };
        options.Diffusion = options.Diffusion with { Steps = 9 };
        string message = Assert.Throws<ArgumentException>(() => Fit(options)).Message;
        Assert.Equal(
            "The model to start from cannot be trained further with these options and data: Network.ResidualBlocks is 1 there and 2 here; "
            + "Diffusion.Steps is 8 there and 9 here. Options.ContinueFrom takes over the model's.",
            message);

        CaseRow[] four = [.. Enumerable.Range(1, 3).Select(number => Blobs.WriteCase(_folder[$"case{number:00}"], number, raters: 4))];
        options = ConsensusSegmentationEstimator.Options.ContinueFrom(tiny.Model);
        message = Assert.Throws<ArgumentException>(() => Pipelines.Build(_ml, options).Fit(_ml.Data.LoadFromEnumerable(four))).Message;
        Assert.Contains("Levels is 3 there and 4 here", message, StringComparison.Ordinal);
        Assert.Contains(
            "16×16",
            Assert.Throws<ArgumentException>(() => Pipelines.Build(_ml, options, side: 32).Fit(tiny.Data)).Message,
            StringComparison.Ordinal);

        ITransformer copy = _ml.Transforms.CopyColumns("Other", "Case").Fit(tiny.Data);
        Assert.Contains(
            "no weights to start from",
            Assert.Throws<ArgumentException>(() => ConsensusSegmentationEstimator.Options.ContinueFrom(copy)).Message,
            StringComparison.Ordinal);
        options.StartFrom = copy;
        Assert.Contains(
            "no weights to start from",
            Assert.Throws<ArgumentException>(() => _ml.Transforms.ConsensusSegment(options)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>The values of a safetensors file, without its header.</summary>
    private static float[] Values(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return MemoryMarshal.Cast<byte, float>(bytes.AsSpan(8 + (int)BitConverter.ToInt64(bytes))).ToArray();
    }

    private ConsensusSegmentationTransformer Fit(ConsensusSegmentationEstimator.Options options) =>
        Pipelines.Build(_ml, options).Fit(tiny.Data).LastTransformer;
}
