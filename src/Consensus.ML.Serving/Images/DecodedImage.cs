using Consensus.Imaging;
using Consensus.Imaging.Formats.Nifti;

namespace Consensus.ML.Serving.Images;

/// <summary>An image in memory: one slice, or the slices of a volume in their order.</summary>
/// <param name="Slices">The slices, at least one, all of one size.</param>
/// <param name="Axis">The axis that a volume was cut along; null for a single slice.</param>
/// <param name="Header">The header of its file, whose geometry an answer in NIfTI repeats; null where it came as a picture.</param>
internal sealed record DecodedImage(IReadOnlyList<Slice> Slices, int? Axis, NiftiHeader? Header)
{
    public Slice First => Slices[0];

    /// <summary>Distance between two slices of a volume, in millimetres; null for a single slice and where it is not known.</summary>
    public double? SliceSpacing
    {
        get
        {
            IReadOnlyList<double> affine = First.Geometry.Affine;
            double distance = Math.Sqrt((affine[2] * affine[2]) + (affine[6] * affine[6]) + (affine[10] * affine[10]));
            return Axis is not null && First.Geometry.HasSpacing && distance > 0 && double.IsFinite(distance) ? distance : null;
        }
    }
}
