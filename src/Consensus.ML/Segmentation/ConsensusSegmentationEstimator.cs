using Consensus.ML.Segmentation.Fitting;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Loop;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Segmentation;

/// <summary>
/// Trains a conditional diffusion model on images that several raters have segmented. The model predicts every level of their agreement
/// and the soft consensus map (Amit, Shichrur, Shaharabany, Wolf: "Annotator Consensus Prediction for Medical Image Segmentation with
/// Diffusion Models", MICCAI 2023).
/// </summary>
/// <remarks>
/// <para>Input columns (names can be changed in <see cref="Options"/>):</para>
/// <list type="table">
/// <listheader><term>column</term><description>type</description></listheader>
/// <item><term>Features</term><description>vector of Single, channels × height × width, of known size</description></item>
/// <item><term>AnnotationPaths</term><description>the label: a vector of Text with the path of each rater's mask, or RaterMasks,
/// or a vector raters × height × width of known size. The trained model does not read it</description></item>
/// <item><term>Case, Image, ImagePath</term><description>read in training where present: names for messages, and the size that
/// masks must have</description></item>
/// <item><term>Group</term><description>read in training where present: Text, a number or a key that all cases of
/// one patient share</description></item>
/// <item><term>RaterNames</term><description>the name of each mask's rater. The target Annotator reads it where
/// present</description></item>
/// </list>
/// <para>Output columns:</para>
/// <list type="table">
/// <listheader><term>column</term><description>type</description></listheader>
/// <item><term>SoftMap</term><description>vector of Single, height × width in [0, 1]: predicted share of raters</description></item>
/// <item><term>ConsensusMaps</term><description>vector of Single, levels × height × width in [0, 1]: each level, as the
/// mean over generations</description></item>
/// <item><term>Uncertainty</term><description>vector of Single, height × width of at least 0: standard deviation of the soft map over
/// generations</description></item>
/// <item><term>Samples</term><description>vector of Single, samples × height × width in [0, 1]: every sampled map before averaging,
/// generation by generation. A generation has one map for each level (Consensus), rater (Annotator) or draw (AnyAnnotator, SoftLabel).
/// The size is variable: there are generations × levels maps, and the sampling options and early averaging
/// (<see cref="Consensus.ML.Options.SamplingOptions.Tolerance"/>) decide the number of generations. The maps of the target Consensus
/// are nested levels of agreement, not masks that raters might draw</description></item>
/// </list>
/// <para>
/// Training sets some training cases aside, in whole groups, and keeps the weights that are best on them, unless there are separate
/// validation cases. It never reads other data. The same seed, data and machine give the same model.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// ConsensusSegmentationEstimator trainer = ml.Transforms.ConsensusSegment(timeLimit: TimeSpan.FromMinutes(15), seed: 1);
/// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
///     .Append(ml.Transforms.NormalizeSlices("Image"))
///     .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64))
///     .Append(trainer);
/// using var trained = pipeline.Fit(train);
/// float[][] softMaps = [.. trained.Transform(test).GetColumn&lt;float[]&gt;("SoftMap")];
/// </code>
/// </example>
public sealed partial class ConsensusSegmentationEstimator : SegmentationEstimator<ConsensusSegmentationTransformer>
{
    internal ConsensusSegmentationEstimator(IHostEnvironment environment, Options options)
        : base(environment, nameof(ConsensusSegmentationEstimator), options)
    {
    }

    private protected override ConsensusSegmentationEstimator WithOptions(IHostEnvironment environment, SegmentationOptions options) =>
        new(environment, (Options)options);

    private protected override (SegmentationModel Model, TrainingHistory History) Train(
        ModelManifest manifest,
        PreparedFit fit,
        IReadOnlyList<byte[]>? startFrom,
        TrainingRun run)
    {
        var trainer = new ConsensusTrainer(
            ((DiffusionManifest)manifest).Description, fit.Training, fit.Augmentation, fit.Padding, fit.Seed, fit.Device.Device)
        {
            StartFrom = startFrom,
            Members = run.Members,
            Processes = run.Processes,
            Checkpoints = fit.Checkpoints,
            Validation = fit.Validation,
        };
        return trainer.Train(fit.Cases, run.Progress, run.Log, run.Cancellation);
    }

    private protected override ConsensusSegmentationTransformer CreateTransformer(
        IHostEnvironment environment,
        ModelManifest manifest,
        SharedModel model) => new(environment, (DiffusionManifest)manifest, model);
}
