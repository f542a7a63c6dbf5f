// Colour photographs through ML.NET's own image steps: PNG files in, soft consensus maps out.
// Nothing is downloaded: the sample draws the retinas and the raters' masks.
//
//   dotnet run -c Release --project samples/Photographs [-- folder --seconds S]

using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Formats.Raster;
using Consensus.Imaging.Pictures;
using Consensus.Imaging.Storage;
using Consensus.ML;
using Consensus.ML.Segmentation;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using SkiaSharp;

const int Side = 64, Raters = 2;
(string folder, TimeSpan training) = SampleArguments.Read(args, "Photographs", seconds: 110);
string modelPath = Path.Combine(folder, "retina.zip");

// 1. Data: photographs of retinas. Two raters outlined the bright optic disc, each a little differently.
Console.WriteLine($"1. Drawing retinas and {Raters} raters …");
RaterCase[] cases = [.. Enumerable.Range(1, 24).Select(number => Retina.Draw(Path.Combine(folder, $"retina{number:00}"), number, Raters))];
var ml = new MLContext(seed: 1);
IDataView train = ml.Data.LoadFromCases(cases[..20]), test = ml.Data.LoadFromCases(cases[20..]);

// 2. An ordinary ML.NET image pipeline. Fill is needed because masks are fitted to the whole picture. The default, IsoCrop, would cut the
// edges of a picture that is not square, and training refuses such pictures.
ConsensusSegmentationEstimator.Options options = ConsensusSegmentationEstimator.Options.Compact();
options.Training = options.Training with { Steps = null, TimeLimit = training };
EstimatorChain<ConsensusSegmentationTransformer> pipeline = ml.Transforms.LoadImages("Photo", imageFolder: "", inputColumnName: "ImagePath")
    .Append(ml.Transforms.ResizeImages("Photo", imageWidth: Side, imageHeight: Side, resizing: ImageResizingEstimator.ResizingKind.Fill))
    .Append(ml.Transforms.ExtractPixels("Features", "Photo", offsetImage: 127.5f, scaleImage: 1 / 127.5f))
    .Append(ml.Transforms.AugmentSlices("Features", AugmentationPolicy.Strong with { VerticalFlip = 0 }))
    .Append(ml.Transforms.ConsensusSegment(options));

// 3. Train, save, and load as another program would.
Console.WriteLine($"2. Training the Compact preset at {Side}×{Side} pixels for {training.TotalSeconds:0} seconds …");
using (TransformerChain<ConsensusSegmentationTransformer> trained = pipeline.Fit(train))
{
    TrainingSummary summary = trained.LastTransformer.Training;
    Console.WriteLine($"   {summary.Steps} steps on {summary.TrainingCases} photographs");
    ml.Model.Save(trained, train.Schema, modelPath);
}

using var loaded = (IDisposable)new MLContext().Model.Load(modelPath, out _);
ITransformer model = ((ITransformer)loaded).WithSampling(options.Sampling with { Generations = 2 });
using var disposable = (IDisposable)model;

// 4. Predict photographs that training has not seen. Put the maps back to the photographs' size: as exact TIFF, and as a picture.
Console.WriteLine("3. Predicting …");
IDataView predicted = model.Transform(test);
IDataView restored = ml.Transforms.LoadSlices("Image", "ImagePath")
    .Append(ml.Transforms.RestoreSlices("NativeSoftMap", "SoftMap", "Image"))
    .Fit(predicted).Transform(predicted);
using (DataViewRowCursor rows = restored.GetRowCursor([restored.Schema["Image"], restored.Schema["NativeSoftMap"]]))
{
    ValueGetter<Slice> image = rows.GetGetter<Slice>(restored.Schema["Image"]);
    ValueGetter<Slice> map = rows.GetGetter<Slice>(restored.Schema["NativeSoftMap"]);
    foreach (RaterCase one in cases[20..])
    {
        Slice photograph = null!, softMap = null!;
        rows.MoveNext();
        image(ref photograph);
        map(ref softMap);
        TiffFile.WriteSlice(Path.Combine(folder, "maps", $"{one.Name}_soft.tif"), softMap);
        SliceOverlay.Draw(photograph, softMap.Pixels).SavePng(Path.Combine(folder, "maps", $"{one.Name}.png"));
    }
}

double softDice = ml.Segmentation.Evaluate(predicted).SoftDice5;
Console.WriteLine($"4. Soft Dice {softDice:0.000}; maps and pictures are in {Path.Combine(folder, "maps")}");

/// <summary>Draws a retina as a fundus camera shows it, and the raters' masks of its optic disc.</summary>
internal static class Retina
{
    private const int Height = 200, Width = 220;

    public static RaterCase Draw(string folder, int seed, int raters)
    {
        var random = new Random(seed);
        Directory.CreateDirectory(folder);
        float radius = 18 + (6 * random.NextSingle());
        var disc = new SKPoint((Width * 0.3f) + (40 * random.NextSingle()), (Height * 0.4f) + (40 * random.NextSingle()));

        string photograph = Path.Combine(folder, "image.png");
        Save(photograph, canvas => DrawPhotograph(canvas, random, disc, radius));
        string[] masks = [.. Enumerable.Range(1, raters).Select(rater => Path.Combine(folder, $"rater{rater}.png"))];
        for (int rater = 0; rater < raters; rater++)
        {
            // The second rater draws wider than the first, and neither hand is steady.
            float drawn = radius + (4 * rater) + random.NextSingle();
            SKPoint center = disc + new SKPoint(3 * (random.NextSingle() - 0.5f), 3 * (random.NextSingle() - 0.5f));
            Save(masks[rater], canvas =>
            {
                using var white = new SKPaint { Color = SKColors.White };
                canvas.DrawOval(center.X, center.Y, drawn, drawn * 1.1f, white);
            });
        }

        return new(Path.GetFileName(folder), photograph, masks);
    }

    private static void DrawPhotograph(SKCanvas canvas, Random random, SKPoint disc, float radius)
    {
        using SKShader glow = Glow(new(Width / 2f, Height / 2f), 110, new(205, 95, 40), new(120, 40, 15));
        using var retina = new SKPaint { IsAntialias = true, Shader = glow };
        canvas.DrawCircle(Width / 2f, Height / 2f, 95, retina);
        using var bright = new SKPaint { IsAntialias = true, Shader = Glow(disc, radius * 1.1f, new(255, 235, 150), new(225, 130, 60)) };
        canvas.DrawOval(disc.X, disc.Y, radius, radius * 1.1f, bright);

        // Vessels leave the disc upwards and downwards and bend around the centre.
        using var vessel = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Stroke, Color = new(130, 25, 20) };
        for (int i = 0; i < 8; i++)
        {
            float sign = i % 2 == 0 ? -1 : 1, bend = 25 + (45 * random.NextSingle());
            vessel.StrokeWidth = 1.5f + (2 * random.NextSingle());
            using var path = new SKPath();
            path.MoveTo(disc);
            path.CubicTo(
                disc.X + (10 * random.NextSingle()),
                disc.Y + (sign * bend),
                disc.X + 50,
                disc.Y + (sign * bend * 1.3f),
                disc.X + 70 + (30 * random.NextSingle()),
                disc.Y + (sign * bend * random.NextSingle()));
            canvas.DrawPath(path, vessel);
        }
    }

    private static SKShader Glow(SKPoint center, float radius, SKColor inside, SKColor outside) =>
        SKShader.CreateRadialGradient(center, radius, [inside, outside], SKShaderTileMode.Clamp);

    private static void Save(string path, Action<SKCanvas> draw)
    {
        using var bitmap = new SKBitmap(Width, Height, isOpaque: true);
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(SKColors.Black);
            draw(canvas);
        }

        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.Write(path, png.SaveTo);
    }
}
