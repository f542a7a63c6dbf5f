using Consensus.ML.Options;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Cli.Output;

/// <summary>How a model samples, in reports and manifests.</summary>
/// <param name="Generations">Maps, passes or masks of an image.</param>
/// <param name="Tolerance">Averaging ends once one more moves the mean soft map by less; null for all of them.</param>
/// <param name="Mirror">Whether they take turns at the image and its mirror images.</param>
/// <param name="Sampler">The sampler; null for one-pass models.</param>
/// <param name="Steps">Sampling steps; null for all steps of the diffusion.</param>
/// <param name="Seed">The seed; null for the model's own.</param>
/// <param name="Precision">The number format.</param>
internal sealed record SamplingDescription(
    int Generations,
    double? Tolerance,
    bool Mirror,
    string? Sampler,
    int? Steps,
    int? Seed,
    string Precision)
{
    public static SamplingDescription Of(SegmentationTransformer model) => new(
        Formats.Maps(model), model.Sampling.Tolerance, model.Sampling.Mirror, Formats.Sampler(model),
        model.SamplesByDiffusion ? model.Sampling.Steps : null, model.Sampling.Seed, Spelling.Write(model.Sampling.Precision));
}
