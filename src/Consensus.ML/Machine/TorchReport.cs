namespace Consensus.ML.Machine;

/// <summary>Whether a network computes what it should in a number format on a device.</summary>
public enum TorchVerdict
{
    /// <summary>Every difference is within the tolerance.</summary>
    Good,

    /// <summary>A difference is larger than the tolerance, or a value is not finite.</summary>
    Differs,

    /// <summary>Torch threw an error.</summary>
    Failed,

    /// <summary>The library does not compute in this format on this device.</summary>
    NotOffered,
}

/// <summary>What <see cref="TorchRuntimeCheck"/> found: whether libtorch computes rightly on this machine.</summary>
/// <param name="LibTorch">The libtorch: its version, and its folder if it is not the one beside the application.</param>
/// <param name="Device">The device that was asked for: "cpu" or "cuda:N". The CPU is always checked as well.</param>
/// <param name="Results">An entry for each network, device and number format.</param>
public sealed record TorchReport(string LibTorch, string Device, IReadOnlyList<TorchResult> Results)
{
    /// <summary>Whether no verdict is <see cref="TorchVerdict.Differs"/> or <see cref="TorchVerdict.Failed"/>.</summary>
    public bool IsGood => Results.All(result => result.Verdict is TorchVerdict.Good or TorchVerdict.NotOffered);
}

/// <summary>
/// A network in a number format on a device, compared with the CPU in float32. The CPU in float32 itself is compared with numbers that
/// were recorded with libtorch 2.10.0.
/// </summary>
/// <param name="Network">
/// "published" (the paper's layers, ε and variance predicted), "compact" (the preset's layers, with patches) or "one-pass" (a U-Net of the
/// levels). All are small: 16×16 pixels.
/// </param>
/// <param name="Device">"cpu" or "cuda:N".</param>
/// <param name="Format">"float32", "float32 (TF32)", "bfloat16" or "float16". TF32 is off for the others.</param>
/// <param name="OutputDifference">
/// The largest difference of the network's output, as a share of the largest value of the reference; null where nothing was computed. For
/// the CPU in float32, the relative difference of the root mean square from the recorded one; so too for gradient and map.
/// </param>
/// <param name="GradientDifference">The same of the gradient of all weights.</param>
/// <param name="MapDifference">The same of the maps, which a diffusion model samples in four DDIM steps; they lie in [0, 1].</param>
/// <param name="Tolerance">What a difference may be.</param>
/// <param name="Milliseconds">Time of the second of two rounds: forward, backward and the maps; null where nothing was computed.</param>
/// <param name="Verdict">What follows from it.</param>
/// <param name="Detail">Why the format is not offered, or torch's error; else null.</param>
public sealed record TorchResult(
    string Network,
    string Device,
    string Format,
    double? OutputDifference,
    double? GradientDifference,
    double? MapDifference,
    double Tolerance,
    double? Milliseconds,
    TorchVerdict Verdict,
    string? Detail);
