using Consensus.Imaging.Cases;
using Consensus.ML.Options;
using Consensus.ML.Torch.Training.Batches;

namespace Consensus.ML.Segmentation.Fitting;

/// <summary>
/// Decides for each structure which cases training uses, how many levels it has, and whose masks are drawn (<see cref="RatersOfCases"/>). A
/// case that lacks a structure, or that is left out of it, is trained on for the other structures. Structures may have different raters,
/// and different numbers of them.
/// </summary>
/// <param name="options">The options.</param>
internal sealed class StructuresOfCases(IFitOptions options)
{
    private readonly RatersOfCases _raters = new(options.MissingRaters, options.Levels, options.RaterLevelSource);
    private readonly IReadOnlyList<string> _structures = options.Structures is [] ? [""] : options.Structures;

    private bool IsPlain => options.Structures is [] && !options.NamedRaters;

    /// <summary>Chooses the training cases.</summary>
    /// <param name="cases">Every case, at least one.</param>
    /// <param name="warn">Receives a message for each case that is left out.</param>
    /// <exception cref="InvalidDataException">No case is left, or there are too many raters.</exception>
    public ChosenCases Choose(IReadOnlyList<ReadCase> cases, Action<string> warn)
    {
        if (IsPlain)
        {
            (IReadOnlyList<TrainingCase> kept, int levels) = _raters.Choose([.. cases.Select(read => (read.Case, read.Names[0]))], warn);
            return new(kept, levels, null);
        }

        var structures = new List<SegmentedStructure>();
        int[][] owners = [.. cases.Select(read => Enumerable.Repeat(-1, read.Case.Masks.Raters).ToArray())];
        int[][] raters = [.. cases.Select(read => new int[read.Case.Masks.Raters])];
        for (int structure = 0; structure < _structures.Count; structure++)
        {
            int here = structure;
            int[] drawn = [.. Enumerable.Range(0, cases.Count).Where(i => cases[i].Names[here].Length > 0)];
            if (drawn.Length == 0)
            {
                throw new InvalidDataException($"No case has a mask of the structure '{_structures[here]}'.");
            }

            (IReadOnlyList<TrainingCase> chosen, int levels) = _raters.Choose(
                [.. drawn.Select(i => (cases[i].Case, cases[i].Names[here]))], Naming(here, warn));
            HashSet<TrainingCase> used = new(chosen, ReferenceEqualityComparer.Instance);
            int[] kept = [.. drawn.Where(i => used.Contains(cases[i].Case))];
            string[] names = options.NamedRaters
                ?
                [
                    .. kept.SelectMany(i => cases[i].Names[here]).Distinct(StringComparer.Ordinal).Order(CaseNameComparer.Instance),
                ]
                : [];
            foreach (int i in kept)
            {
                int first = cases[i].Names.Take(here).Sum(before => before.Length);
                for (int mask = 0; mask < cases[i].Names[here].Length; mask++)
                {
                    owners[i][first + mask] = here;
                    raters[i][first + mask] = options.NamedRaters ? Array.IndexOf(names, cases[i].Names[here][mask]) : mask;
                }
            }

            structures.Add(new(_structures[here], levels, names));
        }

        TrainingCase[] all =
        [
            .. Enumerable.Range(0, cases.Count).Where(i => owners[i].Any(owner => owner >= 0))
                .Select(i => cases[i].Case with { Structures = owners[i], Raters = raters[i] }),
        ];
        return new(all, structures.Max(structure => structure.Levels), structures);
    }

    /// <summary>Chooses validation cases. They are scored by the soft map of each structure.</summary>
    /// <param name="cases">Every case, at least one.</param>
    /// <param name="training">The training cases.</param>
    /// <param name="warn">Receives a message for each case that is left out.</param>
    /// <exception cref="InvalidDataException">No case is left.</exception>
    public IReadOnlyList<TrainingCase> ChooseValidation(
        IReadOnlyList<ReadCase> cases,
        IReadOnlyList<TrainingCase> training,
        Action<string> warn)
    {
        if (IsPlain)
        {
            return _raters.ChooseValidation([.. cases.Select(read => (read.Case, read.Names[0]))], training[0].Masks.Raters, warn);
        }

        int[][] owners = [.. cases.Select(read => Enumerable.Repeat(-1, read.Case.Masks.Raters).ToArray())];
        for (int structure = 0; structure < _structures.Count; structure++)
        {
            int here = structure;
            int[] drawn = [.. Enumerable.Range(0, cases.Count).Where(i => cases[i].Names[here].Length > 0)];
            if (drawn.Length == 0)
            {
                continue;
            }

            int expected = training.Select(one => one.MasksOf(here)).First(masks => masks > 0);
            HashSet<TrainingCase> used = new(
                _raters.ChooseValidation(
                    [.. drawn.Select(i => (cases[i].Case, cases[i].Names[here]))], expected, Naming(here, warn)),
                ReferenceEqualityComparer.Instance);
            foreach (int i in drawn.Where(i => used.Contains(cases[i].Case)))
            {
                int first = cases[i].Names.Take(here).Sum(before => before.Length);
                owners[i].AsSpan(first, cases[i].Names[here].Length).Fill(here);
            }
        }

        return
        [
            .. Enumerable.Range(0, cases.Count).Where(i => owners[i].Any(owner => owner >= 0))
                .Select(i => cases[i].Case with { Structures = owners[i] }),
        ];
    }

    private Action<string> Naming(int structure, Action<string> warn) =>
        _structures[structure].Length == 0 ? warn : line => warn($"Structure '{_structures[structure]}': {line}");
}

/// <summary>A case as it was read.</summary>
/// <param name="Case">The case, with the masks of all structures one after the other.</param>
/// <param name="Names">For each structure the names of its masks' raters; empty where nobody drew it.</param>
internal sealed record ReadCase(TrainingCase Case, IReadOnlyList<string[]> Names);

/// <summary>The cases of a training.</summary>
/// <param name="Cases">The cases; at least one.</param>
/// <param name="Levels">The number of levels; of several structures the largest.</param>
/// <param name="Structures">The structures; null for one structure without named raters.</param>
internal sealed record ChosenCases(IReadOnlyList<TrainingCase> Cases, int Levels, IReadOnlyList<SegmentedStructure>? Structures);
