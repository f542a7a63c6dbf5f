namespace Consensus.Imaging.Geometry;

/// <summary>Why two files of a case do not lie on one grid.</summary>
/// <param name="Message">One line that names both files and the difference.</param>
/// <param name="IsSize">
/// True if the files have different numbers of pixels; false if their pixels lie at different places in space.
/// </param>
internal sealed record GridMismatch(string Message, bool IsSize)
{
    /// <summary>The exception with this message.</summary>
    public InvalidDataException Exception() => new(Message);
}
