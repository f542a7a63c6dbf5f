using System.Buffers;
using System.Globalization;
using System.Text;
using Consensus.Imaging;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Cli.Data;

/// <summary>Names cases that are given as a file, and checks names that files will have.</summary>
internal static class CaseName
{
    // File systems allow 255 bytes for a name. The rest is for the text that is added to the name of a case.
    private const int LongestFile = 180;

    private static readonly SearchValues<char> WindowsOnly = SearchValues.Create("<>:\"|?*");

    private static readonly string[] Compressions = [".gz"];

    /// <summary>
    /// The name of a case that is given as a file: the folder's name if the file is called <c>image.*</c>, otherwise the file's name
    /// without extension. For a slice of a volume, the axis and the number of the slice follow.
    /// </summary>
    public static string FromPath(string path)
    {
        var address = SliceAddress.Parse(path);
        return address.Index is null ? FromFile(path) : $"{FromFile(address.Path)}_axis{address.Axis}_slice{address.Index}";
    }

    /// <summary>
    /// Why a name cannot be the beginning of a file name, as in "holds a '/'"; null where it can.
    /// </summary>
    public static string? ProblemAsFile(string name)
    {
        int bytes = Encoding.UTF8.GetByteCount(name);
        return name switch
        {
            "" => "is empty",
            "." or ".." => "stands for a folder",
            _ when name.AsSpan().IndexOfAny('/', '\\') is >= 0 and int at => $"holds a '{name[at]}'",
            _ when name.FirstOrDefault(char.IsControl) is var control && name.Any(char.IsControl) =>
                string.Create(CultureInfo.InvariantCulture, $"holds the control character U+{(int)control:X4}"),
            _ when bytes > LongestFile => string.Create(CultureInfo.InvariantCulture, $"takes {bytes} bytes, of {LongestFile} at most"),
            _ when OperatingSystem.IsWindows() && name.AsSpan().IndexOfAny(WindowsOnly) is >= 0 and int at => $"holds a '{name[at]}'",
            _ when OperatingSystem.IsWindows() && NameText.IsDevice(name) => "is the name of a device",
            _ => null,
        };
    }

    private static string FromFile(string path)
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
        string name = Compressions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)
            ? Path.GetFileNameWithoutExtension(file)
            : file;
        string bare = Path.GetFileNameWithoutExtension(name);
        return bare.Length == 0 ? file : bare;
    }
}
