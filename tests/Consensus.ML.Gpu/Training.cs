using System.Diagnostics;
using System.Text.Json.Nodes;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Gpu;

/// <summary>Trains a preset for some minutes. A run in a folder with checkpoints goes on from there.</summary>
internal static class Training
{
    private const int PhantomCases = 12;
    private static readonly TimeSpan BetweenWrites = TimeSpan.FromSeconds(1);

    /// <summary>Trains.</summary>
    /// <param name="preset">"paper", "compact" or "toy".</param>
    /// <param name="device">"cpu", "cuda" or "cuda:N".</param>
    /// <param name="limit">Wall time of the whole training, interruptions not counted.</param>
    /// <param name="data">A folder with brain-growth in QUBIQ's layout. If there is none, made-up data takes its place.</param>
    /// <param name="work">A folder for checkpoints.</param>
    /// <param name="output">The file to write, about once a second.</param>
    public static void Run(string preset, string device, TimeSpan limit, string data, string work, string output)
    {
        bool isReal = Directory.Exists(Path.Combine(data, "brain-growth", "train"));
        string root = isReal ? data : Path.Combine(work, "phantom");
        if (!isReal && !Directory.Exists(root))
        {
            PhantomDataset.Write(root, QubiqTask.BrainGrowth, PhantomCases, 1, seed: 1);
        }

        ConsensusSegmentationEstimator.Options options = preset == "paper"
            ? ConsensusSegmentationEstimator.Options.Paper()
            : ConsensusSegmentationEstimator.Options.Compact();
        int side = preset == "toy" ? 32 : 256;

        // Validations of the paper's 25 steps and four generations would take most of these minutes.
        options.Training = options.Training with
        {
            Steps = null,
            TimeLimit = limit,
            Validations = 2,
            ValidationSampling = options.Training.ValidationSampling with { Generations = 1, Steps = preset == "paper" ? 10 : 1 },
        };
        options.Seed = 1;
        options.Device = device;
        options.Checkpoints = new() { Folder = Path.Combine(work, "checkpoints"), Interval = limit / 6, Resume = true };
        var progress = new Log(preset, side, isReal, options.Training.BatchSize, output);
        options.Progress = progress;
        var ml = new MLContext(seed: 1);
        using TransformerChain<ConsensusSegmentationTransformer> model = ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(ml.Transforms.NormalizeSlices("Image"))
            .Append(ml.Transforms.ResizeSlices("Features", "Image", side, side))
            .Append(ml.Transforms.AugmentSlices("Features", preset == "paper" ? new() : AugmentationPolicy.Strong))
            .Append(ml.Transforms.ConsensusSegment(options))
            .Fit(ml.Data.LoadFromQubiq(root, QubiqTask.BrainGrowth, QubiqSplit.Train));
        progress.End(model.LastTransformer.Training);
    }

    /// <summary>Whether a checkpoint lies in the working folder of a training.</summary>
    public static bool HasCheckpoint(string work)
    {
        string folder = Path.Combine(work, "checkpoints");
        return Directory.Exists(folder) && Directory.EnumerateFiles(folder, "step-*.safetensors").Any();
    }

    private sealed class Log(string preset, int side, bool isReal, int batch, string output) : IProgress<TrainingProgress>
    {
        private readonly JsonObject _found = new()
        {
            ["preset"] = preset, ["size"] = side, ["batch"] = batch, ["data"] = isReal ? "brain-growth" : "made up", ["ended"] = false,
        };

        private TrainingProgress? _first;
        private long _written;

        public void Report(TrainingProgress value)
        {
            // The first step chooses kernels; after a resumption, it is the first of this process.
            _first ??= value;
            if (_written != 0 && Stopwatch.GetElapsedTime(_written) < BetweenWrites)
            {
                return;
            }

            _written = Stopwatch.GetTimestamp();
            _found["firstStepOfThisProcess"] = _first.Step;
            _found["steps"] = value.Step;
            _found["seconds"] = value.Elapsed.TotalSeconds;
            _found["loss"] = ResultFile.Node(value.Loss);
            _found["validation"] = value.ValidationScore;
            _found["imagesPerSecond"] = value.Step > _first.Step
                ? (value.Step - _first.Step) * batch / (value.Elapsed - _first.Elapsed).TotalSeconds
                : null;
            ResultFile.Write(output, _found);
        }

        /// <summary>Adds what the whole training came to.</summary>
        public void End(TrainingSummary summary)
        {
            _found["ended"] = true;
            _found["steps"] = summary.Steps;
            _found["validations"] = ResultFile.Node(summary.Validations.Select(one => new { one.Step, one.Loss, one.Score }));
            ResultFile.Write(output, _found);
        }
    }
}
