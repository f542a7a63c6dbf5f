using Consensus.Imaging.Labels;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Fitting;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;

namespace Consensus.ML.Segmentation;

public sealed partial class UNetSegmentationEstimator
{
    /// <summary>Options of <see cref="UNetSegmentationEstimator"/>; new ones suit two CPU cores and slices of about 64 pixels.</summary>
    public sealed class Options : ISegmentationOptions
    {
        /// <summary>Input column: a vector of Single, channels × height × width, of known size. Default "Features".</summary>
        public string FeaturesColumnName { get; set; } = "Features";

        /// <summary>
        /// Label column: a vector of Text (the path of one mask a rater), <see cref="Consensus.Imaging.RaterMasks"/>, or a vector raters
        /// × height × width of known size. Default "AnnotationPaths".
        /// </summary>
        public string AnnotationsColumnName { get; set; } = "AnnotationPaths";

        /// <summary>Text column with the case's name, for messages; need not be there. Default "Case".</summary>
        public string CaseColumnName { get; set; } = "Case";

        /// <summary>
        /// Column that says which cases belong together, such as that of the patients: Text, a number or a key. Cases of one group are
        /// never trained on and validated on in one run. By its default name it need not be there; where it is missing or empty,
        /// slices of one volume (by <see cref="ImagePathColumnName"/>) and rows of one case belong together. Null to go by cases
        /// alone. Default "Group".
        /// </summary>
        public string? GroupColumnName { get; set; } = GroupColumn.DefaultName;

        /// <summary>
        /// <see cref="Consensus.Imaging.Slice"/> column with the image at its own size, that the masks are checked against; need not be
        /// there. Default "Image".
        /// </summary>
        public string ImageColumnName { get; set; } = "Image";

        /// <summary>
        /// Text column with the image's path, whose size the masks are checked against where there is no image column; need not be
        /// there. Default "ImagePath".
        /// </summary>
        public string ImagePathColumnName { get; set; } = "ImagePath";

        /// <summary>
        /// Column with a vector of Text, who drew each mask, read for the kind <see cref="UNetKind.MultiHead"/> only: head c is then that
        /// of the c-th name in natural order (2 before 10). Without a column of the default name, the c-th mask of a case is rater c's.
        /// Default "RaterNames".
        /// </summary>
        public string RaterNamesColumnName { get; set; } = RaterNamesColumn.DefaultName;

        /// <summary>Output column: the predicted share of raters, height × width values in [0, 1]. Default "SoftMap".</summary>
        public string SoftMapColumnName { get; set; } = "SoftMap";

        /// <summary>Output column: each level of agreement, levels × height × width values in [0, 1]. Default "ConsensusMaps".</summary>
        public string ConsensusMapsColumnName { get; set; } = "ConsensusMaps";

        /// <summary>
        /// Output column: standard deviation of the maps that the prediction is made of, height × width values of at least 0.
        /// Default "Uncertainty".
        /// </summary>
        public string UncertaintyColumnName { get; set; } = "Uncertainty";

        /// <summary>
        /// Output column: every map that the prediction is made of, maps × height × width values in [0, 1], of variable size; copied only
        /// when it is read. Default "Samples".
        /// </summary>
        public string SamplesColumnName { get; set; } = ConsensusSegmentationEstimator.Options.DefaultSamplesColumnName;

        /// <summary>What the network learns of the raters. Default each level of agreement.</summary>
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

        /// <summary>
        /// What is done with cases that not all raters have drawn. Default they are left out, with a warning, as in the paper.
        /// </summary>
        public MissingRaters MissingRaters { get; set; } = MissingRaters.Drop;

        /// <summary>
        /// Number of levels of agreement C, 1 to 255. Null (the default) for the number of raters: that of most cases (of two that are as
        /// frequent, the larger) where others are left out (<see cref="MissingRaters.Drop"/>), and the largest of all cases where they
        /// are kept (<see cref="MissingRaters.Fraction"/>). For the kind <see cref="UNetKind.MultiHead"/> it is the number of different
        /// raters, and need not be given.
        /// </summary>
        public int? Levels { get; set; }

        /// <summary>
        /// The network's shape. The image goes into its first convolution: Conditioning and the encoder's options are ignored. Of
        /// <see cref="UNetKind.MonteCarloDropout"/>, Dropout is ignored too, for <see cref="PassDropout"/>.
        /// </summary>
        public NetworkOptions Network { get; set; } = Presets.UNet.Network;

        /// <summary>
        /// How the network is trained. The loss is cross-entropy, with <see cref="TrainingOptions.DiceLossWeight"/> of a soft Dice loss
        /// beside it; PairsPerImage, TimePower and MinSnrGamma are of diffusion alone and ignored.
        /// </summary>
        public TrainingOptions Training { get; set; } = Presets.UNet.Training;

        /// <summary>
        /// How maps are predicted; can be changed on the trained model. Precision matters to every kind; Generations (the number of
        /// passes, default 16), Tolerance and Seed to <see cref="UNetKind.MonteCarloDropout"/>. With Mirror (the default) its passes take
        /// turns at the mirror images that training's augmentation knew, and the other kinds average one pass over each of them, as far
        /// as Generations goes; without it these take one pass. The rest is ignored.
        /// </summary>
        public SamplingOptions Sampling { get; set; } = Presets.UNet.Sampling;

        /// <summary>
        /// "cpu", "cuda" or "cuda:N" (GPUs count from 0), which then must be there; null (the default) follows
        /// <see cref="Microsoft.ML.MLContext.GpuDeviceId"/> and <see cref="Microsoft.ML.MLContext.FallbackToCpu"/>.
        /// </summary>
        public string? Device { get; set; }

        /// <summary>
        /// Seed of everything random; null (the default) takes the <see cref="Microsoft.ML.MLContext"/>'s, or 0 where that has none.
        /// </summary>
        public int? Seed { get; set; }

        /// <summary>Told after every training step, on the training thread; null (the default) for nobody.</summary>
        public IProgress<TrainingProgress>? Progress { get; set; }

        /// <summary>
        /// Cases to choose the best weights by, in place of <see cref="TrainingOptions.ValidationFraction"/> of the training cases, all
        /// of which are then trained on. As of ML.NET's trainers, they are not passed through the steps before this one: give them as
        /// those steps transform them, or give them to the pipeline, <c>pipeline.Fit(train, validation)</c>, which does that. They have
        /// the columns of the training cases, and no group is in both. Null (the default) for none.
        /// </summary>
        public IDataView? ValidationSet { get; set; }

        /// <summary>
        /// Ends training early: the best model so far is then returned, and before the first step is done
        /// <see cref="OperationCanceledException"/> is thrown. Default none.
        /// </summary>
        public CancellationToken Cancellation { get; set; }

        /// <summary>Where training keeps what it needs to go on after a crash; null (the default) for nowhere.</summary>
        public CheckpointOptions? Checkpoints { get; set; }

        /// <summary>
        /// The most bytes that the training cases may take in memory, at least 0: the prepared images with four bytes a value, and
        /// the masks at their own size with a bit a pixel. What would take more is kept in a file in the system's temporary folder,
        /// which nobody else can read and which is gone when training ends; the model is the same. Null (the default) for half of the
        /// memory that .NET may use.
        /// </summary>
        public long? MemoryLimit { get; set; }

        /// <summary>
        /// A trained model, or a chain with one in it, whose weights training begins with (fine-tuning) in place of random ones; null
        /// (the default) for none. It must have been trained with the same <see cref="Network"/> and <see cref="Kind"/>, on as many
        /// channels and raters: <see cref="ContinueFrom"/> makes such options.
        /// </summary>
        public ITransformer? StartFrom { get; set; }

        /// <summary>
        /// Options to train a finished model further (fine-tuning), on the same data or other: with its network, kind, columns, sampling
        /// and training recipe, all of which but the first two can then be changed.
        /// </summary>
        /// <remarks>
        /// The whole recipe runs again, warm-up included. NormalizeSlices is fitted again with the pipeline, to the new data.
        /// </remarks>
        /// <param name="model">
        /// A <see cref="UNetSegmentationTransformer"/>, or a chain with one in it; to be disposed only after training.
        /// </param>
        /// <exception cref="ArgumentException">The model has no one-pass U-Net in it.</exception>
        public static Options ContinueFrom(ITransformer model)
        {
            UNetManifest manifest = StartingModel.Find<UNetSegmentationTransformer>(model, nameof(model)).Manifest;
            var options = new Options { Kind = manifest.Kind, RoundMaps = manifest.Rounded, PassDropout = manifest.PassDropout };
            StartingModel.TakeOver(options, manifest, model);
            return options;
        }

        WeightLayout ISegmentationOptions.Layout(int height, int width, int channels, int levels, NetworkOptions network) =>
            new UNetDescription
            {
                Height = height, Width = width, ImageChannels = channels, Levels = levels, Kind = Kind, Rounded = false,
                PassDropout = PassDropout, Network = network,
            }.Layout();

        string? ISegmentationOptions.TakesRatersForLevels => Kind == UNetKind.MultiHead ? $"the kind {Kind}" : null;

        /// <summary>A copy, so that later changes do not reach an estimator already made.</summary>
        internal Options Copy() => (Options)MemberwiseClone();
    }
}
