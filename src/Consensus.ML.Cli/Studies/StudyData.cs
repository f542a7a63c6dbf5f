using System.CommandLine;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Consensus.ML.Studies.Planning;

namespace Consensus.ML.Cli.Studies;

/// <summary>The cases of a study, divided into folds.</summary>
/// <param name="Source">The training cases, and what is known about their set.</param>
/// <param name="Folds">The folds.</param>
/// <param name="Ceilings">What resizing leaves of the masks; empty where the cases were only listed.</param>
internal sealed record StudyData(CaseSource Source, IReadOnlyList<StudyFold> Folds, IReadOnlyList<ResizingCeiling> Ceilings)
{
    private const string TrainByDefault = "train", EvalByDefault = "val";

    /// <summary>Lists the cases that the options name, and makes sure that all of them can be read, unless they are only listed.</summary>
    /// <exception cref="UsageException">Options do not go together, or there is no such split or number of folds.</exception>
    /// <exception cref="InvalidDataException">A case cannot be used.</exception>
    public static StudyData FromOptions(
        Terminal terminal,
        ParseResult parsed,
        DataOptions data,
        int? folds,
        string? trainSplit,
        string? evalSplit,
        MissingRaters? missing,
        float? noData,
        bool onlyLists,
        CancellationToken cancellation)
    {
        string root = parsed.Require(data.Data!);
        string? task = parsed.GetValue(data.Task), split = parsed.GetValue(data.Split);
        if (folds is int count)
        {
            if (trainSplit is not null || evalSplit is not null)
            {
                throw new UsageException(
                    "--folds divides one split itself; it does not go with "
                    + $"{(trainSplit is null ? "--eval-split" : "--train-split")}. Name the split with --split.");
            }

            CaseSource all = data.ListCases(terminal, parsed, missing);
            IReadOnlyList<StudyFold> divided = Divide(all, count);
            return new(all, divided, onlyLists ? [] : DatasetGate.Check(terminal, all, data.CheckCommand(parsed), noData, cancellation));
        }

        if (split is not null)
        {
            throw new UsageException("--split says which cases --folds divides; without --folds, use --train-split and --eval-split.");
        }

        CaseSource train = CaseSource.List(terminal, root, task, trainSplit, TrainByDefault, missing);
        CaseSource eval = ListScored(terminal, root, task, evalSplit, missing);
        if (train.Split == eval.Split)
        {
            throw new UsageException(trainSplit is null && evalSplit is null
                ? $"The cases of '{root}' are in no split, so that none are held out: divide them with --folds K."
                : $"--train-split and --eval-split are both {train.Split}: cases that were trained on say nothing of new ones.");
        }

        DatasetSplit[] used = [new(train.Split, train.Cases), new(eval.Split, eval.Cases)];
        return new(
            train,
            [new(eval.Split, train.Cases, eval.Cases)],
            onlyLists ? [] : DatasetGate.Check(
                terminal, train, used, [.. train.Others.Where(other => other.Name != eval.Split)], data.CheckCommand(parsed), noData,
                cancellation));
    }

    private static IReadOnlyList<StudyFold> Divide(CaseSource source, int folds)
    {
        try
        {
            // The division is the same for all seeds of training, so that seeds can be added later.
            return StudyFolds.Split(source.Cases, folds);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException($"--folds {folds}: {exception.Message}");
        }
    }

    private static CaseSource ListScored(Terminal terminal, string root, string? task, string? split, MissingRaters? missing)
    {
        try
        {
            return CaseSource.List(terminal, root, task, split, EvalByDefault, missing);
        }
        catch (Exception exception) when (exception is IOException or UsageException && split is null)
        {
            throw new UsageException(
                $"There is no split to score: {exception.Message.TrimEnd('.')}. Name it with --eval-split, or divide "
                + "the training cases with --folds K.");
        }
    }
}
