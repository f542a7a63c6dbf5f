namespace Consensus.Imaging.Geometry;

/// <summary>
/// Reports files that were turned onto the grid of their image, and files that were assumed to lie on it. Each of the two is reported only
/// once, with the first file as the example, because a data set has thousands of files that are stored alike. Safe for several threads.
/// </summary>
/// <param name="turned">Receives a line about a file that was stored flipped, or with its axes exchanged.</param>
/// <param name="assumed">Receives a line about a file that does not store a position.</param>
internal sealed class GridNotes(Action<string> turned, Action<string> assumed)
{
    private int _turned;
    private int _assumed;

    /// <param name="say">Receives both kinds of lines.</param>
    public GridNotes(Action<string> say)
        : this(say, say)
    {
    }

    /// <summary>Reports a file that was turned.</summary>
    /// <param name="file">The file.</param>
    /// <param name="reference">The file whose frame it was turned into.</param>
    /// <param name="how">How the file is stored, in words.</param>
    public void Turned(string file, string reference, string how)
    {
        if (Interlocked.Exchange(ref _turned, 1) == 0)
        {
            turned($"'{file}' is stored {how} beside '{reference}', as their affines say: it and files like it are turned into its frame.");
        }
    }

    /// <summary>Reports that one of two files does not store a position.</summary>
    /// <param name="file">The file that was read.</param>
    /// <param name="reference">The file whose frame is assumed.</param>
    /// <param name="silent">The file of the two that does not store a position.</param>
    public void Assumed(string file, string reference, string silent)
    {
        if (Interlocked.Exchange(ref _assumed, 1) == 0)
        {
            assumed(
                $"'{silent}' does not say where it lies in space: the rows and columns of '{file}' are taken for those of '{reference}'"
                + " (in NIfTI files, rows are the first stored axis and columns the second; in pictures, rows run down).");
        }
    }
}
