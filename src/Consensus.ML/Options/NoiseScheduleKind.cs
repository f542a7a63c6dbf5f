namespace Consensus.ML.Options;

/// <summary>How much noise the diffusion process adds at each time: the formula of β_t.</summary>
/// <remarks>Models save the schedule by these names: a name may be added, never changed.</remarks>
public enum NoiseScheduleKind
{
    /// <summary>Equally spaced β, scaled to the number of steps (Ho et al. 2020, section 4). The paper's.</summary>
    Linear,

    /// <summary>ᾱ follows a squared cosine (Nichol and Dhariwal 2021, equation 17).</summary>
    Cosine,
}
