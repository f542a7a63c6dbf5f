namespace Consensus.ML.Torch.Training.Optimization;

/// <summary>
/// Dynamic loss scaling for float16 (Micikevicius et al. 2018, section 3.2): the loss is multiplied by a power of two, so that small
/// gradients do not vanish in float16, and the gradients are divided by it again. Where one overflows, the step is left out and the scale
/// halved; after many steps without, it is doubled.
/// </summary>
internal sealed class LossScaler
{
    private const float Initial = 65536;
    private const int GrowthInterval = 2000;

    /// <summary>What the loss is to be multiplied by, a power of two of at least 1. 65536 at first.</summary>
    public float Scale { get; private set; } = Initial;

    /// <summary>Steps since the scale last changed.</summary>
    public int GoodSteps { get; private set; }

    /// <summary>Steps that were left out.</summary>
    public int Skipped { get; private set; }

    /// <summary>Notes whether a step's gradients were all finite; says whether it is to be done.</summary>
    /// <exception cref="InvalidOperationException">They were not, and the scale cannot be smaller.</exception>
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

    /// <summary>Its state in numbers, each of which a float32 holds exactly.</summary>
    public float[] State => [Scale, GoodSteps, Skipped];

    /// <summary>Goes on from a <see cref="State"/>.</summary>
    public void Resume(ReadOnlySpan<float> state) => (Scale, GoodSteps, Skipped) = (state[0], (int)state[1], (int)state[2]);
}
