using Consensus.Imaging.Cases;

namespace Consensus.ML.Studies.Planning;

/// <summary>One division of a data set into cases to train on and cases to score.</summary>
/// <param name="Name">The name of the fold in reports, such as "val" or "fold 1". Each fold of a study has another name.</param>
/// <param name="Training">
/// The cases to train on, at least two. Some of them are set aside; the weights that are best on these are kept.
/// </param>
/// <param name="Evaluation">
/// The cases to score, at least one. None of them, and no case of their groups, may be in <paramref name="Training"/>.
/// </param>
public sealed record StudyFold(string Name, IReadOnlyList<RaterCase> Training, IReadOnlyList<RaterCase> Evaluation);
