namespace Consensus.ML.Torch.Training;

/// <summary>
/// Random numbers that depend only on a seed, a purpose and a position. A run can resume at any step without the history of a generator.
/// </summary>
internal static class SeededRandom
{
    /// <summary>What the numbers are for; each purpose has its own sequence.</summary>
    public enum Purpose
    {
        /// <summary>Cases set aside for validation.</summary>
        Split,

        /// <summary>The order of cases in an epoch.</summary>
        Order,

        /// <summary>Augmentation, levels and times of a step.</summary>
        Step,

        /// <summary>The noise of a step.</summary>
        Noise,

        /// <summary>The noise of a validation case.</summary>
        Validation,

        /// <summary>The dropout masks of a step.</summary>
        Dropout,
    }

    /// <summary>The seed of a member, from 0, of several networks that are trained side by side: they follow one another.</summary>
    public static int OfMember(int seed, int member) => unchecked(seed + member);

    /// <summary>A generator for one position.</summary>
    public static Random At(int seed, Purpose purpose, long position) => new((int)(Seed(seed, purpose, position) & int.MaxValue));

    /// <summary>A 63-bit seed for one position (SplitMix64's finalizer over the three numbers).</summary>
    public static ulong Seed(int seed, Purpose purpose, long position)
    {
        ulong mixed = Mix(Mix(Mix((uint)seed) + (ulong)purpose) + (ulong)position);
        return mixed & long.MaxValue;
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
