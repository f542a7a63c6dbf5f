using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Microsoft.ML;

namespace Consensus.ML.Segmentation;

public sealed partial class ConsensusSegmentationEstimator
{
    /// <summary>Options of <see cref="ConsensusSegmentationEstimator"/>; new ones are the Compact preset.</summary>
    public sealed class Options : SegmentationOptions
    {
        /// <summary>The Compact preset.</summary>
        public Options()
            : base(Presets.Compact.Network, Presets.Compact.Training, Presets.Compact.Sampling)
        {
        }

        /// <summary>
        /// What the network learns to draw. Default <see cref="TrainingTarget.Consensus"/>: the levels of consensus, the paper's method.
        /// </summary>
        public TrainingTarget Target { get; set; } = TrainingTarget.Consensus;

        /// <summary>The diffusion process. Default: that of the preset.</summary>
        public DiffusionOptions Diffusion { get; set; } = Presets.Compact.Diffusion;

        internal override string? RaterLevelSource => Target == TrainingTarget.Annotator ? $"the target {Target}" : null;

        /// <summary>
        /// For two CPU cores: a small network that predicts the clean map, sampled in few steps. Made for slices of about 64 pixels.
        /// </summary>
        /// <param name="target">
        /// What the network learns. The learning rate depends on it: 1e-3 where a step learns all maps of an image, 2e-3 where it learns
        /// one map, or the mean of the maps.
        /// </param>
        /// <param name="levelConditioning">How the network tells levels (or raters) apart: by default it draws all in one pass.</param>
        public static Options Compact(
            TrainingTarget target = TrainingTarget.Consensus,
            LevelConditioning levelConditioning = LevelConditioning.Channels) => new()
            {
                Target = target,
                Network = Presets.Compact.Network with { LevelConditioning = levelConditioning },
                Training = Presets.Compact.Training with { LearningRate = Presets.Compact.LearningRate(target, levelConditioning) },
            };

        /// <summary>
        /// The published model and recipe (Amit et al. 2023, section 4): meant for slices resized to 256 × 256, varied as published
        /// (<c>AugmentSlices("Features", new AugmentationPolicy())</c>), and for a GPU.
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
        /// diffusion process, target, columns, sampling and training recipe; all but the first three can then be changed.
        /// </summary>
        /// <remarks>
        /// The whole recipe runs again, warm-up included. NormalizeSlices is fitted again with the pipeline, to the new data.
        /// </remarks>
        /// <param name="model">
        /// A <see cref="ConsensusSegmentationTransformer"/>, or a chain with one in it; dispose it only after training.
        /// </param>
        /// <exception cref="ArgumentException">The model has no consensus segmentation in it.</exception>
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
