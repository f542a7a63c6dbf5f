using Consensus.Imaging.Cases;
using Consensus.ML.Evaluation;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Results;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;

namespace Consensus.ML.Studies.Tests;

/// <summary>Studies whose cases are slices of volumes: each volume is scored too, as one large slice.</summary>
public sealed class StudyVolumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Volumes_are_scored_as_the_library_scores_them_from_records_too()
    {
        // Two slices of v1 with the only one of v2 between them, and v3.
        RaterCase[] first = Volume("v1", 2), second = Volume("v2", 1), third = Volume("v3", 3);
        RaterCase[] training = [.. Volume("t1", 1), .. Volume("t2", 1), .. Volume("t3", 1)];
        StudyOptions options = new()
        {
            Folder = _folder["study"],
            DataName = "scans",
            Folds = [new("val", training, [first[0], .. second, first[1], .. third])],
            Levels = 3,
            Methods = [StudyMethods.Levels, StudyMethods.MajorityVote],
            Seeds = [0, 1],
            Steps = 2,
            Size = 16,
            CurveGenerations = 0,
        };
        StudyResults results = Study.Run(new MLContext(), options);
        MethodResult levels = results.Methods.Single(method => method.Name == "level-unet");
        Assert.Equal([("v2", 1), ("v1", 2), ("v3", 3)], levels.Volumes.Select(volume => (volume.Name, volume.Seeds[0].Slices)));

        // The library's own scores of the models, with the slices in their order.
        var ml = new MLContext();
        SegmentationMetrics[] own =
        [
            .. options.Seeds.Select(seed =>
            {
                ITransformer model = ml.Model.Load(
                    Path.Combine(options.Folder, "runs", "level-unet", $"val-seed{seed}", "model.zip"), out _);
                SegmentationMetrics metrics = ml.Segmentation.Evaluate(
                    model.Transform(ml.Data.LoadFromCases([.. first, .. second, .. third])));
                (model as IDisposable)?.Dispose();
                return metrics.Volumes!;
            }),
        ];
        foreach (SegmentationMeasure measure in SegmentationMeasure.All)
        {
            // A study averages each volume over the seeds that have a value, and predicts slices one by one; the library does it side by
            // side, and the number of threads changes rounding.
            double[] volumes =
            [
                .. Enumerable.Range(0, 3).Select(volume => Mean(own.Select(metrics => measure.ValueOf(metrics.Cases[volume])))),
            ];
            ScoreSummary score = levels.VolumeScore(measure.Name);
            Assert.Equal((measure.Name, volumes.Count(value => !double.IsNaN(value))), (measure.Name, score.Cases));
            Assert.Equal(Mean(volumes), score.Mean, 1e-4);
            Assert.True(!measure.IsOfSlices || score.Cases == 0, measure.Name);
        }

        Assert.NotEqual(levels.Score("SoftDice5").Mean, levels.VolumeScore("SoftDice5").Mean);
        string report = File.ReadAllText(Path.Combine(options.Folder, "report.html"));
        Assert.Contains("The same maps over volumes", report, StringComparison.Ordinal);
        Assert.Contains("Volumes: 3.", report, StringComparison.Ordinal);
        Assert.Contains("Over 3 volumes, where the slices of each count together, ", report, StringComparison.Ordinal);
        StudySchemas.AssertFits(options.Folder);
        AssertMerged();

        // A slice without its record: its whole volume is scored again, and nothing else.
        string cases = Path.Combine(options.Folder, "runs", "level-unet", "val-seed0", "cases");
        string lost = Path.Combine(cases, "v1_slice0.json"), last = Path.Combine(cases, "v1_slice1.json"),
            other = Path.Combine(cases, "v3_slice0.json");
        DateTime whole = File.GetLastWriteTimeUtc(last), kept = File.GetLastWriteTimeUtc(other);
        File.Delete(lost);
        StudyResults again = Study.Run(new MLContext(), options with { Resume = true });
        Assert.NotEqual(whole, File.GetLastWriteTimeUtc(last));
        Assert.Equal(kept, File.GetLastWriteTimeUtc(other));
        Assert.Equal(
            levels.VolumeScore("SoftDice5"),
            again.Methods.Single(method => method.Name == "level-unet").VolumeScore("SoftDice5"));
        AssertMerged();

        static double Mean(IEnumerable<double> values) =>
            values.Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();

        void AssertMerged()
        {
            Assert.Empty(Study.Merge(options.Folder, _folder["merged"]).Problems);
            Assert.Equal(
                File.ReadAllText(Path.Combine(options.Folder, "results.json")),
                File.ReadAllText(Path.Combine(_folder["merged"], "results.json")));
        }
    }

    /// <summary>The slices of a volume of 16×16 pixels with three raters, whose masks differ from slice to slice.</summary>
    private RaterCase[] Volume(string name, int slices)
    {
        string image = Write("image", i => (i + (7 * slices)) % 97);
        string[] masks =
        [
            .. Enumerable.Range(0, 3).Select(
                rater => Write($"{rater}", i => i % 256 < 40 + (20 * rater) + (30 * (i / 256)) ? 1 : 0)),
        ];
        return
        [
            .. Enumerable.Range(0, slices).Select(slice => new RaterCase(
                $"{name}_slice{slice}", At(image, slice), [.. masks.Select(mask => At(mask, slice))])),
        ];

        string Write(string file, Func<int, double> value) => new NiftiBytes
        {
            Dimensions = [16, 16, slices],
            Values = [.. Enumerable.Range(0, 256 * slices).Select(value)],
        }.WriteTo(_folder[$"{name}_{file}.nii"]);

        static string At(string file, int slice) => $"{file}#axis=2,slice={slice}";
    }
}
