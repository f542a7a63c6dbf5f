using Consensus.ML.Options;
using Consensus.ML.Segmentation.Fitting;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Loop;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Segmentation;

/// <summary>
/// Trains a U-Net that predicts the soft map of several raters in one pass (or one for each mirror image,
/// <see cref="Consensus.ML.Options.SamplingOptions.Mirror"/>): without diffusion, hence in a fraction of the time.
/// <see cref="Options.Kind"/> says what it learns of the raters: each level of agreement, or one of the baselines that the paper compares
/// with (Amit et al. 2023, Table 1).
/// </summary>
/// <remarks>
/// <para>
/// Input columns, the same as for <see cref="ConsensusSegmentationEstimator"/> (names can be changed in <see cref="Options"/>):
/// </para>
/// <list type="table">
/// <listheader><term>column</term><description>type</description></listheader>
/// <item><term>Features</term><description>vector of Single, channels × height × width, of known size</description></item>
/// <item><term>AnnotationPaths</term><description>the label: a vector of Text, the path of one mask a rater; or RaterMasks; or a vector
/// raters × height × width of known size. Not read by the trained model</description></item>
/// <item><term>Case, Image, ImagePath</term><description>read while training where present: names for messages, and the size that masks
/// must have</description></item>
/// <item><term>Group</term><description>read while training where present: Text, a number or a key that cases of one patient
/// share</description></item>
/// <item><term>RaterNames</term><description>the name of each mask's rater; the kind MultiHead reads it where present</description></item>
/// </list>
/// <para>
/// Output columns, where the maps that a prediction is made of are one for each level (Levels), rater (MultiHead) or pass
/// (MonteCarloDropout), and a single one of the other kinds:
/// </para>
/// <list type="table">
/// <listheader><term>column</term><description>type</description></listheader>
/// <item><term>SoftMap</term><description>vector of Single, height × width in [0, 1]: the mean of the maps, rounded before where
/// <see cref="Options.RoundMaps"/> says so</description></item>
/// <item><term>ConsensusMaps</term><description>vector of Single, levels × height × width in [0, 1]: of Levels the probability of each;
/// of MultiHead the c-th largest of the raters' maps; of the others the soft map in slabs, of which the c-th fills from (c − 1)/C to
/// c/C</description></item>
/// <item><term>Uncertainty</term><description>vector of Single, height × width of at least 0: standard deviation of the maps, 0 where
/// there is one. Of Levels and MultiHead it is how far raters are expected to differ, of MonteCarloDropout how unsure the network
/// is</description></item>
/// <item><term>Samples</term><description>vector of Single, maps × height × width in [0, 1], of variable size: the maps themselves, not
/// rounded. Those of MultiHead and MonteCarloDropout stand for what raters might draw; those of Levels are nested levels of agreement,
/// and one map alone is the share of raters</description></item>
/// </list>
/// <para>
/// Some training cases, whole groups of them, are set aside to choose the best weights by, unless there are validation cases for that;
/// other data is never read. The same seed, data and machine give the same model.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// UNetSegmentationEstimator trainer = ml.Transforms.UNetSegment(new() { Kind = UNetKind.Levels });
/// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
///     .Append(ml.Transforms.NormalizeSlices("Image"))
///     .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64))
///     .Append(trainer);
/// using var trained = pipeline.Fit(train);
/// float[][] softMaps = [.. trained.Transform(test).GetColumn&lt;float[]&gt;("SoftMap")];
/// </code>
/// </example>
public sealed partial class UNetSegmentationEstimator : SegmentationEstimator<UNetSegmentationTransformer>
{
    internal UNetSegmentationEstimator(IHostEnvironment environment, Options options)
        : base(environment, nameof(UNetSegmentationEstimator), options)
    {
    }

    private protected override UNetSegmentationEstimator WithOptions(IHostEnvironment environment, SegmentationOptions options) =>
        new(environment, (Options)options);

    private protected override (SegmentationModel Model, TrainingHistory History) Train(
        ModelManifest manifest,
        TrainingOptions options,
        PreparedFit fit,
        byte[]? startFrom,
        TrainingRun run)
    {
        var trainer = new UNetTrainer(
            ((OnePassManifest)manifest).Description, options, fit.Augmentation, fit.Padding, fit.Seed, fit.Device.Device)
        {
            StartFrom = startFrom,
            Checkpoints = fit.Checkpoints,
            Validation = fit.Validation,
        };
        return trainer.Train(fit.Cases, run.Progress, run.Log, run.Cancellation);
    }

    private protected override UNetSegmentationTransformer CreateTransformer(
        IHostEnvironment environment,
        ModelManifest manifest,
        SharedModel model) => new(environment, (OnePassManifest)manifest, model);
}
