// Scans in, soft consensus maps out as volumes. The sample trains on the slices and predicts every slice of a new scan. Then it puts the
// maps back into one volume. Nothing is downloaded.
//
//   dotnet run -c Release --project samples/Volumes [-- folder --seconds S]

using Consensus.Imaging;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Pictures;
using Consensus.Imaging.Storage;
using Consensus.ML;
using Consensus.ML.Datasets;
using Consensus.ML.Evaluation;
using Consensus.ML.Segmentation;
using Microsoft.ML;
using Microsoft.ML.Data;

const int Side = 64, Scans = 9;
(string folder, TimeSpan training) = SampleArguments.Read(args, "Volumes", seconds: 100);
string manifestPath = Path.Combine(folder, DatasetManifest.FileName), modelPath = Path.Combine(folder, "organ.zip");

// 1. Volumes, as scanners write them, and the volumes that three raters marked in each.
Console.WriteLine($"1. Drawing {Scans} scans with an organ that {string.Join(", ", Phantom.Raters)} see differently …");
Phantom.WriteGrid(folder);
DatasetCase[] cases = [.. Enumerable.Range(1, Scans).Select(number =>
    Phantom.Draw(folder, $"scan{number}", seed: number) with { Split = number < Scans ? "train" : "test" })];

// 2. A manifest says that the files are volumes. Training uses every slice. A model that has seen only marked slices (VolumeSlices.Marked)
// finds organs where there are none.
var manifest = new DatasetManifest
{
    Folder = folder,
    Name = "phantom scans",
    Raters = Phantom.Raters,
    Volume = new(Axis: 2, VolumeSlices.All),
    Cases = cases,
};
manifest.Write(manifestPath);
var ml = new MLContext(seed: 1);
IDataView train = ml.Data.LoadFromManifest(manifestPath, "train"), test = ml.Data.LoadFromManifest(manifestPath, "test");
Console.WriteLine($"2. {manifest.AllCases("train").Count()} slices to train on, {manifest.AllCases("test").Count()} to predict");

// 3. From here on, a slice of a volume is a row like any other.
ConsensusSegmentationEstimator.Options options = ConsensusSegmentationEstimator.Options.Compact();
options.Training = options.Training with { Steps = null, TimeLimit = training };
options.Sampling = options.Sampling with { Generations = 2 };
Console.WriteLine($"3. Training the Compact preset at {Side}×{Side} pixels for {training.TotalSeconds:0} seconds …");
using TransformerChain<ConsensusSegmentationTransformer> model = ml.Transforms.LoadSlices("Image", "ImagePath")
    .Append(ml.Transforms.NormalizeSlices("Image"))
    .Append(ml.Transforms.ResizeSlices("Features", "Image", height: Side, width: Side))
    .Append(ml.Transforms.AugmentSlices("Features"))
    .Append(ml.Transforms.ConsensusSegment(options))
    .Fit(train);
ml.Model.Save(model, train.Schema, modelPath);
Console.WriteLine($"   {model.LastTransformer.Training.Steps} steps; saved {modelPath}");

// 4. A new scan needs no masks. Its slices come in order, and each map has the slice's own size. All maps go back into one volume with the
// geometry of the scan.
string scan = Path.Combine(folder, cases[^1].Image[0]), scanFolder = Path.GetDirectoryName(scan)!;
string map = Path.Combine(scanFolder, "soft.nii.gz"), picture = Path.Combine(scanFolder, "soft.png");
IDataView predicted = model.Transform(ml.Data.LoadFromVolume(scan));
IDataView restored = ml.Transforms.RestoreSlices("NativeSoftMap", "SoftMap", "Image").Fit(predicted).Transform(predicted);
NiftiFile.WriteVolume(map, restored.GetColumn<Slice>("NativeSoftMap"), geometryFrom: scan);
Console.WriteLine($"4. Wrote {map}: {string.Join('×', NiftiFile.ReadHeader(map).Shape)} voxels, beside its scan");

// 5. A picture of the slice with the largest predicted area.
(int index, Slice fullest) = NiftiFile.ReadSlices(map).Index().MaxBy(slice => slice.Item.Pixels.Sum());
SliceOverlay.Draw(NiftiFile.ReadSlice(scan, axis: 2, index), fullest.Pixels).SavePng(picture);
Console.WriteLine($"5. Slice {index}: {picture}");

// 6. How well the maps agree with all raters together, slice by slice.
SegmentationMetrics metrics = ml.Segmentation.Evaluate(model.Transform(test));
foreach (CaseMetrics one in metrics.Cases)
{
    Console.WriteLine($"   {one.Name}: soft Dice {one.SoftDice5:0.000}");
}

Console.WriteLine($"6. Soft Dice on the {metrics.Cases.Count} slices of a scan that training has not seen: {metrics.SoftDice5:0.000}");

/// <summary>Scans of a tilted organ with a soft border, and masks of raters who place the border differently.</summary>
internal static class Phantom
{
    private const int Rows = 96, Columns = 88, Slices = 14;
    private static readonly float[] Spacing = [2, 2, 5]; // millimetres, thick slices as usual

    /// <summary>The raters, from the narrowest masks to the widest.</summary>
    public static string[] Raters { get; } = ["Ann", "Ben", "Chris"];

    /// <summary>Draws a scan and its masks.</summary>
    public static DatasetCase Draw(string folder, string name, int seed)
    {
        var random = new Random(seed);
        float[] radii = [Between(30, 44), Between(22, 32), Between(18, 25)];
        float[] center =
        [
            (Rows * Spacing[0] / 2) + Between(-20, 20),
            (Columns * Spacing[1] / 2) + Between(-20, 20),
            (Slices * Spacing[2] / 2) + Between(-5, 5),
        ];
        (float sin, float cos) = MathF.SinCos(Between(-0.8f, 0.8f));
        float lean = Between(-0.5f, 0.5f);

        string image = Write("image", (row, column, slice) =>
        {
            float organ = 90 / (1 + MathF.Exp((Distance(row, column, slice).Radius - 1) * 14));
            return 40 + organ + (12 * (random.NextSingle() + random.NextSingle() - 1));
        });
        var masks = new Dictionary<string, string>();
        for (int rater = 0; rater < Raters.Length; rater++)
        {
            // Each rater has a limit, and a hand that wavers around it.
            float limit = 0.9f + (0.1f * rater) + Between(-0.02f, 0.02f), phase = Between(0, MathF.Tau);
            masks[Raters[rater]] = Write(Raters[rater], (row, column, slice) =>
            {
                (float radius, float angle) = Distance(row, column, slice);
                return radius < limit + (0.05f * MathF.Sin((3 * angle) + (0.4f * slice) + phase)) ? 1 : 0;
            });
        }

        return new(name, [image], masks);

        float Between(float low, float high) => low + ((high - low) * random.NextSingle());

        string Write(string file, Func<int, int, int, float> value)
        {
            string path = $"{name}/{file}.nii.gz";
            Directory.CreateDirectory(Path.Combine(folder, name));
            IEnumerable<int> pixels = Enumerable.Range(0, Rows * Columns);
            IEnumerable<Slice> slices = Enumerable.Range(0, Slices).Select(slice =>
                new Slice(1, Rows, Columns, [.. pixels.Select(at => value(at / Columns, at % Columns, slice))]));
            NiftiFile.WriteVolume(Path.Combine(folder, path), slices, geometryFrom: GridOf(folder));
            return path;
        }

        // The distance from the middle, where 1 is the organ's border, and the direction within the slice.
        (float Radius, float Angle) Distance(int row, int column, int slice)
        {
            float z = (slice * Spacing[2]) - center[2];
            float y = (row * Spacing[0]) - center[0] - (lean * z), x = (column * Spacing[1]) - center[1];
            float along = ((cos * y) + (sin * x)) / radii[0], across = ((cos * x) - (sin * y)) / radii[1], up = z / radii[2];
            return (MathF.Sqrt((along * along) + (across * across) + (up * up)), MathF.Atan2(across, along));
        }
    }

    /// <summary>
    /// An empty volume: a NIfTI-1 header and zeros. It says how large the scans are and where they are. Real scans have their own header.
    /// </summary>
    public static void WriteGrid(string folder)
    {
        var bytes = new byte[352 + (Rows * Columns * Slices)];
        BitConverter.TryWriteBytes(bytes, 348);
        Buffer.BlockCopy(new short[] { 3, Rows, Columns, Slices, 1, 1, 1, 1 }, 0, bytes, 40, 16);
        BitConverter.TryWriteBytes(bytes.AsSpan(70), (short)2); // unsigned bytes
        BitConverter.TryWriteBytes(bytes.AsSpan(72), (short)8);
        float[] spacing = [1, .. Spacing, 1, 1, 1, 1, 352]; // the last number says where the values begin
        Buffer.BlockCopy(spacing, 0, bytes, 76, 36);
        bytes[123] = 2; // millimetres
        BitConverter.TryWriteBytes(bytes.AsSpan(254), (short)1); // the next three rows say where voxels lie in the scanner
        Buffer.BlockCopy(new float[] { -Spacing[0], 0, 0, 95, 0, -Spacing[1], 0, 80, 0, 0, Spacing[2], -310 }, 0, bytes, 280, 48);
        "n+1"u8.CopyTo(bytes.AsSpan(344));
        AtomicFile.Write(GridOf(folder), stream => stream.Write(bytes));
    }

    private static string GridOf(string folder) => Path.Combine(folder, "grid.nii");
}
