using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Microsoft.ML;

namespace Consensus.ML.Segmentation;

public sealed partial class ConsensusSegmentationEstimator
{
    /// <summary>Options of <see cref="ConsensusSegmentationEstimator"/>. New options have the values of the Compact preset.</summary>
    public sealed class Options : SegmentationOptions
    {
        /// <summary>Makes options with the values of the Compact preset.</summary>
        public Options()
            : base(Presets.Compact.Network, Presets.Compact.Training, Presets.Compact.Sampling)
        {
        }

        /// <summary>
        /// What the network learns to draw. Default <see cref="TrainingTarget.Consensus"/>: the levels of consensus, as in the paper.
        /// </summary>
        public TrainingTarget Target { get; set; } = TrainingTarget.Consensus;

        /// <summary>The diffusion process. Default: the process of the preset.</summary>
        public DiffusionOptions Diffusion { get; set; } = Presets.Compact.Diffusion;

        internal override string? RaterLevelSource => Target == TrainingTarget.Annotator ? $"the target {Target}" : null;

        /// <summary>
        /// For two CPU cores: a small network that predicts the clean map, sampled in few steps. Made for slices of about 64 pixels.
        /// </summary>
        /// <param name="target">
        /// What the network learns. The learning rate depends on it: 1e-3 where a training step learns all maps of an image, 2e-3 where
        /// it learns one map or the mean of the maps.
        /// </param>
        /// <param name="levelConditioning">How the network tells levels (or raters) apart. By default one pass draws all of them.</param>
        public static Options Compact(
            TrainingTarget target = TrainingTarget.Consensus,
            LevelConditioning levelConditioning = LevelConditioning.Channels) => new()
            {
                Target = target,
                Network = Presets.Compact.Network with { LevelConditioning = levelConditioning },
                Training = Presets.Compact.Training with { LearningRate = Presets.Compact.LearningRate(target, levelConditioning) },
            };

        /// <summary>
        /// The published model and recipe (Amit et al. 2023, section 4). It is meant for a GPU, and for slices that are resized to
        /// 256 × 256 and augmented as published (<c>AugmentSlices("Features", new AugmentationPolicy())</c>).
        /// </summary>
        public static Options Paper() => new()
        {
            Network = Presets.Paper.Network,
            Diffusion = Presets.Paper.Diffusion,
            Training = Presets.Paper.Training,
            Sampling = Presets.Paper.Sampling,
        };

        /// <summary>
        /// Options to train a finished model further (fine-tuning), on the same data or other data. They have the model's network,
        /// diffusion process, target, columns, sampling and training recipe. All except the first three can then be changed.
        /// </summary>
        /// <remarks>
        /// The whole recipe runs again, including the warm-up. The pipeline fits NormalizeSlices again, to the new data.
        /// </remarks>
        /// <param name="model">
        /// A <see cref="ConsensusSegmentationTransformer"/>, or a chain that contains it. Dispose it only after training.
        /// </param>
        /// <exception cref="ArgumentException">The model contains no consensus segmentation.</exception>
        public static Options ContinueFrom(ITransformer model)
        {
            DiffusionManifest manifest = StartingModel.Require<ConsensusSegmentationTransformer>(model, nameof(model)).Manifest;
            var options = new Options { Target = manifest.Target, Diffusion = manifest.Diffusion };
            StartingModel.TakeOver(options, manifest, model);
            return options;
        }

        internal override void Check() => OptionsCheck.Check(this);

        internal override DiffusionManifest CreateManifest(ModelShape shape, int seed, ManifestTraining training) =>
            new(Columns, Sampling, shape, seed, training) { Target = Target, Diffusion = Diffusion };
    }
}
