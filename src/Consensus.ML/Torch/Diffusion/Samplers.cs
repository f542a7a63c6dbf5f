using Consensus.ML.Options;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>The samplers by kind.</summary>
internal static class Samplers
{
    private static readonly Dictionary<SamplerKind, ISampler> ByKind = new()
    {
        [SamplerKind.Ddpm] = new DdpmSampler(),
        [SamplerKind.Ddim] = new DdimSampler(),
        [SamplerKind.DpmSolver] = new DpmSolverSampler(),
    };

    /// <summary>The sampler of a kind. It keeps no state, so any number of callers may use it at once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sampler.</exception>
    public static ISampler Get(SamplerKind kind) => ByKind.TryGetValue(kind, out ISampler? sampler)
        ? sampler
        : throw new ArgumentOutOfRangeException(nameof(kind), kind, $"The sampler must be one of {string.Join(", ", ByKind.Keys)}.");
}
