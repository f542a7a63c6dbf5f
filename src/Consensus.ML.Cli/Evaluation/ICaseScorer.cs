using Consensus.Imaging.Cases;
using Consensus.ML.Cli.Records;
using Consensus.ML.Evaluation;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>Scores cases, and makes their records.</summary>
/// <typeparam name="TSettings">Everything but the cases that decides the scores.</typeparam>
/// <typeparam name="TRecord">The record of a case.</typeparam>
internal interface ICaseScorer<TSettings, TRecord>
    where TSettings : IRecordSettings
    where TRecord : class, ICaseRecord
{
    /// <summary>Everything but the cases that decides the scores.</summary>
    TSettings Settings { get; }

    /// <summary>
    /// Scores a case, or the slices of a volume together. They take no group from the cases beside them: their places say it
    /// (<see cref="CaseGroups"/>).
    /// </summary>
    /// <param name="cases">The cases.</param>
    /// <param name="places">The place of each.</param>
    /// <returns>The record of each case.</returns>
    /// <exception cref="OperationCanceledException">The token of the model was cancelled.</exception>
    TRecord[] Score(IReadOnlyList<RaterCase> cases, IReadOnlyList<RecordPlace> places);

    /// <summary>The score of a case in a few words.</summary>
    string Describe(TRecord record);
}

/// <summary>Where the record of a case belongs.</summary>
/// <param name="Manifest">The SHA-256 that the manifest carries.</param>
/// <param name="Index">The place of the case in the manifest, from 0.</param>
/// <param name="Group">What the case belongs to; null where it is a group by itself.</param>
internal readonly record struct RecordPlace(string Manifest, int Index, string? Group)
{
    /// <summary>Scores of the case, or of volumes that it ends, with its group; null for none.</summary>
    public IReadOnlyList<CaseMetrics>? WithGroup(IEnumerable<CaseMetrics>? scores)
    {
        string? group = Group;
        return scores is null ? null : [.. scores.Select(one => one with { Group = group })];
    }

    /// <summary>The same for the masks of named raters.</summary>
    public IReadOnlyList<CaseRaterScore>? WithGroup(IEnumerable<CaseRaterScore>? scores)
    {
        string? group = Group;
        return scores is null ? null : [.. scores.Select(one => one with { Group = group })];
    }
}
