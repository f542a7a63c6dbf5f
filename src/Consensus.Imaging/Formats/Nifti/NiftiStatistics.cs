namespace Consensus.Imaging.Formats.Nifti;

/// <summary>Statistics of the values of a NIfTI file, after slope and intercept, in double precision.</summary>
/// <param name="Minimum">Smallest finite value; not a number when there is none.</param>
/// <param name="Maximum">Largest finite value; not a number when there is none.</param>
/// <param name="Mean">Mean of the finite values; not a number when there is none.</param>
/// <param name="Count">Number of values, finite or not.</param>
/// <param name="NonFinite">Number of values that are infinite or not a number.</param>
public sealed record NiftiStatistics(double Minimum, double Maximum, double Mean, long Count, long NonFinite);
