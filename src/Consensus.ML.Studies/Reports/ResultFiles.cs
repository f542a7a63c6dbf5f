using System.Text;
using Consensus.Imaging.Storage;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Running;

namespace Consensus.ML.Studies.Reports;

/// <summary>The files that a finished study leaves in its folder: results.csv, results.json and report.html.</summary>
internal static class ResultFiles
{
    /// <exception cref="IOException">A file cannot be written; the message names it.</exception>
    public static void Write(StudyResults results, StudyFolder folder)
    {
        WriteNumbers(results, folder.Path);
        WriteText(folder.Report, writer => StudyReport.Write(writer, results));
    }

    /// <summary>Writes results.csv and results.json, which need no images.</summary>
    /// <exception cref="IOException">A file cannot be written; the message names it.</exception>
    public static void WriteNumbers(StudyResults results, string path)
    {
        WriteText(StudyFolder.TableIn(path), writer => ResultsTable.Write(writer, results));
        StudyJson.Write(StudyFolder.ResultsIn(path), ResultsFile.Create(results));
    }

    private static void WriteText(string path, Action<TextWriter> write) => AtomicFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        write(writer);
    });
}
