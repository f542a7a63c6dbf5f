using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.ML.Datasets;
using Consensus.ML.Evaluation;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Fitting;
using Consensus.ML.Torch.Training.Batches;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Tests.Segmentation;

/// <summary>
/// Data sets from reports, with files in different orientations. Raters, evaluation, training and the check see all files in the image's
/// frame. The right figures were computed without this library, by turning the files by hand. The library's Dice adds a small term against
/// division by 0.
/// </summary>
public sealed class OneFrameTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly List<string> _log = [];

    public OneFrameTests() => _ml.Log += (_, message) =>
    {
        if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
        {
            _log.Add(message.RawMessage);
        }
    };

    [Fact]
    public void A_mask_that_is_stored_flipped_is_described_in_its_images_frame_and_that_is_said_once()
    {
        Assert.Equal(0.854638516611, _ml.Segmentation.DescribeRaters(Flipped()).MeanPairwiseDice, 1e-5);
        Assert.Contains("task01_seg02.nii.gz' is stored with its rows flipped", Assert.Single(_log), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("d.json", 7, 0.849053615466)]
    [InlineData("d0.json", 16, 0.665652013367)]
    public void A_volume_that_was_saved_in_another_orientation_is_cut_as_its_image_is(string manifest, int slices, double dice)
    {
        RaterReport report = _ml.Segmentation.DescribeRaters(_ml.Data.LoadFromManifest(Case("volume-rater-reoriented", manifest)));
        Assert.Equal(slices, report.Cases.Count);
        Assert.Equal(dice, report.MeanPairwiseDice, 1e-5);
    }

    [Fact]
    public void Training_reads_the_masks_that_raters_drew_not_as_they_are_stored()
    {
        var warnings = new List<string>();
        IDataView rows = _ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(_ml.Transforms.ResizeSlices("Features", "Image", height: 32, width: 32)).Fit(Flipped()).Transform(Flipped());
        IReadOnlyList<TrainingCase> cases = new TrainingCaseReader(rows, new ConsensusSegmentationEstimator.Options())
            .Read(warnings.Add, CancellationToken.None).Cases;
        Assert.Contains("is stored with its rows flipped", Assert.Single(warnings), StringComparison.Ordinal);
        for (int number = 1; number <= cases.Count; number++)
        {
            // The second rater's file, turned by hand.
            float[] stored = SliceReader.Read(Case("mask-flipped", "kid", "train", $"case{number:00}", "task01_seg02.nii.gz")).Pixels;
            byte[] turned = [.. stored.Chunk(32).Reverse().SelectMany(row => row).Select(value => value > 0 ? (byte)1 : (byte)0)];
            Assert.Equal(turned, cases[number - 1].Masks.Unpack().Pixels[(32 * 32)..(2 * 32 * 32)]);
        }
    }

    [Fact]
    public void Evaluation_compares_a_map_with_the_masks_in_its_images_frame()
    {
        // The map is the first rater's mask of an image of 2×3. The second rater's mask is the same, but stored flipped.
        CaseMetrics Score(params string[] columns)
        {
            var row = new Scored
            {
                Case = "a",
                ImagePath = Case("mask-flipped", "kid", "train", "case01", "image.nii.gz"),
                AnnotationPaths = [Case("mask-flipped", "kid", "train", "case01", "task01_seg02.nii.gz")],
                SoftMap = [.. SliceReader.Read(Case("mask-flipped", "kid", "train", "case01", "task01_seg02.nii.gz")).Pixels
                    .Chunk(32)
                    .Reverse()
                    .SelectMany(line => line)],
            };
            SchemaDefinition schema = SchemaDefinition.Create(typeof(Scored));
            schema[nameof(Scored.SoftMap)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 32, 32);
            IDataView rows = _ml.Data.LoadFromEnumerable([row], schema);
            rows = columns.Contains("Image") ? _ml.Transforms.LoadSlices("Image", "ImagePath").Fit(rows).Transform(rows) : rows;
            return Assert.Single(_ml.Segmentation.Evaluate(rows).Cases);
        }

        Assert.Equal(1, Score().SoftDice9);
        Assert.Equal(1, Score("Image").SoftDice9);
    }

    [Fact]
    public void The_check_says_what_is_turned_in_one_line_and_refuses_another_grid()
    {
        DatasetProblem turned = Assert.Single(
            DatasetCheck.RunQubiq(Case("mask-flipped"), QubiqDataset.FindTask(Case("mask-flipped"))).Problems);
        Assert.Equal((ProblemSeverity.Warning, DatasetProblemKind.Reoriented), (turned.Severity, turned.Kind));
        Assert.EndsWith("So it is with 2 more files.", turned.Message, StringComparison.Ordinal);

        DatasetCheckReport channels = DatasetCheck.RunManifest(Case("channels-disagree", "d.json"));
        Assert.Equal(3, channels.Problems.Count);
        Assert.All(channels.Problems, problem =>
        {
            Assert.Equal((ProblemSeverity.Error, DatasetProblemKind.GridMismatch), (problem.Severity, problem.Kind));
            Assert.Contains("t2_", problem.Message, StringComparison.Ordinal);
            Assert.Contains("t1_", problem.Message, StringComparison.Ordinal);
            Assert.Contains("spacing of 1×2 mm, the other 1×1 mm", problem.Message, StringComparison.Ordinal);
        });

        string pictures = Case("nifti-image-png-masks");
        Assert.All(DatasetCheck.RunQubiq(pictures, QubiqDataset.FindTask(pictures)).Problems, problem =>
        {
            Assert.Equal(DatasetProblemKind.SizeMismatch, problem.Kind);
            Assert.Contains("With rows and columns exchanged they would fit", problem.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Micrometres_and_millimetres_of_one_case_give_the_same_scores()
    {
        // The map marks the first rater's mask moved one column to the right: 2 mm.
        CaseMetrics[] scores = [.. ((string[])["units-mm", "units-micron"]).Select(name =>
        {
            Slice image = SliceReader.Read(Case(name, "kid", "val", "case01", "image.nii.gz"));
            RaterMasks masks = MaskReader.Read([Case(name, "kid", "val", "case01", "task01_seg01.nii.gz")]);
            float[] map =
            [
                .. Enumerable.Range(0, masks.Pixels.Length).Select(at => at % masks.Width > 0 ? (float)masks.Pixels[at - 1] : 0),
            ];
            return CaseMetrics.Compute("a", map, masks, geometry: image.Geometry);
        })];
        Assert.Equal(2, scores[0].HausdorffDistance95, 1e-9);
        Assert.Equal(scores[0].HausdorffDistance95, scores[1].HausdorffDistance95, 1e-9);
        Assert.Equal(scores[0].NormalizedSurfaceDice, scores[1].NormalizedSurfaceDice, 1e-12);
        Assert.Equal(scores[0].SurfaceTolerance, scores[1].SurfaceTolerance, 1e-9);
    }

    [Theory]
    [InlineData("units-mm")]
    [InlineData("units-micron")]
    public void Areas_are_in_square_millimetres_whatever_the_unit_of_the_file(string name)
    {
        // A pixel is 0.5 × 2 mm, so the area has as many square millimetres as pixels.
        RaterReport report = _ml.Segmentation.DescribeRaters(
            _ml.Data.LoadFromQubiq(Case(name), QubiqDataset.FindTask(Case(name)), QubiqSplit.Validation));
        Assert.All(report.Cases.SelectMany(one => one.Raters), rater => Assert.Equal(rater.Area, rater.PhysicalArea, 1e-9));
        Assert.All(report.Raters, rater => Assert.Equal(rater.MeanArea, rater.MeanPhysicalArea, 1e-9));
    }

    private static string Case(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "Cases", .. parts]);

    private IDataView Flipped() =>
        _ml.Data.LoadFromQubiq(Case("mask-flipped"), QubiqDataset.FindTask(Case("mask-flipped")), QubiqSplit.Train);

    private sealed class Scored
    {
        public string Case { get; set; } = "";

        public string ImagePath { get; set; } = "";

        public string[] AnnotationPaths { get; set; } = [];

        public float[] SoftMap { get; set; } = [];
    }
}
