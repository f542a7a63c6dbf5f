namespace Consensus.Imaging.Formats.Nifti;

/// <summary>Finds the two files of an image that is stored as a pair.</summary>
internal static class NiftiPair
{
    /// <summary>Header file and image file of a path: the same for a single file, two files for .hdr/.img, each plain or gzip.</summary>
    public static (string HeaderPath, string ImagePath) Find(string path, bool imageMustExist = true)
    {
        string name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        string extension = Path.GetExtension(name);
        bool isHeader = extension.Equals(".hdr", StringComparison.OrdinalIgnoreCase);
        if (!isHeader && !extension.Equals(".img", StringComparison.OrdinalIgnoreCase))
        {
            return (path, path);
        }

        // The partner is spelled like its sibling: brain.HDR goes with brain.IMG.
        string partner = isHeader ? "img" : "hdr";
        if (char.IsUpper(extension[^1]))
        {
            partner = partner.ToUpperInvariant();
        }

        string plain = name[..^extension.Length] + "." + partner;
        string gzip = plain + ".gz";

        // The one that is stored as the given file is comes first, when both exist.
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
