using System.Globalization;
using System.Text.Json;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Cli.Records;

/// <summary>Says in a sentence, with the file and the case, why a file is not the record that it should be.</summary>
/// <typeparam name="TSettings">The type of the options.</typeparam>
/// <typeparam name="TRecord">The type of a record.</typeparam>
/// <param name="manifest">What the records belong to.</param>
/// <param name="hash">The hash that the manifest carries.</param>
internal sealed class RecordCheck<TSettings, TRecord>(RecordManifest<TSettings> manifest, string hash)
    where TSettings : IRecordSettings
    where TRecord : class, ICaseRecord
{
    // A record has about 2000 bytes, and a few more for each threshold or file.
    private const int LargestRecord = 1 << 20;

    /// <summary>The place and the name of a case, for messages.</summary>
    public string CaseText(int index) =>
        string.Create(CultureInfo.InvariantCulture, $"case {index} '{NameText.Printable(manifest.Cases[index].Name)}'");

    /// <summary>Why a file is not the record of a case; null, with the record, where it is.</summary>
    public string? Problem(int index, string file, out TRecord? found)
    {
        found = null;
        string text = File.ReadAllText(file), name = CaseText(index);
        TRecord record;
        try
        {
            record = RecordJson.Parse<TRecord>(text);
        }
        catch (JsonException exception)
        {
            return $"'{file}', the record of {name}, is damaged: {exception.Message.TrimEnd('.')}.";
        }

        if (!SealedJson.IsIntact(text))
        {
            return $"'{file}', the record of {name}, was changed after it was written: {RecordJson.WhyNotIntact(text)}";
        }

        if (record.Manifest != hash)
        {
            return $"'{file}', the record of {name}, belongs to another run: to the manifest {NameText.Printable(record.Manifest)}, "
                + $"and the manifest here is {hash}.";
        }

        if (record.Index != index || record.Name != manifest.Cases[index].Name)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"'{file}' should be the record of {name}, but is the record of case {record.Index} "
                + $"'{NameText.Printable(record.Name)}'.");
        }

        found = record;
        return null;
    }

    /// <summary>
    /// What is wrong with a file that no case expects. Null for a file that is no JSON, such as a log. A record is found under any name.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="pathOf">The file of the record of each case.</param>
    public string? Surplus(string file, Func<int, string> pathOf)
    {
        bool isJson = file.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        if (!isJson && new FileInfo(file).Length > LargestRecord)
        {
            return null;
        }

        string shown = NameText.Printable(file);
        try
        {
            TRecord record = RecordJson.Parse<TRecord>(File.ReadAllText(file));
            bool isMine = record.Manifest == hash && record.Index >= 0 && record.Index < manifest.Cases.Count;
            return isMine
                ? $"'{shown}' is a second record of {CaseText(record.Index)}, whose record is '{pathOf(record.Index)}'."
                : $"'{shown}' belongs to another run: it is a record of '{NameText.Printable(record.Name)}' for the manifest "
                    + $"{NameText.Printable(record.Manifest)}.";
        }
        catch (JsonException)
        {
            return isJson ? $"'{shown}' is no record of this run; keep other files of JSON elsewhere." : null;
        }
    }
}
