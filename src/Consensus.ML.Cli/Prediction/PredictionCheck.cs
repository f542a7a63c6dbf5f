using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Options;

namespace Consensus.ML.Cli.Prediction;

/// <summary>
/// Refuses, before any image is opened, inputs whose results could not be kept apart. All inputs are looked at, those of other shards too.
/// </summary>
internal static class PredictionCheck
{
    // Where file names ignore upper and lower case, two names that differ only in case are the same file.
    private static readonly StringComparer Comparer =
        OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

    /// <summary>Checks the names of all inputs, and that no result replaces an image.</summary>
    /// <exception cref="UsageException">The message names the input.</exception>
    public static void Check(IReadOnlyList<RaterCase> inputs, string folder)
    {
        EnsureNamed(inputs);
        EnsureDistinct(inputs);
        CheckFiles(inputs, folder, structures: null);
    }

    /// <summary>Checks that no file of a result replaces an image or a file of another result.</summary>
    /// <param name="inputs">All inputs.</param>
    /// <param name="folder">The folder of the results.</param>
    /// <param name="structures">The structures of the model; null for one without named raters.</param>
    /// <exception cref="UsageException">The message names the inputs and the file.</exception>
    public static void CheckFiles(IReadOnlyList<RaterCase> inputs, string folder, IReadOnlyList<SegmentedStructure>? structures)
    {
        var images = inputs.SelectMany(input => input.ImagePaths)
            .Select(path => Path.GetFullPath(SliceAddress.Parse(path).Path))
            .ToHashSet(Comparer);
        var taken = new Dictionary<string, string>(Comparer);
        foreach (RaterCase input in inputs)
        {
            foreach (string file in PredictionFiles.Possible(folder, input.Name, structures))
            {
                if (images.Contains(Path.GetFullPath(file)))
                {
                    string what = Path.GetExtension(file) == ".png" ? "picture" : "map";
                    throw new UsageException(
                        $"The {what} of case '{input.Name}' would overwrite the image '{file}': choose another folder with --out.");
                }

                if (!taken.TryAdd(file, input.Name))
                {
                    throw new UsageException(
                        $"Results of the cases '{taken[file]}' and '{input.Name}' would both be written to '{file}': rename one of them.");
                }
            }
        }
    }

    /// <summary>Refuses an axis that the model was not trained on: it has never seen such slices.</summary>
    public static void EnsureAxis(int? asked, IReadOnlyList<int> trained)
    {
        if (asked is { } axis && trained.Count > 0 && !trained.Contains(axis))
        {
            throw new UsageException(
                $"--axis is {axis}, but the model was trained on slices along axis {string.Join(" and ", trained)} of their volumes.");
        }
    }

    /// <summary>Refuses names of cases that cannot be names of files: the results have these names.</summary>
    private static void EnsureNamed(IReadOnlyList<RaterCase> inputs)
    {
        if (inputs.FirstOrDefault(input => CaseName.ProblemAsFile(input.Name) is not null) is { } unnamed)
        {
            throw new UsageException(
                $"Case '{NameText.Printable(unnamed.Name)}' has a name that {CaseName.ProblemAsFile(unnamed.Name)}; "
                + "its results could not be written to files of that name: rename it.");
        }
    }

    private static void EnsureDistinct(IReadOnlyList<RaterCase> inputs)
    {
        if (inputs.GroupBy(input => input.Name, Comparer).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
        {
            throw new UsageException(
                $"Two inputs are called '{twice.Key}', and one would overwrite the other: "
                + $"{string.Join(" and ", twice.Take(2).Select(input => $"'{input.ImagePaths[0]}'"))}.");
        }
    }
}
