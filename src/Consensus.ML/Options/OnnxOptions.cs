namespace Consensus.ML.Options;

/// <summary>Where an exported model has the noise from that its maps begin with.</summary>
public enum OnnxNoise
{
    /// <summary>
    /// The file holds noise of a seed. Every image begins with the same noise, so equal images give equal maps in every runtime. The maps
    /// are as good as this library's own, but not the same: here the noise depends on the image too.
    /// </summary>
    Constant,

    /// <summary>
    /// The graph has an input <c>Noise</c> of standard normal numbers, passes × maps × height × width. Whoever computes it decides; this
    /// library gives the numbers that torch draws on the CPU, and so the same maps as torch, up to rounding. The number of generations
    /// stays open.
    /// </summary>
    Input,
}

/// <summary>How a trained model is written as an ONNX file.</summary>
public sealed record OnnxOptions
{
    /// <summary>
    /// Where the noise comes from. Default <see cref="OnnxNoise.Constant"/>. Models of one pass that draw nothing have no noise; this says
    /// nothing there. Those that draw masks take constant noise only.
    /// </summary>
    public OnnxNoise Noise { get; init; }

    /// <summary>
    /// Seed of constant noise; null (the default) takes the sampling's seed (<see cref="SamplingOptions.Seed"/>), or else the model's.
    /// </summary>
    public int? Seed { get; init; }
}
