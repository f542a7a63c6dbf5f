using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Storage;

namespace Consensus.Imaging.Files;

/// <summary>
/// Keeps the volumes that slices were last read from. Slices that are read in turn then do not unpack their volume each time. There is one
/// volume for each place in a list of paths (channels or raters). All places share the allowed memory, and each place has at most one open
/// file, until this object is disposed. It can still be used after that, and then opens files again. Not for several threads at the same
/// time.
/// </summary>
/// <param name="closing">
/// Whether files are closed after each slice. Prediction engines need this, because nobody disposes them. A file that was written again
/// since the last slice is then opened anew.
/// </param>
internal sealed class OpenVolumes(bool closing = false) : IDisposable
{
    private readonly List<(string Path, int Axis, (FileState Header, FileState Image) State, NiftiVolume Volume)?> _places = [];
    private readonly List<OpenVolumes> _lists = [];
    private int _sharedBy = 1;

    /// <summary>
    /// The volumes of one list of paths, where each row has several lists, such as the masks of several structures. In one list for all of
    /// them, a volume would be closed and unpacked again for each slice. They are disposed with this object.
    /// </summary>
    /// <param name="lists">The number of lists, which share the allowed memory.</param>
    public OpenVolumes ForList(int lists)
    {
        var list = new OpenVolumes(closing) { _sharedBy = lists };
        _lists.Add(list);
        return list;
    }

    /// <summary>Reads a slice.</summary>
    /// <param name="address">The address of the slice.</param>
    /// <param name="place">The index of its path in the list.</param>
    /// <param name="places">How many paths the list has.</param>
    public Slice Read(SliceAddress address, int place, int places)
    {
        while (_places.Count <= place)
        {
            _places.Add(null);
        }

        (FileState Header, FileState Image) state = StateOf(address.Path);
        if (_places[place] is not { } open || open.Path != address.Path || open.Axis != address.Axis || open.State != state)
        {
            // Release the last volume before the next one allocates memory.
            Close(place);
            open = (address.Path, address.Axis!.Value, state, new NiftiVolume(
                InputContent.FromFile(address.Path), address.Axis.Value, NiftiVolume.Memory / places / _sharedBy, closing: closing));
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

        _lists.ForEach(list => list.Dispose());
    }

    /// <summary>The header of a volume. If the volume at this place is the same file, its header is reused.</summary>
    /// <param name="path">The volume's file.</param>
    /// <param name="place">The index of its path in the list.</param>
    public NiftiHeader Header(string path, int place) =>
        place < _places.Count && _places[place] is { } open && open.Path == path && open.State == StateOf(path)
            ? open.Volume.Cut.Header
            : NiftiFile.ReadHeader(path);

    /// <summary>What the files of a volume look like now. Files that stay open are not looked at.</summary>
    private (FileState Header, FileState Image) StateOf(string path)
    {
        if (!closing)
        {
            return default;
        }

        (string headerPath, string imagePath) = NiftiPair.Find(path);
        FileState header = Look(headerPath);
        return (header, imagePath == headerPath ? header : Look(imagePath));

        // The file is opened, because the length and time of a link are not those of its file.
        static FileState Look(string file)
        {
            using FileStream stream = InputFile.Open(file);
            return new(stream.Length, File.GetLastWriteTimeUtc(stream.SafeFileHandle));
        }
    }

    private void Close(int place)
    {
        _places[place]?.Volume.Dispose();
        _places[place] = null;
    }

    /// <summary>What shows that a file was written again: its length, and the time of its last change.</summary>
    private readonly record struct FileState(long Length, DateTime Written);
}
