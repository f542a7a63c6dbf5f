using Consensus.Imaging.Cases;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;

namespace Consensus.ML.Tests.Datasets;

/// <summary>Names that no report can hold are refused where cases are listed, from whatever source.</summary>
public sealed class CaseNameTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_of_cases_are_refused_with_a_name_that_shows()
    {
        RaterCase good = new("good", "image.nii", ["mask.nii"]);
        foreach (string name in (string[])["bad\u0007case", "bad\u001b[31m", "bad\ud800"])
        {
            string message = Assert.Throws<InvalidDataException>(() => _ml.Data.LoadFromCases([good, good with { Name = name }])).Message;
            Assert.StartsWith("Case 'bad\uFFFD", message, StringComparison.Ordinal);
            Assert.DoesNotContain(message, char.IsControl);
            Assert.Contains(
                "Case 'good' has a rater 'bad\uFFFD",
                Assert.Throws<InvalidDataException>(() => _ml.Data.LoadFromCases([good with { RaterNames = [name] }])).Message,
                StringComparison.Ordinal);
            DatasetProblem problem = DatasetCheck.Run([new("train", [good with { Name = name }])]).Problems
                .First(one => one.Kind == DatasetProblemKind.Name);
            Assert.Equal(ProblemSeverity.Error, problem.Severity);
            Assert.StartsWith("Case 'bad\uFFFD", problem.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Folders_and_manifests_are_refused_alike()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no folders of such names.");
        PhantomDataset.Write(_folder.Root, QubiqTask.Kidney, trainCases: 2, validationCases: 1, seed: 1, size: 16);
        string train = _folder["kidney", "train"];
        Directory.Move(Path.Combine(train, "case02"), Path.Combine(train, "case\u00022"));
        Assert.Contains(
            "Case 'case\uFFFD2' has a name that holds the control character U+0002",
            Assert.Throws<InvalidDataException>(() => _ml.Data.LoadFromQubiq(_folder.Root, QubiqTask.Kidney, QubiqSplit.Train)).Message,
            StringComparison.Ordinal);

        string path = _folder["dataset.json"];
        foreach ((string text, string said) in ((string, string)[])
            [
                (Manifest(name: "kid\\u0001ney"), "$.name: 'kid\uFFFDney' holds the control character U+0001"),
                (Manifest(rater: "An\\u0001n"), "$.raters: rater 'An\uFFFDn' holds the control character U+0001"),
                (Manifest(split: "tr\\u0001ain"), "$.cases[0].split: 'tr\uFFFDain' holds the control character U+0001"),
                (Manifest(one: "ca\\u0001se"), "'ca\uFFFDse' cannot be part of a file's name"),
                (Manifest(one: "ca\\ud800se"), "half a character"),
            ])
        {
            File.WriteAllText(path, text);
            string message = Assert.Throws<InvalidDataException>(() => DatasetManifest.Read(path)).Message;
            Assert.Contains(said, message, StringComparison.Ordinal);
            Assert.DoesNotContain(message, char.IsControl);
        }

        File.WriteAllText(path, Manifest());
        Assert.Equal("case", DatasetManifest.Read(path).Cases[0].Name);
    }

    private static string Manifest(string name = "kidney", string rater = "Ann", string split = "train", string one = "case") =>
        $$"""
        {
          "formatVersion": 1, "name": "{{name}}", "raters": ["{{rater}}"],
          "cases": [ { "name": "{{one}}", "split": "{{split}}", "image": "i.nii", "masks": { "{{rater}}": "m.nii" } } ]
        }
        """;
}
