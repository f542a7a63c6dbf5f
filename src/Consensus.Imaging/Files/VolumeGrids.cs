using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Geometry;

namespace Consensus.Imaging.Files;

/// <summary>Compares the grids of whole volumes.</summary>
internal static class VolumeGrids
{
    /// <summary>Makes sure that two volumes lie at the same place and have the same number of slices along an axis of the first.</summary>
    /// <param name="reference">The image's header.</param>
    /// <param name="axis">The axis along which the image is cut.</param>
    /// <param name="other">The header of a mask or of another channel.</param>
    /// <exception cref="InvalidDataException">The volumes differ in place or in number of slices. The message names both files.</exception>
    public static void Check(NiftiHeader reference, int axis, NiftiHeader other)
    {
        NiftiCut cut = NiftiCut.Along(reference, axis);
        int along = axis;
        if (reference.HasPosition && other.HasPosition)
        {
            foreach (int index in (int[])[0, cut.Count - 1])
            {
                SliceGrid grid = SliceGrid.FromCut(cut, index);
                SliceAddress found = SliceLocator.Locate(
                    grid, new SliceAddress(other.Path, axis, index), other, out GridMismatch? mismatch) ?? throw mismatch!.Exception();
                along = found.Axis!.Value;
                grid.Check(found.ToString());
            }
        }

        int count = NiftiCut.Along(other, along).Count;
        if (count != cut.Count)
        {
            string which = along == axis ? "" : $" along axis {axis}";
            throw new InvalidDataException(
                $"'{other.Path}' has {count} slices along axis {along}, but '{reference.Path}' has "
                + $"{cut.Count}{which}: both must be of one size.");
        }
    }
}
