using Consensus.Imaging.Cases;

namespace Consensus.ML.Studies.Planning;

/// <summary>One division of a data set into cases to train on and cases to score.</summary>
/// <param name="Name">What the fold is called in reports, such as "val" or "fold 1"; different for each fold of a study.</param>
/// <param name="Training">The cases to train on, at least two: some of them are set aside to choose the best weights by.</param>
/// <param name="Evaluation">
/// The cases to score, at least one; none of them is among <paramref name="Training"/>, or of a group that is.
/// </param>
public sealed record StudyFold(string Name, IReadOnlyList<RaterCase> Training, IReadOnlyList<RaterCase> Evaluation);
