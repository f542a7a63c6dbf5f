namespace Consensus.ML.Cli.Tests;

/// <summary>A small model that the command trained, for all tests that need a model. It has learnt almost nothing.</summary>
public sealed class TrainedModel : IDisposable
{
    private readonly Workspace _workspace = new();

    public TrainedModel()
    {
        CommandRun.InProcess("phantom", "--out", Data, "--task", "kidney", "--cases", "4", "--size", "40", "--seed", "5").AssertSucceeded();
        TrainingOutput = CommandRun.InProcess(
            "train", "--data", Data, "--task", "kidney", "--size", "32", "--steps", "2", "--seed", "3", "--precision", "float32",
            "--out", Path).AssertSucceeded().Out;
    }

    public string Data => _workspace["data"];

    public string Path => _workspace["model.zip"];

    public string ValidationImage => System.IO.Path.Combine(Data, "kidney", "val", "case01", "image.nii.gz");

    public string TrainingOutput { get; }

    public void Dispose() => _workspace.Dispose();
}
