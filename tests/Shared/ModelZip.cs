using System.IO.Compression;
using System.Text.Json.Nodes;

namespace Consensus.ML.Tests.Shared;

/// <summary>Reads the files inside a model zip.</summary>
internal static class ModelZip
{
    /// <summary>The bytes of the only entry with this name, with or without its folders.</summary>
    public static byte[] Entry(string zip, string name)
    {
        using ZipArchive archive = ZipFile.OpenRead(zip);
        return Bytes(archive.Entries.Single(entry => entry.Name == name || entry.FullName == name));
    }

    /// <summary>The bytes of an entry.</summary>
    public static byte[] Bytes(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    /// <summary>What the only manifest.json says.</summary>
    public static JsonNode Manifest(string zip) => JsonNode.Parse(Entry(zip, "manifest.json"))!;
}
