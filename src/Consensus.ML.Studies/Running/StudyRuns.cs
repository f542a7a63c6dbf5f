using Consensus.ML.Studies.Planning;

namespace Consensus.ML.Studies.Running;

/// <summary>The runs of the study in a folder, with the methods and seeds that other processes have added.</summary>
internal static class StudyRuns
{
    /// <summary>Every method in every fold with every seed. The runs of a method follow each other.</summary>
    public static IEnumerable<StudyRun> Of(StudyOptions options, StudyRecord record)
    {
        StudyMethod[] known = [.. options.Methods, .. StudyMethods.All];
        StudyMethod[] methods =
        [
            .. record.Methods.Keys.Select(name => known.FirstOrDefault(method => method.Name == name)
                ?? throw new InvalidOperationException(
                    $"'{options.Folder}' holds the method '{name}', which is not one of the library's: "
                    + "a study that goes on needs it among its methods.")),
        ];
        return methods.SelectMany(
            method => options.Folds.SelectMany(fold => record.Seeds.Select(seed => new StudyRun(method, fold, seed))));
    }
}
