using Consensus.Imaging;
using Consensus.ML.Segmentation;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>
/// Maps lie on the structure that they mark, whatever the size of the image. Small one-pass networks that find a bright disc have learnt
/// where it is.
/// </summary>
public sealed class RestoredScaleTests
{
    private const int Side = 16;

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void A_map_lies_on_its_disc_at_every_scale() => LiesOnItsDisc(trainedScale: 4);

    [Fact]
    [Trait("Category", "Slow")]
    public void So_it_does_if_training_did_not_reduce_the_images() => LiesOnItsDisc(trainedScale: 1);

    private void LiesOnItsDisc(int trainedScale)
    {
        using var model = Train(trainedScale);
        foreach (double scale in new[] { 1, 2, 3, 4, 8, 0.5 })
        {
            // One network is a little wrong at every place of a disc. Eight networks show whether all are wrong in the same direction.
            int side = (int)(Side * scale);
            Disc[] discs = [.. Enumerable.Range(0, 8).Select(number => Disc.Of(100 + number))];
            IDataView predicted = model.Transform(_ml.Data.LoadFromEnumerable(discs.Select(disc => disc.Row(side))));
            Slice[] maps = [.. _ml.Transforms.RestoreSlices("Native", "SoftMap", "Image")
                .Fit(predicted)
                .Transform(predicted)
                .GetColumn<Slice>("Native")];
            double rows = 0, columns = 0;
            for (int i = 0; i < maps.Length; i++)
            {
                Assert.Equal((side, side), (maps[i].Height, maps[i].Width));
                (double row, double column) = Centroid(maps[i]);
                rows += ((row + 0.5) / scale) - discs[i].Row0;
                columns += ((column + 0.5) / scale) - discs[i].Column0;
            }

            (rows, columns) = (rows / maps.Length, columns / maps.Length);

            // The networks themselves are up to 0.08 pixels off. A map restored by the image's own reduction would be at least 0.25 off,
            // and 0.44 at eight times.
            Assert.True(
                Math.Abs(rows) < 0.15 && Math.Abs(columns) < 0.15,
                FormattableString.Invariant(
                    $"trained at {trainedScale}, predicted at {scale}: off by {rows:0.000}, {columns:0.000} model pixels"));
        }
    }

    private TransformerChain<UNetSegmentationTransformer> Train(int scale) => _ml.Transforms.NormalizeSlices("Image")
        .Append(_ml.Transforms.ResizeSlices("Features", "Image", height: Side, width: Side))
        .Append(_ml.Transforms.UNetSegment(new()
        {
            Network = TinyModel.Options().Network,
            Training = new()
            {
                Steps = 400, BatchSize = 4, LearningRate = 3e-3, EmaDecay = 0.98, Validations = 2, ValidationFraction = 0.1, Threads = 1,
                Precision = Consensus.ML.Options.Precision.Float32,
            },
        }))
        .Fit(_ml.Data.LoadFromEnumerable(Enumerable.Range(0, 40).Select(number => Disc.Of(number).Row(Side * scale))));

    private static (double Row, double Column) Centroid(Slice map)
    {
        double sum = 0, rows = 0, columns = 0;
        for (int i = 0; i < map.Pixels.Length; i++)
        {
            sum += map.Pixels[i];
            rows += map.Pixels[i] * (i / map.Width);
            columns += map.Pixels[i] * (i % map.Width);
        }

        return (rows / sum, columns / sum);
    }

    /// <summary>
    /// A disc with its middle in pixels of the model, from the upper left corner of the slice. Its radius is 3.5 of these pixels.
    /// </summary>
    private sealed record Disc(double Row0, double Column0)
    {
        public static Disc Of(int number)
        {
            var random = new Random(number);
            return new(6 + (4 * random.NextDouble()), 6 + (4 * random.NextDouble()));
        }

        /// <summary>
        /// The disc as a scanner of this many pixels sees it. It is blurred so much that coarse pixels show as much as fine ones. Two
        /// raters draw it on the same pixels.
        /// </summary>
        public DiscRow Row(int side)
        {
            double size = (double)Side / side;
            var pixels = new float[side * side];
            for (int i = 0; i < pixels.Length; i++)
            {
                double row = ((i / side) + 0.5) * size, column = ((i % side) + 0.5) * size;
                double distance = Math.Sqrt(Math.Pow(row - Row0, 2) + Math.Pow(column - Column0, 2));
                pixels[i] = (float)(1 / (1 + Math.Exp(distance - 3.5)));
            }

            byte[] mask = Array.ConvertAll(pixels, value => value > 0.5f ? (byte)1 : (byte)0);
            return new() { Image = new Slice(1, side, side, pixels), AnnotationPaths = new RaterMasks(2, side, side, [.. mask, .. mask]) };
        }
    }

    private sealed class DiscRow
    {
        [SliceType]
        public Slice? Image { get; set; }

        [RaterMasksType]
        public RaterMasks? AnnotationPaths { get; set; }
    }
}
