using System.Diagnostics.CodeAnalysis;
using Consensus.Imaging.Labels;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Fitting;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Torch.Collectives;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;

namespace Consensus.ML.Segmentation;

/// <summary>The options that all segmentation estimators have: columns, data, network, training and sampling.</summary>
public abstract class SegmentationOptions : IFitOptions
{
    /// <summary>The most networks that a run trains side by side. An ensemble of trained models can have more.</summary>
    internal const int MostMembers = 64;

    internal const string DefaultSamplesColumnName = ManifestColumns.DefaultSamples;

    private protected SegmentationOptions(NetworkOptions network, TrainingOptions training, SamplingOptions sampling)
    {
        Network = network;
        Training = training;
        Sampling = sampling;
    }

    /// <summary>Input column: a vector of Single, channels × height × width, of known size. Default "Features".</summary>
    public string FeaturesColumnName { get; set; } = "Features";

    /// <summary>
    /// Label column: a vector of Text (the path of each rater's mask), <see cref="Consensus.Imaging.RaterMasks"/>, or a vector raters ×
    /// height × width of known size. Default "AnnotationPaths".
    /// </summary>
    public string AnnotationsColumnName { get; set; } = "AnnotationPaths";

    /// <summary>Text column with the name of the case, for messages. The data need not have it. Default "Case".</summary>
    public string CaseColumnName { get; set; } = "Case";

    /// <summary>
    /// Column that says which cases belong together, such as a column of patients: Text, a number or a key. A run never trains on some
    /// cases of a group and validates on others. The data need not have a column of the default name. Where the column or a value is
    /// missing, slices of one volume (by <see cref="ImagePathColumnName"/>) and rows of one case belong together. Null means that only
    /// rows of one case belong together. Default "Group".
    /// </summary>
    public string? GroupColumnName { get; set; } = GroupColumn.DefaultName;

    /// <summary>
    /// <see cref="Consensus.Imaging.Slice"/> column with the image at its own size, to check the size of the masks. The data need not
    /// have it. Default "Image".
    /// </summary>
    public string ImageColumnName { get; set; } = "Image";

    /// <summary>
    /// Text column with the path of the image, to check the size of the masks where there is no image column. The data need not have it.
    /// Default "ImagePath".
    /// </summary>
    public string ImagePathColumnName { get; set; } = "ImagePath";

    /// <summary>
    /// Column with a vector of Text: the name of the rater of each mask. It is read where named raters are drawn
    /// (<see cref="ConsensusSegmentationEstimator.Options.NamedRaters"/>), and where each level is a rater
    /// (<see cref="TrainingTarget.Annotator"/>, <see cref="UNetKinds.LevelsAreRaters"/>): rater c is then the c-th name in natural order (2
    /// before 10). Without a column of the default name, the c-th mask of a case is that of rater c. Default "RaterNames".
    /// </summary>
    public string RaterNamesColumnName { get; set; } = RaterNamesColumn.DefaultName;

    /// <summary>Output column: the predicted share of raters, height × width values in [0, 1]. Default "SoftMap".</summary>
    public string SoftMapColumnName { get; set; } = "SoftMap";

    /// <summary>Output column: each level of agreement, levels × height × width values in [0, 1]. Default "ConsensusMaps".</summary>
    public string ConsensusMapsColumnName { get; set; } = "ConsensusMaps";

    /// <summary>
    /// Output column: height × width values of at least 0. The soft map is a mean of maps, and this is their standard deviation. In a
    /// diffusion model it is the standard deviation over generations. Default "Uncertainty".
    /// </summary>
    public string UncertaintyColumnName { get; set; } = "Uncertainty";

    /// <summary>
    /// Output column: every map before averaging, maps × height × width values in [0, 1], of variable size. A diffusion model has
    /// generations × levels of them. They are copied only when the column is read. Default "Samples".
    /// </summary>
    public string SamplesColumnName { get; set; } = DefaultSamplesColumnName;

    /// <summary>
    /// What training does with a case that does not have all raters. Drop leaves it out with a warning, as in the paper. Default
    /// <see cref="Consensus.Imaging.Labels.MissingRaters.Drop"/>.
    /// </summary>
    public MissingRaters MissingRaters { get; set; } = MissingRaters.Drop;

    /// <summary>
    /// Number of levels of agreement C, 1 to 255. Null (the default) takes the number of raters: with
    /// <see cref="Consensus.Imaging.Labels.MissingRaters.Drop"/> that of most cases (the larger of two that are as frequent), with
    /// <see cref="Consensus.Imaging.Labels.MissingRaters.Fraction"/> the largest of all cases. Where each level is a rater
    /// (<see cref="TrainingTarget.Annotator"/>, <see cref="UNetKinds.LevelsAreRaters"/>), it is the number of different raters, and need
    /// not be given.
    /// </summary>
    public int? Levels { get; set; }

    /// <summary>
    /// Number of networks to train side by side, 1 to 64. Default 1. The trained model is an ensemble: its maps
    /// average those of all networks (<see cref="SegmentationCatalog.Ensemble"/>). Seeds follow one another from <see cref="Seed"/>. Each
    /// network has an equal share of the CPU's threads, so that K networks on K cores take little more time than one network on one core.
    /// All take the same number of steps, and validations judge them together. The command <c>consensus train</c> trains two by default
    /// where that pays; tests/Consensus.ML.Benchmarks/RESULTS.md has what they bring.
    /// </summary>
    public int Members { get; set; } = 1;

    /// <summary>
    /// The processes that train together, each on a share of the images of a step: at most <see cref="TrainingOptions.BatchSize"/>. All fit
    /// with the same data and options, and return the same model. Only process 0 uses <see cref="Checkpoints"/>. Null (the default) trains
    /// in this process alone.
    /// </summary>
    [Experimental("CONSENSUS001")]
    public TrainingProcesses? Processes { get; set; }

    /// <summary>The network's shape. Default: the network of the preset.</summary>
    public NetworkOptions Network { get; set; }

    /// <summary>How the network is trained. Default: the recipe of the preset.</summary>
    public TrainingOptions Training { get; set; }

    /// <summary>How maps are sampled. It can be changed on the trained model. Default: the sampling of the preset.</summary>
    public SamplingOptions Sampling { get; set; }

    /// <summary>
    /// "cpu", "cuda" or "cuda:N" (GPUs count from 0). The device must exist. Null (the default) follows
    /// <see cref="Microsoft.ML.MLContext.GpuDeviceId"/> and <see cref="Microsoft.ML.MLContext.FallbackToCpu"/>.
    /// </summary>
    public string? Device { get; set; }

    /// <summary>
    /// Seed of everything random. Null (the default) takes the seed of the <see cref="Microsoft.ML.MLContext"/>, or 0 where it has none.
    /// </summary>
    public int? Seed { get; set; }

    /// <summary>Receives a report after every training step, on the training thread. Null (the default) for no reports.</summary>
    public IProgress<TrainingProgress>? Progress { get; set; }

    /// <summary>
    /// The cases that decide which weights are best, in place of <see cref="TrainingOptions.ValidationFraction"/> of the training cases. So
    /// no training case is set aside. As with ML.NET's trainers, the validation cases do not pass through the earlier steps of the
    /// pipeline: transform them with these steps before, or call <c>pipeline.Fit(train, validation)</c>, which does that. They must have
    /// the columns of the training cases, and no group may be in both sets. Null (the default) for none.
    /// </summary>
    public IDataView? ValidationSet { get; set; }

    /// <summary>
    /// Ends training early. Training then returns the best model so far; before the first step is done it throws
    /// <see cref="OperationCanceledException"/>. Default none.
    /// </summary>
    public CancellationToken Cancellation { get; set; }

    /// <summary>Where training keeps checkpoints, so that it can go on after a crash. Null (the default) for nowhere.</summary>
    public CheckpointOptions? Checkpoints { get; set; }

    /// <summary>
    /// The most bytes that the training cases may take in memory, at least 0. Prepared images take four bytes for each value, masks one bit
    /// for each pixel at their own size. Where the cases take more, they are kept in a file in the system's temporary folder. Only this
    /// user can read the file, and it is deleted when training ends. The model is the same. Null (the default) for half of the memory
    /// that .NET may use; <see cref="Processes"/> on one machine share it.
    /// </summary>
    public long? MemoryLimit { get; set; }

    /// <summary>
    /// A trained model, or a chain that contains a trained model. Training begins with its weights (fine-tuning). It must have the same
    /// network, the same target or kind, and the same number of channels and levels: <c>ContinueFrom</c> makes such options. Of an ensemble
    /// each network goes on from its own weights, so that <see cref="Members"/> must be the ensemble's. Null (the default) begins with
    /// random weights.
    /// </summary>
    public ITransformer? StartFrom { get; set; }

    string? IFitOptions.RaterLevelSource => RaterLevelSource;

    ICollective IFitOptions.Processes => Collective;

    /// <summary>The processes that train together.</summary>
    internal ICollective Collective => Processes?.Collective ?? OneProcess.Instance;

    /// <summary>The option that makes each level one rater, for messages; null where a level is a share of the raters.</summary>
    internal abstract string? RaterLevelSource { get; }

    IReadOnlyList<string> IFitOptions.Structures => StructureNames;

    bool IFitOptions.NamedRaters => DrawsNamedRaters;

    /// <summary>The names of the structures; empty for one structure without a name.</summary>
    internal virtual IReadOnlyList<string> StructureNames => [];

    /// <summary>Whether the network also learns the mask of each named rater.</summary>
    internal virtual bool DrawsNamedRaters => false;

    /// <summary>The columns of a model that these options train.</summary>
    internal virtual ManifestColumns Columns => new(FeaturesColumnName, SoftMapColumnName, ConsensusMapsColumnName, UncertaintyColumnName)
    {
        Samples = SamplesColumnName,
    };

    /// <summary>Refuses options that cannot work.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    internal abstract void Check();

    /// <summary>The manifest of a model that these options train.</summary>
    /// <param name="shape">The size of the model.</param>
    /// <param name="seed">The seed of training.</param>
    /// <param name="training">How the model was trained.</param>
    internal abstract ModelManifest CreateManifest(ModelShape shape, int seed, ManifestTraining training);

    ModelManifest IFitOptions.CreateManifest(ModelShape shape, int seed, ManifestTraining training) =>
        CreateManifest(shape, seed, training);

    /// <summary>A copy, so that later changes do not reach an estimator that was made before.</summary>
    internal SegmentationOptions Copy() => (SegmentationOptions)MemberwiseClone();
}
