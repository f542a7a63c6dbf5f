using System.CommandLine;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Cli.Prediction;

/// <summary>The options for sampling a model's maps. An option that is not given keeps the value of the model.</summary>
internal sealed class SamplingArguments
{
    public Option<int?> Generations { get; } =
        OptionKinds.Whole(
            "--generations", "n",
            "Maps sampled for each level, or passes or masks of a one-pass model that draws at random (mcd, ssn, prob-unet); the "
            + "prediction is their mean. "
            + "1 to 1000. Default: the model's own.",
            1, 1000);

    public Option<double?> Tolerance { get; } = OptionKinds.Number(
        "--tolerance", "E",
        "Stop before --generations once another generation changes the mean soft map by less than this, on average over its "
        + "pixels, such as 0.001. Default: the model's own; 0 takes all.",
        0, 1);

    // Two words, not true and false: the parser accepts an option of that type without a value.
    public Option<Switch?> Mirror { get; } = OptionKinds.Choice(
        "--mirror",
        "Whether generations take turns at the image and its mirror images, as far as training mirrored them: "
        + "better maps for the same time. Default: the model's own.",
        Spelling.List<Switch>());

    public Option<SamplerKind?> Sampler { get; } = OptionKinds.Choice(
        "--sampler",
        "ddpm (random at every step), ddim (deterministic, good with few steps) or dpm-solver (deterministic, of "
        + "second order). Default: the model's own.",
        Spelling.List<SamplerKind>());

    public Option<int?> Steps { get; } =
        OptionKinds.Whole(
            "--sampling-steps", "N",
            "How many of the model's diffusion steps are taken, evenly spaced. Default: the model's own.", 1, 4000);

    public Option<int?> Seed { get; } = OptionKinds.Seed("Seed of the sampling noise. Default: the model's own.");

    public Option<Precision?> Precision { get; } = ModelArguments.Precision(
        "Number format of the heavy arithmetic while sampling. Default: the model's own.");

    /// <summary>The sampling options of the model, changed by the options that were given.</summary>
    /// <exception cref="UsageException">An option for diffusion was given, and the model samples without diffusion.</exception>
    public SamplingOptions Read(ParseResult parsed, SegmentationTransformer model)
    {
        Option[] diffusion = [Sampler, Steps];
        if (!model.SamplesByDiffusion
            && diffusion.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given)
        {
            throw new UsageException($"Option {given.Name} is for diffusion models; this one predicts in one pass of a U-Net.");
        }

        SamplingOptions own = model.Sampling;
        SamplerKind? sampler = parsed.GetValue(Sampler);
        return own with
        {
            Generations = parsed.GetValue(Generations) ?? own.Generations,
            Tolerance = parsed.GetValue(Tolerance) switch { null => own.Tolerance, 0 => null, double tolerance => tolerance },
            Mirror = parsed.GetValue(Mirror) is { } mirror ? mirror == Switch.On : own.Mirror,
            Sampler = sampler ?? own.Sampler,

            // The model's number of steps was chosen for its sampler. Another sampler takes all steps unless --sampling-steps is given.
            Steps = parsed.GetValue(Steps) ?? (sampler is null || sampler == own.Sampler ? own.Steps : null),
            Seed = parsed.GetValue(Seed) ?? own.Seed,
            Precision = parsed.GetValue(Precision) ?? own.Precision,
        };
    }
}
