namespace Consensus.Imaging.Geometry;

/// <summary>
/// Reports files that were turned onto the grid of their image, or were assumed to lie on it. Each of the two is reported once, with the
/// first file as the example: a data set has thousands of files that are all stored alike. Safe for several threads.
/// </summary>
/// <param name="turned">Takes a line on a file that was stored flipped, or with its axes exchanged.</param>
/// <param name="assumed">Takes a line on a file that does not say where it lies.</param>
internal sealed class GridNotes(Action<string> turned, Action<string> assumed)
{
    private int _turned;
    private int _assumed;

    /// <param name="say">Takes both sorts of lines.</param>
    public GridNotes(Action<string> say)
        : this(say, say)
    {
    }

    /// <summary>A file was turned.</summary>
    /// <param name="file">The file.</param>
    /// <param name="reference">The file whose frame it was turned into.</param>
    /// <param name="how">How it is stored.</param>
    public void Turned(string file, string reference, string how)
    {
        if (Interlocked.Exchange(ref _turned, 1) == 0)
        {
            turned($"'{file}' is stored {how} beside '{reference}', as their affines say: it and files like it are turned into its frame.");
        }
    }

    /// <summary>One of two files does not say where it lies.</summary>
    /// <param name="file">The file that was read.</param>
    /// <param name="reference">The file whose frame it is taken to be in.</param>
    /// <param name="silent">The one of the two that says nothing.</param>
    public void Assumed(string file, string reference, string silent)
    {
        if (Interlocked.Exchange(ref _assumed, 1) == 0)
        {
            assumed(
                $"'{silent}' does not say where it lies in space: the rows and columns of '{file}' are taken for those of '{reference}'"
                + " (of NIfTI, rows are the first stored axis and columns the second; of pictures, rows run down).");
        }
    }
}
