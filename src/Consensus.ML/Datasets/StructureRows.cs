using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.ML.Options;
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Datasets;

/// <summary>The cases of several structures as the rows of one data view: a row for each image, with all masks.</summary>
internal static class StructureRows
{
    /// <summary>
    /// Columns: Case and Group (Text), ImagePath (Text, or a vector of Text), and for each structure AnnotationPaths.NAME and
    /// RaterNames.NAME (vectors of Text, empty where nobody drew the structure). Cases come in the order in which the structures name them,
    /// with the slices of a volume together.
    /// </summary>
    /// <exception cref="ArgumentException">There is no structure, or a structure is given twice.</exception>
    /// <exception cref="InvalidDataException">
    /// A name cannot be written, a structure has a case twice, or a case has other images or another group in another structure.
    /// </exception>
    public static IDataView Load(IReadOnlyList<StructureCases> structures)
    {
        string[] names = [.. structures.Select(structure => structure.Name)];
        if (names.Length == 0 || names.Distinct(StringComparer.Ordinal).Count() < names.Length || names.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException(
                $"The structures are {(names.Length == 0 ? "none" : $"'{string.Join("', '", names)}'")}; there must be at least one, each "
                + "with a name of its own.");
        }

        var cases = new List<RaterCase>();
        Dictionary<(string Name, string Images), RaterCase>[] drawn = [.. structures.Select(ByImages)];
        var known = new Dictionary<(string Name, string Images), RaterCase>();
        var named = new Dictionary<string, RaterCase>(StringComparer.Ordinal);
        foreach (StructureCases structure in structures)
        {
            // Splits may have cases of one name, and the structure need not be drawn on all of them. But where it has no image that the
            // others have under a name, it is drawn on other images.
            foreach (IGrouping<string, RaterCase> same in structure.Cases.GroupBy(one => one.Name, StringComparer.Ordinal))
            {
                if (named.TryGetValue(same.Key, out RaterCase? other) && !same.Any(one => known.ContainsKey(Key(one))))
                {
                    throw Different(other, same.First());
                }
            }

            foreach (RaterCase one in structure.Cases)
            {
                if (one.ProblemWithNames() is { } problem)
                {
                    throw new InvalidDataException(problem);
                }

                if (known.TryAdd(Key(one), one))
                {
                    cases.Add(one);
                    named.TryAdd(one.Name, one);
                }
                else if (known[Key(one)] is { } other && other.Group != one.Group)
                {
                    throw Different(other, one);
                }
            }
        }

        // A structure that was drawn on some slices alone names those first.
        cases = [.. SliceAddress.Together(cases, one => one.ImagePaths)];
        bool isOneFile = cases.All(one => one.ImagePaths.Count == 1);
        return new DataFrame(
        [
            new StringDataFrameColumn("Case", cases.Select(one => one.Name)),
            new StringDataFrameColumn("Group", cases.Select(one => one.Group)),
            isOneFile
                ? new StringDataFrameColumn("ImagePath", cases.Select(one => one.ImagePaths[0]))
                : Texts("ImagePath", cases.Select(one => one.ImagePaths)),
            .. structures.SelectMany((structure, i) => new[]
            {
                Texts(
                    SegmentedStructure.Column("AnnotationPaths", structure.Name),
                    cases.Select(one => drawn[i].GetValueOrDefault(Key(one))?.AnnotationPaths ?? [])),
                Texts(
                    SegmentedStructure.Column("RaterNames", structure.Name),
                    cases.Select(one => drawn[i].GetValueOrDefault(Key(one))?.RaterNames ?? [])),
            }),
        ]);
    }

    /// <summary>What a case is known by. No path holds the character between the paths.</summary>
    private static (string Name, string Images) Key(RaterCase one) => (one.Name, string.Join('\0', one.ImagePaths));

    private static InvalidDataException Different(RaterCase other, RaterCase one) => new(
        $"Case '{one.Name}' is '{string.Join("', '", other.ImagePaths)}' of group '{other.Group}' for one structure, and "
        + $"'{string.Join("', '", one.ImagePaths)}' of group '{one.Group}' for another; several structures are learnt from the "
        + "same images.");

    private static Dictionary<(string Name, string Images), RaterCase> ByImages(StructureCases structure)
    {
        var known = new Dictionary<(string Name, string Images), RaterCase>();
        return structure.Cases.FirstOrDefault(one => !known.TryAdd(Key(one), one)) is { } twice
            ? throw new InvalidDataException($"The structure '{structure.Name}' has the case '{twice.Name}' twice.")
            : known;
    }

    private static VBufferDataFrameColumn<ReadOnlyMemory<char>> Texts(string name, IEnumerable<IReadOnlyList<string>> rows) => new(
        name, rows.Select(row => new VBuffer<ReadOnlyMemory<char>>(row.Count, [.. row.Select(text => text.AsMemory())])));
}
