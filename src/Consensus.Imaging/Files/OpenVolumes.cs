using Consensus.Imaging.Formats.Nifti;

namespace Consensus.Imaging.Files;

/// <summary>
/// The volumes that slices were last read from, one for each place in a list of paths (channels, raters), so that slices that are read in
/// turn do not unpack their volume each time. Holds memory, shared among the places, and at most one open file a place, until it is
/// disposed; it can be read from afterwards, which opens files anew. Not for several threads at a time.
/// </summary>
/// <param name="closing">
/// Whether each file is closed after each slice: for prediction engines, which are not disposed.
/// </param>
internal sealed class OpenVolumes(bool closing = false) : IDisposable
{
    private readonly List<(string Path, int Axis, NiftiVolume Volume)?> _places = [];

    /// <summary>Reads a slice.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="place">Which path of the list it is.</param>
    /// <param name="places">How many paths the list has.</param>
    public Slice Read(SliceAddress address, int place, int places)
    {
        while (_places.Count <= place)
        {
            _places.Add(null);
        }

        if (_places[place] is not { } open || open.Path != address.Path || open.Axis != address.Axis)
        {
            // Release the last volume before the next one allocates memory.
            Close(place);
            open = (address.Path, address.Axis!.Value, new NiftiVolume(
                address.Path, address.Axis.Value, NiftiVolume.Memory / places, closing: closing));
            _places[place] = open;
        }

        try
        {
            return open.Volume.Read(address.Index!.Value);
        }
        catch
        {
            Close(place);
            throw;
        }
    }

    /// <summary>Closes all files and releases their memory.</summary>
    public void Dispose()
    {
        for (int place = 0; place < _places.Count; place++)
        {
            Close(place);
        }
    }

    /// <summary>The header of a volume: that of the open one where it is the same file.</summary>
    /// <param name="path">The volume's file.</param>
    /// <param name="place">Which path of the list it is.</param>
    public NiftiHeader Header(string path, int place) =>
        place < _places.Count && _places[place] is { } open && open.Path == path ? open.Volume.Cut.Header : NiftiFile.ReadHeader(path);

    private void Close(int place)
    {
        _places[place]?.Volume.Dispose();
        _places[place] = null;
    }
}
