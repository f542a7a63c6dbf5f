using Consensus.Imaging.Cases;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Records;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Evaluation;

namespace Consensus.ML.Cli.Evaluation;

/// <summary>Scores cases one after the other, and writes the record of a case before it opens the next.</summary>
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
    private readonly IReadOnlyList<int> _mine =
        shard?.Of([.. Enumerable.Range(0, cases.Count)]) ?? [.. Enumerable.Range(0, cases.Count)];

    /// <summary>Whether cases that have a record are scored again.</summary>
    public bool Overwrites { get; init; }

    /// <summary>Whether to print nothing but errors.</summary>
    public bool IsQuiet { get; init; }

    /// <summary>Whether to print where an error happened.</summary>
    public bool IsVerbose { get; init; }

    /// <summary>The number of cases of this process.</summary>
    public int Count => _mine.Count;

    /// <summary>
    /// Opens the folder of the records. The first process reads the files of all cases for the manifest. A process that finds a manifest
    /// reads the files of its own cases alone, so that a hundred shards do not read the whole set a hundred times.
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// The folder holds records of another run, or a record that does not belong there; the message says which.
    /// </exception>
    public RecordFolder<EvaluationManifest, EvaluationRecord> Open(string path, string model, string device)
    {
        var hashes = new FileHashes(stop);
        HashSet<int> mine = [.. _mine];
        IReadOnlyList<string?> groups = CaseGroups.Of(cases);
        var folder = RecordFolder<EvaluationManifest, EvaluationRecord>.Open(
            path,
            there => new EvaluationManifest(
                EvaluationManifest.CurrentFormatVersion, EvaluationManifest.KindName, shard?.Count ?? 1, device, hashes.Of(model),
                evaluator.Settings, [.. cases.Select((raterCase, i) => Describe(i, raterCase, there))]),
            stop);
        if (shard is not null && !IsQuiet)
        {
            terminal.Out.WriteLine($"Shard {shard} ({shard.Origin}): {_mine.Count} of {cases.Count} cases");
        }

        return folder;

        ManifestCase Describe(int index, RaterCase raterCase, EvaluationManifest? there) =>
            there is not null && !mine.Contains(index) && index < there.Cases.Count
                ? there.Cases[index] with { Name = raterCase.Name, Group = groups[index] }
                : ManifestCase.Create(raterCase, groups[index], hashes);
    }

    /// <summary>Scores the cases.</summary>
    /// <returns>How the cases ended. They are fewer than all where the run was stopped.</returns>
    /// <exception cref="IOException">A record cannot be written. No later case is tried.</exception>
    /// <exception cref="InvalidDataException">A record that is there is damaged or belongs to another run.</exception>
    public EvaluationCounts Run(RecordFolder<EvaluationManifest, EvaluationRecord> folder)
    {
        // Looked at first, so that a record that does not belong here is found before any work is done.
        HashSet<int> finished = Overwrites ? [] : [.. _mine.Where(index => folder.Find(index) is not null)];
        EvaluationCounts counts = default;
        foreach (int index in _mine)
        {
            if (stop.IsCancellationRequested)
            {
                break;
            }

            if (finished.Contains(index))
            {
                counts = counts with { Skipped = counts.Skipped + 1 };
                continue;
            }

            CaseMetrics scores;
            try
            {
                scores = evaluator.Score(cases[index]);
            }
            catch (Exception exception) when (Failure.Innermost(exception) is OperationCanceledException && stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception) when (Failure.Innermost(exception) is not (UsageException or DllNotFoundException))
            {
                Complain(cases[index], exception);
                counts = counts with { Failed = counts.Failed + 1 };
                continue;
            }

            string file = folder.Write(new(
                EvaluationRecord.CurrentFormatVersion, folder.Hash, index, scores with { Group = folder.Manifest.Cases[index].Group }));
            if (!IsQuiet)
            {
                terminal.Out.WriteLine($"{NameText.Printable(scores.Name)}: soft Dice {Formats.Score(scores.SoftDice5)} → {file}");
            }

            counts = counts with { Scored = counts.Scored + 1 };
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
