namespace Consensus.ML.Studies.Results;

/// <summary>What was found in the folder of a study whose tasks several processes have done.</summary>
/// <param name="Problems">
/// Each record that is missing, doubled, changed or of another study, in a sentence that names the file and the task. Empty if every record
/// is there and belongs to the study.
/// </param>
/// <param name="Results">The results; null if there is a problem, because they would be wrong.</param>
public sealed record StudyMerge(IReadOnlyList<string> Problems, StudyResults? Results);
