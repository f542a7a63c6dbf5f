namespace Consensus.ML.Datasets;

/// <summary>A part of a QUBIQ data set.</summary>
public enum QubiqSplit
{
    /// <summary>Cases to learn from: folder <c>train</c> or <c>Training</c>.</summary>
    Train,

    /// <summary>Cases for reported scores, never read while training: folder <c>val</c> or <c>Validation</c>.</summary>
    Validation,
}
