using System.Globalization;
using System.Text.Json;
using Consensus.Imaging.Storage;
using Consensus.ML.Evaluation;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>Says in a sentence, with the file and the case, why a file is not the record that it should be.</summary>
/// <param name="manifest">What the records belong to.</param>
/// <param name="hash">The hash that the manifest carries.</param>
internal sealed class RecordCheck(EvaluationManifest manifest, string hash)
{
    // A record has about 2000 bytes, and a few more for each threshold.
    private const int LargestRecord = 1 << 20;

    /// <summary>The place and the name of a case, for messages.</summary>
    public string CaseText(int index) =>
        string.Create(CultureInfo.InvariantCulture, $"case {index} '{NameText.Printable(manifest.Cases[index].Name)}'");

    /// <summary>Why a file is not the record of a case; null, with the scores, where it is.</summary>
    public string? Problem(int index, string file, out CaseMetrics? scores)
    {
        scores = null;
        string text = File.ReadAllText(file), name = CaseText(index);
        EvaluationRecord record;
        try
        {
            record = RecordJson.Parse<EvaluationRecord>(text);
        }
        catch (JsonException exception)
        {
            return $"'{file}', the record of {name}, is damaged: {exception.Message.TrimEnd('.')}.";
        }

        if (!SealedJson.IsIntact(text))
        {
            return $"'{file}', the record of {name}, was changed after it was written: {Seal(text)}";
        }

        if (record.Manifest != hash)
        {
            return $"'{file}', the record of {name}, belongs to another run: to the manifest {NameText.Printable(record.Manifest)}, "
                + $"and the manifest here is {hash}.";
        }

        if (record.Index != index || record.Scores.Name != manifest.Cases[index].Name)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"'{file}' should be the record of {name}, but is the record of case {record.Index} "
                + $"'{NameText.Printable(record.Scores.Name)}'.");
        }

        scores = record.Scores;
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
            EvaluationRecord record = RecordJson.Parse<EvaluationRecord>(File.ReadAllText(file));
            bool isMine = record.Manifest == hash && record.Index >= 0 && record.Index < manifest.Cases.Count;
            return isMine
                ? $"'{shown}' is a second record of {CaseText(record.Index)}, whose record is '{pathOf(record.Index)}'."
                : $"'{shown}' belongs to another run: it is a record of '{NameText.Printable(record.Scores.Name)}' for the manifest "
                    + $"{NameText.Printable(record.Manifest)}.";
        }
        catch (JsonException)
        {
            return isJson ? $"'{shown}' is no record of this run; keep other files of JSON elsewhere." : null;
        }
    }

    /// <summary>Why a text is not intact, as the end of a sentence.</summary>
    public static string Seal(string text) => SealedJson.HashIn(text) is { } carried
        ? $"its content does not have the SHA-256 {carried} that it carries."
        : "it does not end with its SHA-256.";
}
