using Consensus.ML.Imaging;

namespace Consensus.ML.Cli;

/// <summary>How a case is called when all there is of it is a file.</summary>
internal static class CaseName
{
    private static readonly string[] Compressions = [".gz"];

    /// <summary>The folder's name for a file called <c>image.*</c>, as data sets have it; else the file's, without extension. A slice of a volume has its axis and number behind it.</summary>
    public static string Of(string path)
    {
        var address = SliceAddress.Parse(path);
        return address.Index is null ? OfFile(path) : $"{OfFile(address.Path)}_axis{address.Axis}_slice{address.Index}";
    }

    private static string OfFile(string path)
    {
        string name = WithoutExtension(Path.GetFileName(path));
        if (name.Equals("image", StringComparison.OrdinalIgnoreCase))
        {
            string? folder = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path)));
            return string.IsNullOrEmpty(folder) ? name : folder;
        }

        return name;
    }

    private static string WithoutExtension(string file)
    {
        string name = Compressions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase) ? Path.GetFileNameWithoutExtension(file) : file;
        string bare = Path.GetFileNameWithoutExtension(name);
        return bare.Length == 0 ? file : bare;
    }
}
