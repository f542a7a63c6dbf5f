namespace Consensus.Imaging.Geometry;

/// <summary>Why two files of a case do not lie on one grid.</summary>
/// <param name="Message">Both files and the difference, in one line.</param>
/// <param name="IsSize">Whether they have different numbers of pixels; else these lie elsewhere in space.</param>
internal sealed record GridMismatch(string Message, bool IsSize)
{
    /// <summary>The exception that says so.</summary>
    public InvalidDataException Exception() => new(Message);
}
