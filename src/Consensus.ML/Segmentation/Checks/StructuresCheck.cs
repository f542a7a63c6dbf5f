using System.Globalization;
using Consensus.Imaging.Storage;
using Consensus.ML.Options;
using static Consensus.ML.Options.OptionRange;

namespace Consensus.ML.Segmentation.Checks;

/// <summary>Refuses structures and raters that a model cannot have. A message names what is wrong and what is allowed.</summary>
internal static class StructuresCheck
{
    private const string OptionName = "Structures";

    /// <summary>The most structures of a model.</summary>
    private const int MostStructures = 64;

    /// <summary>Checks the names of the structures; an empty list means one structure without a name.</summary>
    /// <exception cref="ArgumentException">There are too many, a name is given twice, or it cannot be part of a column's name.</exception>
    public static void CheckNames(IReadOnlyList<string>? names)
    {
        Given(OptionName, names);
        Range($"{OptionName}.Count", names!.Count, 0, MostStructures);
        foreach (string name in names)
        {
            CheckName($"{OptionName} has", name);
        }

        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
        {
            throw new ArgumentException($"{OptionName} has '{twice.Key}' twice; each structure must be given once.");
        }
    }

    /// <summary>Checks that the network learns levels of agreement, which structures and named raters need.</summary>
    /// <exception cref="ArgumentException">It learns something else.</exception>
    public static void CheckTarget(TrainingTarget target)
    {
        if (target != TrainingTarget.Consensus)
        {
            throw new ArgumentException(
                $"Target is {target}; with {OptionName} or NamedRaters it must be {TrainingTarget.Consensus}: the network then learns the "
                + "levels of agreement of each structure, and the masks of named raters beside them.");
        }
    }

    /// <summary>Checks structures of a model with the names of its raters, its maps, and its output columns.</summary>
    /// <param name="structures">The structures; null for one structure without named raters.</param>
    /// <param name="height">Rows of a map.</param>
    /// <param name="width">Columns of a map.</param>
    /// <param name="outputs">The names of all output columns.</param>
    /// <exception cref="ArgumentException">
    /// A name or a number is out of range, or two output columns would have the same name.
    /// </exception>
    public static void Check(IReadOnlyList<SegmentedStructure>? structures, int height, int width, IReadOnlyList<string> outputs)
    {
        if (structures is null)
        {
            return;
        }

        Range($"{OptionName}.Count", structures.Count, 1, MostStructures);
        if (structures.Count > 1 || structures[0] is not { Name: "" })
        {
            CheckNames([.. structures.Select(structure => structure?.Name ?? "")]);
        }

        foreach (SegmentedStructure structure in structures)
        {
            Range($"{OptionName}.Levels", structure.Levels, 1, SliceLimits.MostRaters);
            Range($"{OptionName}.Raters.Count", structure.Raters.Count, 0, SliceLimits.MostRaters);
            foreach (string rater in structure.Raters)
            {
                CheckName("There is", rater);
            }
        }

        Range(
            "The number of maps of all structures", structures.Sum(structure => structure.Maps), 1,
            (int)(Array.MaxLength / ((long)height * width)),
            string.Create(CultureInfo.InvariantCulture, $", of {height}×{width} pixels each"));
        if (outputs.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
        {
            throw new ArgumentException(
                $"Two output columns would be called '{twice.Key}'; give the structures or the raters other names.");
        }
    }

    private static void CheckName(string where, string? name)
    {
        if (string.IsNullOrWhiteSpace(name) || NameText.Problem(name) is not null || name.AsSpan().ContainsAny('/', '\\'))
        {
            throw new ArgumentException(
                $"{where} the name '{NameText.Printable(name ?? "")}'; the name of a structure or a rater must have a visible "
                + "character, and no control character, '/' or '\\': columns and files are called by it.");
        }
    }
}
