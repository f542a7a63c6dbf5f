namespace Consensus.ML.Torch.Training.Optimization;

/// <summary>
/// Dynamic loss scaling for float16 (Micikevicius et al. 2018, section 3.2): the loss is multiplied by a power of two, so that small
/// gradients do not vanish in float16, and the gradients are divided by it again. If a gradient overflows, the step is left out and the
/// scale halved. After many steps without an overflow, the scale is doubled.
/// </summary>
internal sealed class LossScaler
{
    private const float Initial = 65536;
    private const int GrowthInterval = 2000;

    /// <summary>The factor of the loss, a power of two of at least 1. It begins at 65536.</summary>
    public float Scale { get; private set; } = Initial;

    /// <summary>Steps since the scale last changed.</summary>
    public int GoodSteps { get; private set; }

    /// <summary>Number of steps that were left out.</summary>
    public int Skipped { get; private set; }

    /// <summary>Records whether a step's gradients were all finite; returns whether to do the step.</summary>
    /// <exception cref="InvalidOperationException">They were not finite, and the scale cannot be smaller.</exception>
    public bool Accept(bool finite)
    {
        if (!finite)
        {
            if (Scale == 1)
            {
                throw new InvalidOperationException(
                    "The gradients exceed what float16 holds, however little the loss is scaled. "
                    + "Lower the learning rate, set GradientClipping, or use BFloat16 or Float32.");
            }

            (Scale, GoodSteps, Skipped) = (Scale / 2, 0, Skipped + 1);
            return false;
        }

        GoodSteps++;
        if (GoodSteps == GrowthInterval)
        {
            (Scale, GoodSteps) = (Scale * 2, 0);
        }

        return true;
    }

    /// <summary>Its state as numbers that float32 holds exactly.</summary>
    public float[] State => [Scale, GoodSteps, Skipped];

    /// <summary>Restores a <see cref="State"/>.</summary>
    public void Resume(ReadOnlySpan<float> state) => (Scale, GoodSteps, Skipped) = (state[0], (int)state[1], (int)state[2]);
}
