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

        /// <summary>
        /// The names of several structures that one network learns together, such as the tasks of a data set: 1 to 64 names, each once.
        /// The columns of the masks are then called by them, such as AnnotationPaths.core (and RaterNames.core); so are the columns of
        /// the prediction, such as SoftMap.core. A case that lacks a structure (an empty vector, or no masks) is trained on for the
        /// others. Structures may have different numbers of raters: each has as many levels as raters, or
        /// <see cref="SegmentationOptions.Levels"/> where that is given. For the target Consensus only. Default empty: one structure, whose
        /// columns have their own names.
        /// </summary>
        public IReadOnlyList<string> Structures { get; set; } = [];

        /// <summary>
        /// Whether the network also learns the mask that each rater draws, by name, beside the levels of agreement. The prediction then
        /// has a column for each rater, such as RaterMap.Ann. Training needs the column of the raters' names. A rater who did not draw a
        /// case is not learned from it. For the target Consensus only. Their names are known only once the model is trained: a step that
        /// reads such a column is fitted to the predictions of the model, and not in the same chain. Default false.
        /// </summary>
        public bool NamedRaters { get; set; }

        /// <summary>
        /// The first part of the names of the output columns with the raters' masks, where <see cref="NamedRaters"/> is set: the mask that
        /// the rater Ann would draw is in RaterMap.Ann, height × width values in [0, 1]. Default "RaterMap".
        /// </summary>
        public string RaterMapColumnName { get; set; } = SegmentedStructure.DefaultRaterMap;

        /// <summary>The diffusion process. Default: the process of the preset.</summary>
        public DiffusionOptions Diffusion { get; set; } = Presets.Compact.Diffusion;

        internal override string? RaterLevelSource => Target == TrainingTarget.Annotator ? $"the target {Target}" : null;

        /// <summary>
        /// For two CPU cores: a small network that predicts the clean map, sampled in few steps. Made for slices of about 64 pixels.
        /// </summary>
        /// <param name="target">
        /// What the network learns. The learning rate depends on it: 1e-3 where a training step learns all maps of an image, 2e-3 where it
        /// learns one map or the mean of the maps.
        /// </param>
        /// <param name="levelConditioning">
        /// How the network tells levels (or raters) apart. By default one pass draws all of them, and training takes
        /// <see cref="OptimizerKind.Muon"/>; with an embedding it takes <see cref="OptimizerKind.AdamW"/> and the rate 2e-3.
        /// </param>
        public static Options Compact(
            TrainingTarget target = TrainingTarget.Consensus,
            LevelConditioning levelConditioning = LevelConditioning.Channels) => new()
            {
                Target = target,
                Network = Presets.Compact.Network with { LevelConditioning = levelConditioning },
                Training = Presets.Compact.TrainingOf(target, levelConditioning),
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
            var options = new Options
            {
                Target = manifest.Target,
                Diffusion = manifest.Diffusion,
                Structures = manifest.Structures is null or [{ Name: "" }] ? [] : [.. manifest.Structures.Select(one => one.Name)],
                NamedRaters = manifest.Structures?.Any(structure => structure.Raters.Count > 0) == true,
                RaterMapColumnName = manifest.Columns.RaterMap ?? SegmentedStructure.DefaultRaterMap,
            };
            StartingModel.TakeOver(options, manifest, model);
            return options;
        }

        internal override IReadOnlyList<string> StructureNames => Structures;

        internal override bool DrawsNamedRaters => NamedRaters;

        internal override ManifestColumns Columns => base.Columns with { RaterMap = NamedRaters ? RaterMapColumnName : null };

        internal override void Check() => OptionsCheck.Check(this);

        internal override DiffusionManifest CreateManifest(ModelShape shape, int seed, ManifestTraining training) =>
            new(Columns, Sampling, shape, seed, training)
            {
                Target = Target,
                Diffusion = Diffusion,
                Structures = shape.Structures,
            };
    }
}
