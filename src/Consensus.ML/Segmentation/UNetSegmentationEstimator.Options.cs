using Consensus.ML.Options;
using Consensus.ML.Segmentation.Checks;
using Consensus.ML.Segmentation.Models;
using Microsoft.ML;

namespace Consensus.ML.Segmentation;

public sealed partial class UNetSegmentationEstimator
{
    /// <summary>Options of <see cref="UNetSegmentationEstimator"/>. New options suit two CPU cores and slices of about 64 pixels.</summary>
    /// <remarks>
    /// <para>
    /// Network: the image goes into the first convolution, so Conditioning and the options of the encoder are ignored. The kind
    /// <see cref="UNetKind.MonteCarloDropout"/> ignores Dropout too and uses <see cref="PassDropout"/> instead. Of
    /// <see cref="UNetKind.FullyConvolutional"/> and <see cref="UNetKind.FixedPoint"/> only ModelChannels counts, beside
    /// <see cref="FullyConvolutional"/>; <see cref="UNetKind.DeepAttention"/> ignores the options of self-attention.
    /// </para>
    /// <para>
    /// Training: the loss is cross-entropy plus <see cref="TrainingOptions.DiceLossWeight"/> times a soft Dice loss. The kinds
    /// <see cref="UNetKind.StochasticSegmentation"/> and <see cref="UNetKind.ProbabilisticUNet"/> have losses of their own, and ignore
    /// DiceLossWeight. PairsPerImage, TimePower and MinSnrGamma belong to diffusion alone and are ignored.
    /// </para>
    /// <para>
    /// Sampling: Precision matters to every kind; Generations (the number of passes or drawn masks, default 16), Tolerance and Seed
    /// matter to the kinds that draw at random (<see cref="UNetKinds.DrawsAtRandom"/>). With Mirror (the default) their passes and masks
    /// take turns at the mirror images that the training augmentation made; the other kinds average one pass over each mirror image, up
    /// to Generations passes. Without Mirror, the other kinds take one pass. All other sampling options are ignored.
    /// </para>
    /// </remarks>
    public sealed class Options : SegmentationOptions
    {
        /// <summary>Makes options for the consensus levels and two CPU cores.</summary>
        public Options()
            : base(Presets.UNet.Network, Presets.UNet.Training, Presets.UNet.Sampling)
        {
        }

        /// <summary>
        /// What the network learns from the raters. Default <see cref="UNetKind.Levels"/>: each level of agreement. It changes no other
        /// option; <see cref="Compact"/> makes options for another kind.
        /// </summary>
        public UNetKind Kind { get; set; } = UNetKind.Levels;

        /// <summary>
        /// Whether each predicted map is rounded before the mean of the maps becomes the soft map: values above 0.5 become 1, all others
        /// 0. Null (the default) rounds the maps of <see cref="UNetKind.Levels"/>, as the paper's method does, and leaves the
        /// probabilities of the other kinds as they are, as is usual for them. A kind with a single map gives a binary soft map when it
        /// is rounded.
        /// </summary>
        public bool? RoundMaps { get; set; }

        /// <summary>
        /// Probability, above 0 and below 1, that <see cref="UNetKind.MonteCarloDropout"/> drops a value inside a residual block, both in
        /// training and in each pass of a prediction. Default 0.2.
        /// </summary>
        public double PassDropout { get; set; } = 0.2;

        /// <summary>
        /// The network of the kinds <see cref="UNetKind.FullyConvolutional"/> and <see cref="UNetKind.FixedPoint"/>. Null (the default) for
        /// the defaults of <see cref="FullyConvolutionalOptions"/>. Other kinds ignore it.
        /// </summary>
        public FullyConvolutionalOptions? FullyConvolutional { get; set; }

        /// <summary>
        /// How <see cref="UNetKind.FixedPoint"/> crops, and when it stops. Null (the default) for the defaults of
        /// <see cref="FixedPointOptions"/>. Other kinds ignore it.
        /// </summary>
        public FixedPointOptions? FixedPoint { get; set; }

        /// <summary>
        /// How much each rater counts in the predictions of <see cref="UNetKind.MultiRaterAgreement"/>: a number of at least 0 for each
        /// rater, in the natural order of their names (2 before 10) where they have names; only the ratios matter. Null (the default) for
        /// raters who count equally, whose map is the soft map that scores compare with. Training learns all ratios, so it does not depend
        /// on this. Other kinds ignore it.
        /// </summary>
        public IReadOnlyList<double>? Expertise { get; set; }

        /// <summary>
        /// How <see cref="UNetKind.StochasticSegmentation"/> draws masks; other kinds ignore it. Default: the values of the preset, which
        /// are those of the method's paper.
        /// </summary>
        public StochasticOptions Stochastic { get; set; } = new();

        /// <summary>
        /// How <see cref="UNetKind.ProbabilisticUNet"/> draws masks; other kinds ignore it. Default: the values of the preset, which are
        /// the published ones.
        /// </summary>
        public ProbabilisticOptions Probabilistic { get; set; } = new();

        /// <summary>
        /// For two CPU cores and slices of about 64 pixels: the options that a kind was measured with. New options are those of
        /// <see cref="UNetKind.Levels"/>, which trains with <see cref="OptimizerKind.Muon"/>; the other kinds train with
        /// <see cref="OptimizerKind.AdamW"/>.
        /// </summary>
        /// <param name="kind">What the network learns from the raters.</param>
        public static Options Compact(UNetKind kind = UNetKind.Levels) => new()
        {
            Kind = kind,
            Training = Presets.UNet.TrainingOf(kind),
        };

        internal override string? RaterLevelSource => Kind.LevelsAreRaters() ? $"the kind {Kind}" : null;

        /// <summary>
        /// Options to train a finished model further (fine-tuning), on the same data or other data. They have the model's network, kind,
        /// columns, sampling and training recipe. All except the first two can then be changed.
        /// </summary>
        /// <remarks>
        /// The whole recipe runs again, including the warm-up. The pipeline fits NormalizeSlices again, to the new data.
        /// </remarks>
        /// <param name="model">
        /// A <see cref="UNetSegmentationTransformer"/>, or a chain that contains it. Dispose it only after training.
        /// </param>
        /// <exception cref="ArgumentException">The model contains no one-pass U-Net.</exception>
        public static Options ContinueFrom(ITransformer model)
        {
            OnePassManifest manifest = StartingModel.Require<UNetSegmentationTransformer>(model, nameof(model)).Manifest;
            var options = new Options
            {
                Kind = manifest.Kind, RoundMaps = manifest.Rounded, PassDropout = manifest.PassDropout,
                FullyConvolutional = manifest.FullyConvolutional, FixedPoint = manifest.FixedPoint, Expertise = manifest.Expertise,
                Probabilistic = manifest.Probabilistic ?? new(),

                // The mean is learnt already.
                Stochastic = (manifest.Stochastic ?? new()) with { MeanSteps = 0 },
            };
            StartingModel.TakeOver(options, manifest, model);
            return options;
        }

        internal override void Check() => OptionsCheck.Check(this);

        internal override OnePassManifest CreateManifest(ModelShape shape, int seed, ManifestTraining training)
        {
            IReadOnlyList<double>? expertise = Kind == UNetKind.MultiRaterAgreement ? Expertise : null;
            OnePassCheck.CheckRaters(expertise, shape.Levels);
            return new(Columns, Sampling, shape, seed, training)
            {
                Kind = Kind,
                Rounded = RoundMaps ?? Kind.RoundsMaps(),
                PassDropout = PassDropout,
                FullyConvolutional = Kind is UNetKind.FullyConvolutional or UNetKind.FixedPoint ? FullyConvolutional ?? new() : null,
                FixedPoint = Kind == UNetKind.FixedPoint ? FixedPoint ?? new() : null,
                Expertise = expertise,
                Stochastic = Kind == UNetKind.StochasticSegmentation ? Stochastic : null,
                Probabilistic = Kind == UNetKind.ProbabilisticUNet ? Probabilistic : null,
            };
        }
    }
}
