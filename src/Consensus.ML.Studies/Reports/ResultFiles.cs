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
        WriteReport(results, folder.Path);
    }

    /// <summary>
    /// Writes the files of results that were made without images. A report in the folder stays where it shows these very results: it may
    /// have the pictures of the cases, which these results cannot give.
    /// </summary>
    /// <exception cref="IOException">A file cannot be written; the message names it.</exception>
    public static void WriteMerged(StudyResults results, string path)
    {
        string numbers = StudyFolder.ResultsIn(path), report = StudyFolder.ReportIn(path);
        byte[] before = File.Exists(numbers) && File.Exists(report) ? File.ReadAllBytes(numbers) : [];
        WriteNumbers(results, path);
        if (!before.AsSpan().SequenceEqual(File.ReadAllBytes(numbers)))
        {
            WriteReport(results, path);
        }
    }

    private static void WriteNumbers(StudyResults results, string path)
    {
        WriteText(StudyFolder.TableIn(path), writer => ResultsTable.Write(writer, results));
        StudyJson.Write(StudyFolder.ResultsIn(path), ResultsFile.Create(results));
    }

    private static void WriteReport(StudyResults results, string path) =>
        WriteText(StudyFolder.ReportIn(path), writer => StudyReport.Write(writer, results));

    private static void WriteText(string path, Action<TextWriter> write) => AtomicFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        write(writer);
    });
}
