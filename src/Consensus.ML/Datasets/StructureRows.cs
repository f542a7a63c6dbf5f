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
        Dictionary<string, RaterCase>[] drawn = [.. structures.Select(ByName)];
        foreach (RaterCase one in structures.SelectMany(structure => structure.Cases))
        {
            if (one.ProblemWithNames() is { } problem)
            {
                throw new InvalidDataException(problem);
            }

            RaterCase? other = drawn.Select(known => known.GetValueOrDefault(one.Name)).OfType<RaterCase>().First();
            if (ReferenceEquals(other, one))
            {
                cases.Add(one);
            }
            else if (!other.ImagePaths.SequenceEqual(one.ImagePaths, StringComparer.Ordinal) || other.Group != one.Group)
            {
                throw new InvalidDataException(
                    $"Case '{one.Name}' is '{string.Join("', '", other.ImagePaths)}' of group '{other.Group}' for one structure, and "
                    + $"'{string.Join("', '", one.ImagePaths)}' of group '{one.Group}' for another; several structures are learnt from the "
                    + "same images.");
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
                    cases.Select(one => drawn[i].GetValueOrDefault(one.Name)?.AnnotationPaths ?? [])),
                Texts(
                    SegmentedStructure.Column("RaterNames", structure.Name),
                    cases.Select(one => drawn[i].GetValueOrDefault(one.Name)?.RaterNames ?? [])),
            }),
        ]);
    }

    private static Dictionary<string, RaterCase> ByName(StructureCases structure)
    {
        var known = new Dictionary<string, RaterCase>(StringComparer.Ordinal);
        return structure.Cases.FirstOrDefault(one => !known.TryAdd(one.Name, one)) is { } twice
            ? throw new InvalidDataException($"The structure '{structure.Name}' has the case '{twice.Name}' twice.")
            : known;
    }

    private static VBufferDataFrameColumn<ReadOnlyMemory<char>> Texts(string name, IEnumerable<IReadOnlyList<string>> rows) => new(
        name, rows.Select(row => new VBuffer<ReadOnlyMemory<char>>(row.Count, [.. row.Select(text => text.AsMemory())])));
}
