using System.Diagnostics;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Tests.Torch.Training;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training.Loop;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Segmentation;

/// <summary>
/// Memory stays the same however long a run trains or a model predicts. TorchSharp counts its tensors, and the process's memory is read.
/// </summary>
[Collection(nameof(TorchMemory))]
public sealed class FlatMemoryTests
{
    // A step that kept its activations would add about a megabyte each time. The allocator's own changes stay below this.
    private const long Tolerance = 32L << 20;

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(false)]
    [InlineData(true)]
    public void Memory_is_flat_over_training_steps_and_predictions(bool sparing) =>
        Run(warmUp: 40, steps: 200, predictions: sparing ? 0 : 160, sparing);

    /// <summary>Lengths as for servers and long runs. Takes minutes: <c>dotnet test -c Release --filter "Category=Slow"</c>.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void Memory_is_flat_over_ten_thousand_steps_and_a_thousand_predictions() =>
        Run(warmUp: 100, steps: 10_000, predictions: 1000, sparing: false);

    private static void Run(int warmUp, int steps, int predictions, bool sparing)
    {
        var options = new TrainingOptions
        {
            Steps = steps, BatchSize = 2, PairsPerImage = 2, LearningRate = 1e-4, Threads = 1, Validations = steps / 10,
            Precision = Precision.BFloat16,
            MicroBatchSize = sparing ? 1 : null, GradientCheckpointing = sparing,
            ValidationSampling = new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 1 },
        };
        var training = new Watch(warmUp);
        (ConsensusModel model, _) = new ConsensusTrainer(Discs.Description(), options, new AugmentationPolicy(), [0f], 1, CPU)
            .Train(Discs.Cases(10), training, null, CancellationToken.None);
        training.AssertFlat();
        using (model)
        {
            var predicting = new Watch(warmUp);
            float[] features = Discs.Cases(1)[0].Features;
            for (int i = 1; i <= predictions; i++)
            {
                model.Predict(
                    features,
                    new()
                    {
                        Generations = 2,
                        Sampler = SamplerKind.Ddpm,
                        Steps = 3,
                        Precision = i % 2 == 0 ? Precision.BFloat16 : Precision.Float32,
                    },
                    (ulong)i);
                predicting.Note(i);
            }

            if (predictions > 0)
            {
                predicting.AssertFlat();
            }
        }
    }

    [Fact]
    public void An_ensemble_leaves_nothing_behind_whether_it_predicts_or_is_damaged()
    {
        using ConsensusModel one = ConsensusModel.Create(Discs.Description(), CPU, 1),
            two = ConsensusModel.Create(Discs.Description(), CPU, 2);
        byte[][] weights = [one.SaveWeights(), two.SaveWeights()];
        float[] features = Discs.Cases(1)[0].Features;
        Run();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Run();
        Assert.Throws<InvalidDataException>(() => ConsensusModel.Load(Discs.Description(), [weights[0], weights[1][..^8]], CPU));
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Run()
        {
            using ConsensusModel ensemble = ConsensusModel.Load(Discs.Description(), weights, CPU);
            foreach (Precision precision in new[] { Precision.Float32, Precision.BFloat16 })
            {
                ensemble.Predict(features, new() { Generations = 2, Sampler = SamplerKind.Ddpm, Steps = 3, Precision = precision }, 1);
                ensemble.Predict(
                    features, new() { Generations = 2, Tolerance = 1e-9, Sampler = SamplerKind.Ddim, Steps = 1, Precision = precision }, 1);
            }
        }
    }

    /// <summary>Compares what is held after a warm-up and at the end.</summary>
    private sealed class Watch(int warmUp) : IProgress<TrainingProgress>
    {
        private (long Tensors, long Bytes)? _first;
        private (long Tensors, long Bytes) _last;
        private int _notes;

        public void Report(TrainingProgress value)
        {
            if (value.Fraction < 1)
            {
                Note(value.Step);
            }
        }

        public void Note(int step)
        {
            if (step % warmUp != 0)
            {
                return;
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
            using var process = Process.GetCurrentProcess();
            _last = (DisposeScopeManager.Statistics.ThreadTotalLiveCount, process.WorkingSet64);
            _first ??= _last;
            _notes++;
        }

        public void AssertFlat()
        {
            Assert.True(_notes >= 4);
            Assert.Equal(_first!.Value.Tensors, _last.Tensors);
            Assert.InRange(_last.Bytes - _first.Value.Bytes, long.MinValue, Tolerance);
        }
    }
}
