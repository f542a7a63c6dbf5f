
namespace Consensus.ML.Studies.Planning;

/// <summary>What a study is doing.</summary>
public enum StudyStage
{
    /// <summary>A model is being trained.</summary>
    Training,

    /// <summary>Held-out cases are being predicted and scored.</summary>
    Evaluating,

    /// <summary>The report and tables are being written.</summary>
    Reporting,

    /// <summary>Other processes work on the runs that are left.</summary>
    Waiting,
}
