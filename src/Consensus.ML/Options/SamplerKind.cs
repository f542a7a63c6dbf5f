namespace Consensus.ML.Options;

/// <summary>Which sampler turns noise into maps.</summary>
public enum SamplerKind
{
    /// <summary>Ancestral sampling (Ho et al. 2020): random at every step.</summary>
    Ddpm,

    /// <summary>Deterministic sampling, η = 0 (Song et al. 2021), usually over few of the T steps.</summary>
    Ddim,

    /// <summary>
    /// DPM-Solver++ (2M) (Lu et al. 2022, Algorithm 2): deterministic, second order, for 5 to 25 of the T steps. With one or two steps it
    /// equals DDIM.
    /// </summary>
    DpmSolver,
}
