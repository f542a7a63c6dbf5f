using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Microsoft.ML;

namespace Consensus.ML.Segmentation;

public sealed partial class UNetSegmentationEstimator
{
    /// <summary>Options of <see cref="UNetSegmentationEstimator"/>; new ones suit two CPU cores and slices of about 64 pixels.</summary>
    /// <remarks>
    /// <para>
    /// Network: the image goes into the first convolution, so Conditioning and the options of the encoder are ignored. The kind
    /// <see cref="UNetKind.MonteCarloDropout"/> ignores Dropout too, for <see cref="PassDropout"/>.
    /// </para>
    /// <para>
    /// Training: the loss is cross-entropy, with <see cref="TrainingOptions.DiceLossWeight"/> of a soft Dice loss beside it.
    /// PairsPerImage, TimePower and MinSnrGamma belong to diffusion alone and are ignored.
    /// </para>
    /// <para>
    /// Sampling: Precision matters to every kind; Generations (the number of passes, default 16), Tolerance and Seed matter to
    /// <see cref="UNetKind.MonteCarloDropout"/>. With Mirror (the default) its passes take turns at the mirror images that training's
    /// augmentation knew; the other kinds average one pass over each of these, up to Generations passes. Without Mirror they take one
    /// pass. The rest is ignored.
    /// </para>
    /// </remarks>
    public sealed class Options : SegmentationOptions
    {
        /// <summary>The consensus levels, for two CPU cores.</summary>
        public Options()
            : base(Presets.UNet.Network, Presets.UNet.Training, Presets.UNet.Sampling)
        {
        }

        /// <summary>What the network learns of the raters. Default <see cref="UNetKind.Levels"/>: each level of agreement.</summary>
        public UNetKind Kind { get; set; } = UNetKind.Levels;

        /// <summary>
        /// Whether the maps that a prediction is made of are rounded, 1 only above 0.5, before the soft map is their mean. Null (the
        /// default) rounds levels, as the paper's method does, and leaves the probabilities of the other kinds as they are, as is usual
        /// with them. A kind of one map becomes a binary one when it is rounded.
        /// </summary>
        public bool? RoundMaps { get; set; }

        /// <summary>
        /// Probability, above 0 and below 1, that <see cref="UNetKind.MonteCarloDropout"/> drops a value inside a residual block, while
        /// training and in each pass. Default 0.2.
        /// </summary>
        public double PassDropout { get; set; } = 0.2;

        internal override string? RaterLevelSource => Kind == UNetKind.MultiHead ? $"the kind {Kind}" : null;

        /// <summary>
        /// Options to train a finished model further (fine-tuning), on the same data or other data. They have the model's network, kind,
        /// columns, sampling and training recipe; all but the first two can then be changed.
        /// </summary>
        /// <remarks>
        /// The whole recipe runs again, warm-up included. NormalizeSlices is fitted again with the pipeline, to the new data.
        /// </remarks>
        /// <param name="model">
        /// A <see cref="UNetSegmentationTransformer"/>, or a chain with one in it; dispose it only after training.
        /// </param>
        /// <exception cref="ArgumentException">The model has no one-pass U-Net in it.</exception>
        public static Options ContinueFrom(ITransformer model)
        {
            OnePassManifest manifest = StartingModel.Require<UNetSegmentationTransformer>(model, nameof(model)).Manifest;
            var options = new Options { Kind = manifest.Kind, RoundMaps = manifest.Rounded, PassDropout = manifest.PassDropout };
            StartingModel.TakeOver(options, manifest, model);
            return options;
        }

        internal override void Check() => OptionsCheck.Check(this);

        internal override OnePassManifest CreateManifest(ModelShape shape, int seed, ManifestTraining training) =>
            new(Columns, Sampling, shape, seed, training)
            {
                Kind = Kind,
                Rounded = RoundMaps ?? (Kind == UNetKind.Levels),
                PassDropout = PassDropout,
            };
    }
}
