using Consensus.Imaging.Cases;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Records;
using Consensus.ML.Cli.Shell;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>
/// Scores cases one after the other, and writes the record of a case before it opens the next. The slices of a volume are taken together
/// (<see cref="ScoredTogether"/>).
/// </summary>
/// <typeparam name="TSettings">Everything but the cases that decides the scores.</typeparam>
/// <typeparam name="TRecord">The record of a case.</typeparam>
/// <param name="terminal">Where lines about cases go.</param>
/// <param name="scorer">Scores a case.</param>
/// <param name="cases">All cases, those of other shards too.</param>
/// <param name="shard">The share of this process; null for all cases.</param>
/// <param name="stop">Gives up the current case, and ends the run.</param>
internal sealed class EvaluationRun<TSettings, TRecord>(
    Terminal terminal,
    ICaseScorer<TSettings, TRecord> scorer,
    IReadOnlyList<RaterCase> cases,
    Shard? shard,
    CancellationToken stop)
    where TSettings : IRecordSettings
    where TRecord : class, ICaseRecord
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
    public RecordFolder<TSettings, TRecord> Open(string path, string model, string device)
    {
        var folder = RecordFolder<TSettings, TRecord>.Open(
            path,
            new(model, device, shard?.Count ?? 1, scorer.Settings)
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
    public EvaluationCounts Run(RecordFolder<TSettings, TRecord> folder)
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
    private EvaluationCounts? Score(RecordFolder<TSettings, TRecord> folder, IReadOnlyList<int> together)
    {
        TRecord[] records;
        try
        {
            records = scorer.Score(
                [.. together.Select(index => cases[index])],
                [.. together.Select(index => new RecordPlace(folder.Hash, index, folder.Manifest.Cases[index].Group))]);
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

        foreach (TRecord record in records)
        {
            string file = folder.Write(record);
            if (!IsQuiet)
            {
                terminal.Out.WriteLine($"{NameText.Printable(record.Name)}: {scorer.Describe(record)} → {file}");
            }
        }

        return new() { Scored = together.Count };
    }

    private EvaluationCounts ScoreEach(RecordFolder<TSettings, TRecord> folder, IReadOnlyList<int> together)
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

    private void Complain(RaterCase raterCase, Exception exception)
    {
        if (IsVerbose)
        {
            terminal.Error.WriteLine(exception.ToString());
        }

        terminal.Complain($"{NameText.Printable(raterCase.Name)}: {Failure.Describe(exception)}");
    }
}
