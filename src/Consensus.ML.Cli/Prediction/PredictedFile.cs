using System.Globalization;
using Consensus.ML.Cli.Records;

namespace Consensus.ML.Cli.Prediction;

/// <summary>A file of a result.</summary>
/// <param name="Path">Where it lies, from the folder of the records; with '/' between folders.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">The SHA-256 of its content.</param>
internal sealed record PredictedFile(string Path, long Bytes, string Sha256)
{
    /// <summary>Describes a file that was written.</summary>
    /// <param name="file">The file.</param>
    /// <param name="records">The folder of the records.</param>
    public static PredictedFile Of(string file, string records)
    {
        using FileStream stream = File.OpenRead(file);
        return new(
            System.IO.Path.GetRelativePath(records, file).Replace(System.IO.Path.DirectorySeparatorChar, '/'),
            stream.Length,
            FileHashes.Of(stream));
    }

    /// <summary>The file, as the folder of the records is given: from the current folder, or from the root.</summary>
    /// <param name="records">The folder of the records.</param>
    public string In(string records)
    {
        string file = System.IO.Path.GetFullPath(System.IO.Path.Combine(records, Path));
        return System.IO.Path.IsPathRooted(records) ? file : System.IO.Path.GetRelativePath(".", file);
    }

    /// <summary>Why the file is not the one that was written, as the end of a sentence; null where it is.</summary>
    /// <param name="records">The folder of the records.</param>
    public string? Problem(string records)
    {
        string file = In(records);
        if (!File.Exists(file))
        {
            return "is missing.";
        }

        PredictedFile there = Of(file, records);
        return there.Bytes != Bytes
            ? string.Create(CultureInfo.InvariantCulture, $"has {there.Bytes} bytes, and was written with {Bytes}.")
            : there.Sha256 != Sha256 ? $"was changed after it was written: its SHA-256 was {Sha256}." : null;
    }
}
