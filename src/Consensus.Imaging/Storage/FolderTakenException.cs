namespace Consensus.Imaging.Storage;

/// <summary>A folder that a program held has another owner now. The program must write nothing more there.</summary>
/// <param name="message">Names the folder and its owner.</param>
public sealed class FolderTakenException(string message) : IOException(message);
