using Consensus.Imaging.Cases;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Records;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Evaluation;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>
/// Scores cases one after the other, and writes the record of a case before it opens the next. The slices of a volume are taken together
/// (<see cref="ScoredTogether"/>).
/// </summary>
/// <param name="terminal">Where lines about cases go.</param>
/// <param name="evaluator">Scores a case.</param>
/// <param name="cases">All cases, those of other shards too.</param>
/// <param name="shard">The share of this process; null for all cases.</param>
/// <param name="stop">Gives up the current case, and ends the run.</param>
internal sealed class EvaluationRun(
    Terminal terminal,
    CaseEvaluator evaluator,
    IReadOnlyList<RaterCase> cases,
    Shard? shard,
    CancellationToken stop)
{
    private readonly IReadOnlyList<IReadOnlyList<int>> _mine =
        shard?.Of(ScoredTogether.Of(cases)) ?? ScoredTogether.Of(cases);

    /// <summary>Whether cases that have a record are scored again.</summary>
    public bool Overwrites { get; init; }

    /// <summary>Whether to print nothing but errors.</summary>
    public bool IsQuiet { get; init; }

    /// <summary>Whether to print where an error happened.</summary>
    public bool IsVerbose { get; init; }

    /// <summary>The number of cases of this process.</summary>
    public int Count => _mine.Sum(together => together.Count);

    /// <summary>Opens the folder of the records.</summary>
    /// <exception cref="InvalidDataException">
    /// The folder holds records of another run, or a record that does not belong there; the message says which.
    /// </exception>
    public RecordFolder<EvaluationSettings, EvaluationRecord> Open(string path, string model, string device)
    {
        var folder = RecordFolder<EvaluationSettings, EvaluationRecord>.Open(
            path,
            new(model, device, shard?.Count ?? 1, evaluator.Settings)
            {
                Cases = cases,
                Mine = _mine.SelectMany(together => together).ToHashSet(),
                Groups = CaseGroups.Of(cases),
                TakesMasks = true,
            },
            stop);
        if (shard is not null && !IsQuiet)
        {
            terminal.Out.WriteLine($"Shard {shard} ({shard.Origin}): {Count} of {cases.Count} cases");
        }

        return folder;
    }

    /// <summary>Scores the cases.</summary>
    /// <returns>How the cases ended. They are fewer than all where the run was stopped.</returns>
    /// <exception cref="IOException">A record cannot be written. No later case is tried.</exception>
    /// <exception cref="InvalidDataException">A record that is there is damaged or belongs to another run.</exception>
    public EvaluationCounts Run(RecordFolder<EvaluationSettings, EvaluationRecord> folder)
    {
        // Looked at first, so that a record that does not belong here is found before any work is done.
        HashSet<int> finished = Overwrites ? [] : [.. _mine.SelectMany(each => each).Where(index => folder.Find(index) is not null)];
        EvaluationCounts counts = default;
        foreach (IReadOnlyList<int> together in _mine)
        {
            if (stop.IsCancellationRequested)
            {
                break;
            }

            if (together.All(finished.Contains))
            {
                counts = counts with { Skipped = counts.Skipped + together.Count };
                continue;
            }

            if (Score(folder, together) is not { } ended)
            {
                break;
            }

            counts = counts with { Scored = counts.Scored + ended.Scored, Failed = counts.Failed + ended.Failed };
        }

        return counts;
    }

    /// <summary>Scores cases together. Where one of several fails, each is scored by itself: the volume then lacks a slice.</summary>
    /// <returns>How they ended; null where the run was stopped.</returns>
    private EvaluationCounts? Score(RecordFolder<EvaluationSettings, EvaluationRecord> folder, IReadOnlyList<int> together)
    {
        SegmentationMetrics scores;
        try
        {
            scores = evaluator.Score([.. together.Select(index => cases[index])]);
        }
        catch (Exception exception) when (Failure.Innermost(exception) is OperationCanceledException && stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception) when (Failure.Innermost(exception) is not (UsageException or DllNotFoundException))
        {
            if (together.Count > 1)
            {
                return ScoreEach(folder, together);
            }

            Complain(cases[together[0]], exception);
            return new() { Failed = 1 };
        }

        for (int i = 0; i < together.Count; i++)
        {
            Write(folder, together[i], scores.Cases[i], i == together.Count - 1 ? scores.Volumes?.Cases : null);
        }

        return new() { Scored = together.Count };
    }

    private EvaluationCounts ScoreEach(RecordFolder<EvaluationSettings, EvaluationRecord> folder, IReadOnlyList<int> together)
    {
        EvaluationCounts counts = default;
        foreach (int index in together)
        {
            if (stop.IsCancellationRequested || Score(folder, [index]) is not { } ended)
            {
                break;
            }

            counts = counts with { Scored = counts.Scored + ended.Scored, Failed = counts.Failed + ended.Failed };
        }

        return counts;
    }

    private void Write(
        RecordFolder<EvaluationSettings, EvaluationRecord> folder, int index, CaseMetrics scores, IReadOnlyList<CaseMetrics>? volumes)
    {
        string? group = folder.Manifest.Cases[index].Group;
        string file = folder.Write(new(EvaluationRecord.CurrentFormatVersion, folder.Hash, index, scores with { Group = group })
        {
            Volumes = volumes is null ? null : [.. volumes.Select(volume => volume with { Group = group })],
        });
        if (!IsQuiet)
        {
            terminal.Out.WriteLine($"{NameText.Printable(scores.Name)}: soft Dice {Formats.Score(scores.SoftDice5)} → {file}");
        }
    }

    private void Complain(RaterCase raterCase, Exception exception)
    {
        if (IsVerbose)
        {
            terminal.Error.WriteLine(exception.ToString());
        }

        terminal.Complain($"{NameText.Printable(raterCase.Name)}: {Failure.Describe(exception)}");
    }
}
