using System.Text.RegularExpressions;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests.Snapshots;

/// <summary>The tables that commands print, line by line. Values that differ between machines are replaced first.</summary>
public sealed partial class TableTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void The_check_of_a_set_with_problems()
    {
        _workspace.Phantom();
        File.Delete(Path.Combine(_workspace.TrainingCase(1), "task01_seg02.nii.gz"));
        File.Copy(
            Path.Combine(_workspace.TrainingCase(2), "task01_seg01.nii.gz"),
            Path.Combine(_workspace.TrainingCase(2), "task01_seg02.nii.gz"),
            overwrite: true);
        CommandRun run = CommandRun.InProcess("dataset", "check", "--data", _workspace["data"], "--task", "kidney");
        Assert.NotEqual(0, run.Code);
        Snapshot.AssertApproved("dataset-check", WithoutFolder(run.Out));
    }

    [Fact]
    public void Raters() => Snapshot.AssertApproved("raters", Printed("raters", "--data", _workspace.Phantom(), "--task", "kidney"));

    [Fact]
    public void The_inspection_of_a_case()
    {
        _workspace.Phantom();

        // The last column wraps depending on the length of the folder's name.
        string text = Continuation().Replace(Printed("inspect", _workspace.TrainingCase(1)), "");
        Snapshot.AssertApproved("inspect", Ruler().Replace(FileName().Replace(text, "FOLDER/…"), "────"));
    }

    /// <summary>The numbers of an evaluation depend on the processor's arithmetic; their columns and notes do not.</summary>
    [Fact]
    public void An_evaluation() => Snapshot.AssertApproved("evaluate", Decimals().Replace(
        Printed(
            "evaluate", "--model", Path.Combine(RepositoryFolder.Find(), "tests", "Consensus.ML.Api.Tests", "Models", "unet-levels.zip"),
            "--data", _workspace.Phantom(), "--task", "kidney", "--device", "cpu"),
        match => new string('#', match.Length)));

    [Fact]
    public void Information_about_the_machine() => Snapshot.AssertApproved(
        "info",
        Row().Replace(Rare().Replace(Continuation().Replace(Printed("info"), ""), ""), match => $"{match.Groups["name"].Value}  …"));

    private string Printed(params string[] words) => WithoutFolder(CommandRun.InProcess(words).AssertSucceeded().Out);

    private string WithoutFolder(string text) => text.Replace(_workspace.Root, "FOLDER", StringComparison.Ordinal);

    [GeneratedRegex(@"\d+\.\d{2,}")]
    private static partial Regex Decimals();

    [GeneratedRegex(@"^ {10,}\S+ *\r?\n", RegexOptions.Multiline)]
    private static partial Regex Continuation();

    [GeneratedRegex(@"FOLDER\S*")]
    private static partial Regex FileName();

    [GeneratedRegex("─+")]
    private static partial Regex Ruler();

    /// <summary>Rows that only some machines have.</summary>
    [GeneratedRegex(@"^  (GPU not used|native library) .*\n", RegexOptions.Multiline)]
    private static partial Regex Rare();

    [GeneratedRegex(@"^(?<name> *\S+( \S+)*) {2,}\S.*$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
