// Pixels that a program already holds, from a DICOM reader, a camera or a stream: training and prediction without any image file.
//
//   dotnet run -c Release --project samples/Pixels [-- folder --seconds S]

using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Pictures;
using Consensus.ML;
using Consensus.ML.Segmentation;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

const int Side = 64;
(string folder, TimeSpan training) = SampleArguments.Read(args, "Pixels", seconds: 100);

// 1. Connect your own reader here. Every DICOM library gives these values for an image. In this sample they come from a phantom.
//    RescaleSlope and RescaleIntercept turn a raw CT value into Hounsfield units, but the model does not need that: NormalizeSlices
//    brings every slice to the same scale.
static Slice FromDicom(DicomImage image) => Slice.FromPixels<ushort>(
    image.Pixels, image.Rows, image.Columns,
    geometry: SliceGeometry.FromDicom(image.ImagePositionPatient, image.ImageOrientationPatient, image.PixelSpacing));

SliceCase[] cases =
[
    .. Enumerable.Range(1, 24).Select(DicomImage.Acquire).Select(image =>
        new SliceCase($"patient {image.Number}", FromDicom(image), image.DrawMasks(), ["Ann", "Ben", "Chris"])),
];
Console.WriteLine($"1. {cases.Length} images in memory, {cases[0].Image.Height}×{cases[0].Image.Width} pixels, 3 raters");

// 2. The pipeline is the same as for files, but without LoadSlices. (A pipeline with LoadSlices takes these rows too.)
var ml = new MLContext(seed: 1);
ConsensusSegmentationEstimator.Options options = ConsensusSegmentationEstimator.Options.Compact();
options.Training = options.Training with { Steps = null, TimeLimit = training };
Console.WriteLine($"2. Training the Compact preset at {Side}×{Side} pixels for {training.TotalSeconds:0} seconds …");
using TransformerChain<SliceRestoringTransformer> model = ml.Transforms.NormalizeSlices("Image")
    .Append(ml.Transforms.ResizeSlices("Features", "Image", height: Side, width: Side))
    .Append(ml.Transforms.AugmentSlices("Features"))
    .Append(ml.Transforms.ConsensusSegment(options))
    .Append(ml.Transforms.RestoreSlices("NativeSoftMap", "SoftMap", "Image"))
    .Fit(ml.Data.LoadFromSlices(cases));

// 3. A new image: pixels in, a soft map of the same size and place out.
using PredictionEngine<ImageRow, MapRow> engine = ml.Model.CreatePredictionEngine<ImageRow, MapRow>(
    model, new PredictionEngineOptions { OwnsTransformer = false });
Slice scan = FromDicom(DicomImage.Acquire(99));
Slice map = engine.Predict(new ImageRow { Image = scan }).NativeSoftMap!;
double area = map.Pixels.Sum() * map.Geometry.SpacingRows * map.Geometry.SpacingColumns;
Console.WriteLine($"3. A map of {map.Height}×{map.Width} pixels: the raters would mark {area:0} mm² on average");

// 4. Write pictures and files where you want them.
string picture = Path.Combine(folder, "map.png");
SliceOverlay.Draw(scan, map.Pixels).SavePng(picture);
Console.WriteLine($"4. Wrote {picture}");

/// <summary>A row of the data to predict.</summary>
internal sealed class ImageRow
{
    [SliceType]
    public Slice? Image { get; set; }
}

/// <summary>The columns that are read from a prediction.</summary>
internal sealed class MapRow
{
    [SliceType]
    public Slice? NativeSoftMap { get; set; }
}

/// <summary>The values that a DICOM reader gives for an axial CT image. The names are those of the DICOM attributes.</summary>
internal sealed record DicomImage(
    int Number,
    ushort[] Pixels,
    int Rows,
    int Columns,
    double[] PixelSpacing,
    double[] ImagePositionPatient,
    double[] ImageOrientationPatient)
{
    private const int Height = 96, Width = 112;
    private static readonly double[] Borders = [0.9, 1, 1.1];

    /// <summary>Makes up an image of a bright organ with a faint border.</summary>
    public static DicomImage Acquire(int number)
    {
        var random = new Random(number);
        var pixels = new ushort[Height * Width];
        for (int at = 0; at < pixels.Length; at++)
        {
            double organ = 120 / (1 + Math.Exp((Distance(number, at) - 1) * 14));
            pixels[at] = (ushort)(1000 + organ + random.Next(30));
        }

        return new(number, pixels, Height, Width, [0.8, 0.8], [-44.8, -38.4, 5.0 * number], [1, 0, 0, 0, 1, 0]);
    }

    /// <summary>The masks of three raters, who place the border differently.</summary>
    public RaterMasks DrawMasks() => RaterMasks.FromSlices(
    [
        .. Borders.Select(border => new Slice(1, Height, Width, [
            .. Enumerable.Range(0, Height * Width).Select(at => Distance(Number, at) < border ? 1f : 0f),
        ])),
    ]);

    /// <summary>The distance of a pixel from the middle of the organ, where 1 is the border.</summary>
    private static double Distance(int number, int at)
    {
        var random = new Random(number);
        double row = 38 + random.Next(20), column = 44 + random.Next(24), high = 14 + random.Next(8), wide = 18 + random.Next(10);
        (int y, int x) = Math.DivRem(at, Width);
        return Math.Sqrt(Math.Pow((y - row) / high, 2) + Math.Pow((x - column) / wide, 2));
    }
}
