using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;

namespace Consensus.ML.Cli.Data;

/// <summary>
/// The cases of one or several structures: the tasks that <c>--task a,b</c> names, or the structures of a manifest, all of them by default.
/// </summary>
internal static class StructureSources
{
    /// <summary>Lists the cases, as <see cref="CaseSource.List"/> does those of one task.</summary>
    /// <exception cref="UsageException">There is no such split or task, or a task is named twice.</exception>
    /// <exception cref="InvalidDataException">The tasks are of different sets.</exception>
    public static CaseSource List(
        Terminal terminal,
        string data,
        string? task,
        string? split,
        string splitByDefault,
        MissingRaters? missingRaters)
    {
        string[] names = Names(data, task);
        if (names.Length <= 1)
        {
            return CaseSource.List(terminal, data, names.FirstOrDefault() ?? task, split, splitByDefault, missingRaters);
        }

        CaseSource[] found =
        [
            .. names.Select(name => CaseSource.List(terminal, data, name, split, splitByDefault, missingRaters)),
        ];
        return found.GroupBy(each => each.Structure, StringComparer.Ordinal).FirstOrDefault(same => same.Skip(1).Any()) is { } twice
            ? throw new UsageException($"--task names '{twice.Key}' twice; each task must be given once.")
            : Combine(found);
    }

    /// <summary>The structures that are asked for; none where there is one set without structures and no task is named.</summary>
    private static string[] Names(string data, string? task)
    {
        string[]? given = task?.Split(',', StringSplitOptions.TrimEntries);
        if (given?.Any(name => name.Length == 0) == true)
        {
            throw new UsageException($"'{task}' is not a value of --task: it must be names with a comma between two.");
        }

        return given ?? (File.Exists(data) ? [.. DatasetManifest.Read(data).Structures] : []);
    }

    private static CaseSource Combine(CaseSource[] structures)
    {
        CaseSource first = structures[0];
        RaterCase[] cases =
        [
            .. SliceAddress.Together(
                structures.SelectMany(each => each.Cases.Select(raterCase => (each.Structure, Case: raterCase)))
                    .GroupBy(one => one.Case.Name, StringComparer.Ordinal)
                    .Select(same => same.First().Case with
                    {
                        AnnotationPaths = [.. same.SelectMany(one => one.Case.AnnotationPaths)],
                        RaterNames = [.. same.SelectMany(one => one.Case.RaterNames.Select(rater => $"{one.Structure} {rater}"))],
                    }),
                one => one.ImagePaths),
        ];
        return first with
        {
            Name = string.Join(", ", structures.Select(each => each.Structure)),
            Raters = structures.Max(each => each.Raters),
            Cases = cases,
            Structure = null,
            Structures = structures,
        };
    }
}
