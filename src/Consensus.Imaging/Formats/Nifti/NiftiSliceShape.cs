namespace Consensus.Imaging.Formats.Nifti;

/// <summary>Finds the number of channels, rows and columns of slices from the header alone.</summary>
internal static class NiftiSliceShape
{
    /// <summary>Channels, rows and columns of one slice of a volume, from the header alone.</summary>
    public static (int Channels, int Height, int Width) Read(string path, int axis, int index)
    {
        NiftiCut cut = NiftiCut.Along(NiftiFile.ReadHeader(path), axis);
        cut.CheckIndex(index);
        return (cut.Channels, cut.Height, cut.Width);
    }

    /// <summary>Channels, rows and columns of an image that is a slice.</summary>
    public static (int Channels, int Height, int Width) Read(NiftiHeader header)
    {
        IReadOnlyList<long> shape = header.Shape;
        if (header.SliceAxis is { } along and not 2)
        {
            NiftiCut cut = NiftiCut.Along(header, along);
            return (cut.Channels, cut.Height, cut.Width);
        }

        if (shape.Count < 2)
        {
            throw new InvalidDataException(
                $"'{header.Path}' has shape {header.ShapeText}, but a slice has at least two axes (rows × columns).");
        }

        long channels = 1;
        bool volume = false;
        for (int axis = 2; axis < shape.Count; axis++)
        {
            if (shape[axis] > 1)
            {
                volume |= channels > 1 || shape[axis] > ImageLimits.MaximumChannels;
                channels = shape[axis];
            }
        }

        if (volume)
        {
            throw new InvalidDataException(
                $"'{header.Path}' has shape {header.ShapeText}: a volume, but slices are expected (rows × columns, with 1 to "
                + $"{ImageLimits.MaximumChannels} channels on one further axis). Name one of its slices as in "
                + $"'{Path.GetFileName(header.Path)}#axis=2,slice=0', or give the volume to LoadFromVolume or 'consensus predict'; "
                + "'consensus dataset init' describes a set of volumes.");
        }

        if ((Int128)shape[0] * shape[1] * channels > ImageLimits.MaximumValues)
        {
            throw new InvalidDataException(
                $"'{header.Path}' has shape {header.ShapeText}, but a slice has {ImageLimits.MaximumValues} values at most.");
        }

        return ((int)channels, (int)shape[0], (int)shape[1]);
    }
}
