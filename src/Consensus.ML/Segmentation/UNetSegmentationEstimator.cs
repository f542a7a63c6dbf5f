using Consensus.ML.Segmentation.Fitting;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training;
using Consensus.ML.Torch.Training.Loop;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Segmentation;

/// <summary>
/// Trains a U-Net that predicts the soft map of several raters in one pass, or in one pass for each mirror image
/// (<see cref="Consensus.ML.Options.SamplingOptions.Mirror"/>). It needs no diffusion and so takes a fraction of the time.
/// <see cref="Options.Kind"/> says what it learns from the raters: each level of agreement, or one of the baselines that the paper
/// compares with (Amit et al. 2023, Table 1).
/// </summary>
/// <remarks>
/// <para>
/// Input columns, the same as for <see cref="ConsensusSegmentationEstimator"/> (names can be changed in <see cref="Options"/>):
/// </para>
/// <list type="table">
/// <listheader><term>column</term><description>type</description></listheader>
/// <item><term>Features</term><description>vector of Single, channels × height × width, of known size</description></item>
/// <item><term>AnnotationPaths</term><description>the label: a vector of Text with the path of each rater's mask, or RaterMasks,
/// or a vector raters × height × width of known size. The trained model does not read it</description></item>
/// <item><term>Case, Image, ImagePath</term><description>read in training where present: names for messages, and the size that
/// masks must have</description></item>
/// <item><term>Group</term><description>read in training where present: Text, a number or a key that all cases of
/// one patient share</description></item>
/// <item><term>RaterNames</term><description>the name of each mask's rater. The kinds MultiHead and
/// MultiRaterAgreement read it where present</description></item>
/// </list>
/// <para>
/// Output columns. A prediction is made of one map for each level (Levels), rater (MultiHead), pass (MonteCarloDropout) or drawn mask
/// (StochasticSegmentation, ProbabilisticUNet); with MultiRaterAgreement, of a map for the given expertise and one for each rater; with the
/// other kinds it is made of a single map.
/// </para>
/// <list type="table">
/// <listheader><term>column</term><description>type</description></listheader>
/// <item><term>SoftMap</term><description>vector of Single, height × width in [0, 1]: the mean of the maps. They are rounded before
/// the mean is taken where <see cref="Options.RoundMaps"/> says so. With MultiRaterAgreement, the map for the given
/// expertise</description></item>
/// <item><term>ConsensusMaps</term><description>vector of Single, levels × height × width in [0, 1]: with Levels, the probability of
/// each level; with MultiHead and MultiRaterAgreement, the c-th largest of the raters' maps; with the other kinds, the soft map cut into C
/// slabs, where level c rises from 0 to 1 while the soft map rises from (c − 1)/C to c/C</description></item>
/// <item><term>Uncertainty</term><description>vector of Single, height × width of at least 0: standard deviation of the maps; 0 where
/// there is a single map. With Levels, MultiHead, MultiRaterAgreement (of the raters' maps), StochasticSegmentation and ProbabilisticUNet
/// it says how far raters are expected to differ, with MonteCarloDropout how unsure the network is</description></item>
/// <item><term>Samples</term><description>vector of Single, maps × height × width in [0, 1], of variable size: the maps themselves, not
/// rounded. The maps of MultiHead, MultiRaterAgreement (one for each rater), MonteCarloDropout, StochasticSegmentation and
/// ProbabilisticUNet stand for what raters might draw; only the last two are trained to draw whole masks. The maps of Levels are nested
/// levels of agreement. The single map of the other kinds is the share of raters</description></item>
/// </list>
/// <para>
/// Training sets some training cases aside, in whole groups, and keeps the weights that are best on them, unless there are separate
/// validation cases. It never reads other data. The same seed, data and machine give the same model.
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
        PreparedFit fit,
        IReadOnlyList<byte[]>? startFrom,
        TrainingRun run)
    {
        var trainer = new UNetTrainer(
            ((OnePassManifest)manifest).Description, fit.Training, fit.Augmentation, fit.Padding, fit.Seed, fit.Device.Device)
        {
            StartFrom = startFrom,
            Members = run.Members,
            Processes = run.Processes,
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
