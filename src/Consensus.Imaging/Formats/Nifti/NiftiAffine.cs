using System.Globalization;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>
/// Computes the affine of an image whose header does not store one as an sform: 4×4 values, row by row, in the header's unit of space.
/// </summary>
internal static class NiftiAffine
{
    /// <summary>
    /// The affine of a qform, as nifti1.h defines it in "METHOD 2": a unit quaternion rotates, the spacing scales, and qfac flips the
    /// third axis.
    /// </summary>
    /// <exception cref="InvalidDataException">The quaternion is longer than 1.</exception>
    public static double[] FromQform(string path, int version, NiftiOrientation orientation)
    {
        double[] pixdim = UsablePixelDimensions(orientation);
        double b = orientation.Quaternion[0], c = orientation.Quaternion[1], d = orientation.Quaternion[2];
        double aSquared = 1 - ((b * b) + (c * c) + (d * d));

        // If a differs from 0 by less than three rounding errors of the stored precision, it is 0, as in nibabel.
        double tolerance = 3 * (version == 1 ? 1.1920929e-7 : double.BitIncrement(1) - 1);

        // NaN passes this check and gives an affine of NaN, just as an sform with NaN does.
        if (aSquared <= -tolerance)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{path}' has the quaternion ({b}, {c}, {d}) in its qform, but the sum of squares may be 1 at most."));
        }

        double a = Math.Abs(aSquared) < tolerance ? 0 : Math.Sqrt(aSquared);
        double s = 2 / ((a * a) + (b * b) + (c * c) + (d * d));
        double x = pixdim[1], y = pixdim[2], z = pixdim[3] * orientation.Qfac;
        return
        [
            (1 - (s * ((c * c) + (d * d)))) * x, s * ((b * c) - (a * d)) * y, s * ((b * d) + (a * c)) * z, orientation.Offset[0],
            s * ((b * c) + (a * d)) * x, (1 - (s * ((b * b) + (d * d)))) * y, s * ((c * d) - (a * b)) * z, orientation.Offset[1],
            s * ((b * d) - (a * c)) * x, s * ((c * d) + (a * b)) * y, (1 - (s * ((b * b) + (c * c)))) * z, orientation.Offset[2],
            0, 0, 0, 1,
        ];
    }

    /// <summary>
    /// For a header with neither sform nor qform: spacing on the diagonal, first axis flipped, origin in the centre
    /// (nibabel's base affine).
    /// </summary>
    public static double[] FromSpacing(long[] shape, double[] pixdim)
    {
        var affine = new double[16];
        affine[15] = 1;
        for (int axis = 0; axis < 3; axis++)
        {
            double zoom = axis < shape.Length ? pixdim[axis + 1] : 1;
            zoom = axis == 0 ? -zoom : zoom;
            double centre = axis < shape.Length ? (shape[axis] - 1) / 2.0 : 0;
            affine[(axis * 4) + axis] = zoom;
            affine[(axis * 4) + 3] = -centre * zoom;
        }

        return affine;
    }

    /// <summary>
    /// The field pixdim with usable spacings. In its first three spacings, 0 becomes 1 and a negative value becomes positive.
    /// </summary>
    public static double[] UsablePixelDimensions(NiftiOrientation orientation)
    {
        double[] pixdim = [.. orientation.PixelDimensions];
        for (int axis = 1; axis <= 3; axis++)
        {
            pixdim[axis] = pixdim[axis] == 0 ? 1 : Math.Abs(pixdim[axis]);
        }

        return pixdim;
    }
}
