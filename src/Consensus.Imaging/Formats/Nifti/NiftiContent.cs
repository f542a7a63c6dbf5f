namespace Consensus.Imaging.Formats.Nifti;

/// <summary>What a NIfTI file is to hold: its header, and its values in pieces of whole planes.</summary>
/// <param name="Layout">The header.</param>
/// <param name="Planes">
/// The values in the order of the file's planes. A plane has its rows one after another; the writer turns them to the file's order.
/// </param>
internal sealed record NiftiContent(NiftiLayout Layout, IEnumerable<ReadOnlyMemory<float>> Planes)
{
    /// <summary>A slice with its own geometry.</summary>
    public static NiftiContent FromSlice(Slice slice) => new(NiftiLayout.FromSlice(slice), [slice.Pixels]);

    /// <summary>A slice with the geometry of another image of its size.</summary>
    /// <param name="slice">The values.</param>
    /// <param name="header">The header of the other image.</param>
    /// <param name="name">The name of the other image, for messages.</param>
    /// <exception cref="ArgumentException">The other image has another height or width.</exception>
    /// <exception cref="InvalidDataException">The other image is no slice.</exception>
    public static NiftiContent FromSlice(Slice slice, NiftiHeader header, string name)
    {
        (_, int height, int width) = NiftiSliceShape.Read(header);
        CheckSize(slice, height, width, name);
        return header.SliceAxis is { } along and not 2
            ? new(
                NiftiLayout.ForVolume(header, slice.Channels),
                NiftiCut.Along(header, along).Assemble([slice], slice.Channels).Select(plane => (ReadOnlyMemory<float>)plane))
            : new(NiftiLayout.ForSlice(header, slice.Channels), [slice.Pixels]);
    }

    /// <summary>A slice with the geometry of a slice of a volume.</summary>
    /// <param name="slice">The values.</param>
    /// <param name="cut">The volume and the axis that it is cut along.</param>
    /// <param name="index">Which slice of the volume, from 0.</param>
    /// <param name="name">The name of the volume's slice, for messages.</param>
    /// <exception cref="ArgumentException">The volume's slice has another height or width.</exception>
    /// <exception cref="InvalidDataException">The volume has no slice of this number.</exception>
    public static NiftiContent FromSlice(Slice slice, NiftiCut cut, int index, string name)
    {
        CheckSize(slice, cut.Height, cut.Width, name);
        cut.CheckIndex(index);
        return new(NiftiLayout.FromCut(cut, index, slice.Channels), [slice.Pixels]);
    }

    /// <summary>Slices that are put back into the volume that they were cut from. They are read while the file is written.</summary>
    /// <param name="slices">All slices in order.</param>
    /// <param name="header">The header of the volume.</param>
    /// <param name="axis">The axis that was cut; null for the axis of length 1, and for the third axis of a volume.</param>
    /// <param name="name">The name of the volume, for messages.</param>
    /// <exception cref="ArgumentException">
    /// There are no slices. While the planes are read: the number or the size of the slices is not that of the volume's.
    /// </exception>
    /// <exception cref="InvalidDataException">The header is not that of a volume.</exception>
    public static NiftiContent FromSlices(IEnumerable<Slice> slices, NiftiHeader header, int? axis, string name)
    {
        NiftiCut cut = NiftiCut.Along(header, NiftiCut.ChooseAxis(header, axis));
        IEnumerator<Slice> enumerator = slices.GetEnumerator();
        if (!enumerator.MoveNext())
        {
            enumerator.Dispose();
            throw new ArgumentException($"'{name}' has {cut.Count} slices along axis {cut.Axis}, but none was given.", nameof(slices));
        }

        int channels = enumerator.Current.Channels;
        IEnumerable<float[]> planes = cut.Axis == 2 && channels == 1
            ? Fitting().Select(slice => slice.Pixels)
            : cut.Assemble(Fitting(), channels);
        return new(NiftiLayout.ForVolume(header, channels), planes.Select(plane => (ReadOnlyMemory<float>)plane));

        IEnumerable<Slice> Fitting()
        {
            using IEnumerator<Slice> owned = enumerator;
            int number = 0;
            do
            {
                Slice slice = enumerator.Current;
                if (number == cut.Count || slice.Height != cut.Height || slice.Width != cut.Width || slice.Channels != channels)
                {
                    throw new ArgumentException(
                        number == cut.Count
                            ? $"More slices were given than the {cut.Count} that '{name}' has along axis {cut.Axis}."
                            : $"Slice {number} has {slice.Channels}×{slice.Height}×{slice.Width} values (channels × rows × columns), "
                                + $"but {channels}×{cut.Height}×{cut.Width} are needed for the geometry of '{name}'.",
                        nameof(slices));
                }

                number++;
                yield return slice;
            }
            while (enumerator.MoveNext());
            if (number < cut.Count)
            {
                throw new ArgumentException(
                    $"'{name}' has {cut.Count} slices along axis {cut.Axis}, but {number} were given.", nameof(slices));
            }
        }
    }

    private static void CheckSize(Slice slice, int height, int width, string name)
    {
        if (height != slice.Height || width != slice.Width)
        {
            throw new ArgumentException(
                $"A slice of {slice.Height}×{slice.Width} cannot take the geometry of '{name}', which has {height}×{width}.",
                nameof(slice));
        }
    }
}
