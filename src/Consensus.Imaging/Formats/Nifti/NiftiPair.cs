namespace Consensus.Imaging.Formats.Nifti;

/// <summary>Finds the two files of an image that is stored as a pair.</summary>
internal static class NiftiPair
{
    /// <summary>
    /// The header file and the image file of a path. For a single file both are the same; for .hdr/.img they are two files, each plain or
    /// gzip.
    /// </summary>
    public static (string HeaderPath, string ImagePath) Find(string path, bool imageMustExist = true)
    {
        string name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        string extension = Path.GetExtension(name);
        bool isHeader = extension.Equals(".hdr", StringComparison.OrdinalIgnoreCase);
        if (!isHeader && !extension.Equals(".img", StringComparison.OrdinalIgnoreCase))
        {
            return (path, path);
        }

        // The partner is spelled like the given file: brain.IMG belongs to brain.HDR.
        string partner = isHeader ? "img" : "hdr";
        if (char.IsUpper(extension[^1]))
        {
            partner = partner.ToUpperInvariant();
        }

        string plain = name[..^extension.Length] + "." + partner;
        string gzip = plain + ".gz";

        // If both a plain and a gzip partner exist, take the same kind as the given file.
        string[] candidates = path.Length == name.Length ? [plain, gzip] : [gzip, plain];
        string? found = Array.Find(candidates, File.Exists);
        if (found is null && (!isHeader || imageMustExist) && File.Exists(path))
        {
            throw new FileNotFoundException(
                $"'{path}' is one half of a NIfTI pair, but the other is missing: expected '{plain}' or '{gzip}'.", plain);
        }

        found ??= plain;
        return isHeader ? (path, found) : (found, path);
    }
}
