using System.Text.Encodings.Web;
using System.Text.Json;
using Consensus.Imaging.Labels;
using Consensus.ML.Options;

namespace Consensus.ML.Datasets;

/// <summary>Writes a dataset manifest. Properties with default values are left out, as people would do.</summary>
internal static class ManifestWriter
{
    private static readonly JsonWriterOptions _options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // names stay readable; the text is never put into a web page
    };

    /// <param name="manifest">The manifest.</param>
    /// <param name="stream">The stream to write to.</param>
    /// <param name="folder">The full path of the folder of the new file.</param>
    public static void Write(DatasetManifest manifest, Stream stream, string folder)
    {
        using var json = new Utf8JsonWriter(stream, _options);
        string from = Path.GetFullPath(manifest.Folder.Length == 0 ? "." : manifest.Folder);
        json.WriteStartObject();
        json.WriteNumber("formatVersion", manifest.Structures.Count == 0 ? 1 : 2);
        json.WriteString("name", manifest.Name);
        if (manifest.Description is not null)
        {
            json.WriteString("description", manifest.Description);
        }

        if (manifest.Channels.Count > 0)
        {
            WriteList(json, "channels", manifest.Channels);
        }

        WriteList(json, "raters", manifest.Raters);
        if (manifest.Structures.Count > 0)
        {
            WriteList(json, "structures", manifest.Structures);
        }

        if (manifest.Levels != manifest.Raters.Count)
        {
            json.WriteNumber("levels", manifest.Levels);
        }

        if (manifest.MissingRaters != MissingRaters.Drop)
        {
            json.WriteString("missingRaters", Spelling.Write(manifest.MissingRaters));
        }

        WriteVolume(json, manifest.Volume);
        json.WriteStartArray("cases");
        foreach (DatasetCase one in manifest.Cases)
        {
            WriteCase(json, one, manifest, path => Rebase(path, from, folder));
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
    }

    private static void WriteCase(Utf8JsonWriter json, DatasetCase one, DatasetManifest manifest, Func<string, string> rebase)
    {
        json.WriteStartObject();
        json.WriteString("name", one.Name);
        if (one.Split is not null)
        {
            json.WriteString("split", one.Split);
        }

        if (one.Group is not null)
        {
            json.WriteString("group", one.Group);
        }

        if (one.Image.Count == 1)
        {
            json.WriteString("image", rebase(one.Image[0]));
        }
        else
        {
            WriteList(json, "image", one.Image.Select(rebase));
        }

        if (manifest.Structures.Count == 0)
        {
            WriteMasks(json, "masks", one.Masks, manifest, rebase);
        }
        else
        {
            json.WriteStartObject("structures");
            foreach (string structure in manifest.Structures.Where(one.Structures.ContainsKey))
            {
                WriteMasks(json, structure, one.Structures[structure], manifest, rebase);
            }

            json.WriteEndObject();
        }

        WriteVolume(json, one.Volume);
        json.WriteEndObject();
    }

    private static void WriteMasks(
        Utf8JsonWriter json,
        string name,
        IReadOnlyDictionary<string, string> masks,
        DatasetManifest manifest,
        Func<string, string> rebase)
    {
        json.WriteStartObject(name);
        foreach (string rater in manifest.Raters.Where(masks.ContainsKey))
        {
            json.WriteString(rater, rebase(masks[rater]));
        }

        json.WriteEndObject();
    }

    private static void WriteVolume(Utf8JsonWriter json, VolumeSlicing? volume)
    {
        if (volume is not null)
        {
            json.WriteStartObject("volume");
            if (volume.Axis is { } axis)
            {
                json.WriteNumber("axis", axis);
            }

            json.WriteString("slices", volume.Slices == VolumeSlices.All ? "all" : "marked");
            json.WriteEndObject();
        }
    }

    private static void WriteList(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    /// <summary>
    /// The path of the same file relative to a different folder, with '/' on every system. Absolute paths stay as they are.
    /// </summary>
    private static string Rebase(string path, string from, string to)
    {
        string moved = Path.IsPathRooted(path) || from == to ? path : Path.GetRelativePath(to, Path.Combine(from, path));
        return Path.DirectorySeparatorChar == '/' ? moved : moved.Replace(Path.DirectorySeparatorChar, '/');
    }
}
