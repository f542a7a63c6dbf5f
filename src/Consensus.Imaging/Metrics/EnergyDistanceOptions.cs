namespace Consensus.Imaging.Metrics;

/// <summary>
/// The two conventions in which published values of the generalised energy distance differ. Values of different conventions cannot be
/// compared.
/// </summary>
public sealed record EnergyDistanceOptions
{
    /// <summary>The pairs within a set of masks. Default <see cref="EnergyPairs.All"/>, as in most published code.</summary>
    public EnergyPairs Pairs { get; init; } = EnergyPairs.All;

    /// <summary>
    /// The distance of two empty masks, in [0, 1]. Default 0: they are equal. Some published code has 1, because it takes 0 for the IoU of
    /// two empty masks; then the distance of an empty mask to itself is 1 too.
    /// </summary>
    public double EmptyDistance { get; init; }

    /// <exception cref="ArgumentException">
    /// An option is out of range; the message says which, the value found and what is allowed.
    /// </exception>
    internal void Check()
    {
        if (!Enum.IsDefined(Pairs))
        {
            throw new ArgumentException(
                $"{nameof(EnergyDistanceOptions)}.{nameof(Pairs)} is {Pairs}; it must be one of "
                + $"{string.Join(", ", Enum.GetNames<EnergyPairs>())}.");
        }

        if (!(EmptyDistance >= 0 && EmptyDistance <= 1))
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{nameof(EnergyDistanceOptions)}.{nameof(EmptyDistance)} is {EmptyDistance}; it must be from 0 to 1."));
        }
    }
}
