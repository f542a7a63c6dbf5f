using System.Diagnostics;
using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Formats.Raster;
using Consensus.Imaging.Pictures;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace Consensus.ML.Benchmarks;

/// <summary>
/// What <c>consensus predict</c> spends on a slice of 256×256 pixels, part by part, with one thread: reading, predicting, writing the map,
/// drawing the picture. Processor time, which a busy machine changes little, beside the time on the clock.
/// </summary>
internal static class Capacity
{
    private const int Slices = 40, Size = 64, Rounds = 3;

    /// <summary>Prints a row for each kind of file.</summary>
    public static void Measure()
    {
        string folder = Directory.CreateTempSubdirectory("consensus-benchmarks-").FullName;
        try
        {
            torch.set_num_threads(1);
            PhantomDataset.Write(folder, QubiqTask.BrainGrowth, Slices, 1, seed: 1);
            var ml = new MLContext(seed: 1);
            using TransformerChain<ConsensusSegmentationTransformer> model = Train(ml, folder);
            IReadOnlyList<RaterCase> cases = QubiqDataset.List(folder, QubiqTask.BrainGrowth, QubiqSplit.Train).Cases;
            string[] files = [.. cases.Select(one => one.ImagePaths[0])];
            Slice[] images = [.. files.Select(SliceReader.Read)];
            string[] pictures = [.. images.Select((image, number) => WritePng(Path.Combine(folder, $"{number}.png"), image))];
            string volume = Path.Combine(folder, "volume.nii.gz");
            WriteVolume(volume, images);
            string[] slices = [.. NiftiFile.ListSlices(volume, 2).Select(address => address.ToString())];

            Console.WriteLine(
                "| a slice of 256×256 pixels | KB in | KB out | read, ms | predict, ms | write map, ms | draw picture, ms | together, ms "
                + "| on the clock, ms |");
            Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
            Print(ml, model, folder, "NIfTI, gzip", files, files, pictured: Slices, (maps, path) =>
            {
                for (int number = 0; number < Slices; number++)
                {
                    NiftiFile.WriteSlice(path($"{number}_soft.nii.gz"), maps[number], geometryFrom: files[number]);
                }
            });
            Print(ml, model, folder, "PNG, 8 bits; map as TIFF", pictures, pictures, pictured: Slices, (maps, path) =>
            {
                for (int number = 0; number < Slices; number++)
                {
                    TiffFile.WriteSlice(path($"{number}_soft.tif"), maps[number]);
                }
            });
            Print(ml, model, folder, $"a volume of {Slices} slices, NIfTI, gzip", slices, [volume], pictured: 1, (maps, path) =>
                NiftiFile.WriteVolume(path("soft.nii.gz"), maps, geometryFrom: volume, 2));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A model of the Compact preset. Two steps are enough: what it has learned does not change its speed.</summary>
    private static TransformerChain<ConsensusSegmentationTransformer> Train(MLContext ml, string folder)
    {
        ConsensusSegmentationEstimator.Options options = ConsensusSegmentationEstimator.Options.Compact();
        options.Training = options.Training with { Steps = 2, TimeLimit = null };
        return ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(ml.Transforms.NormalizeSlices("Image"))
            .Append(ml.Transforms.ResizeSlices("Features", "Image", Size, Size))
            .Append(ml.Transforms.AugmentSlices("Features", AugmentationPolicy.Strong))
            .Append(ml.Transforms.ConsensusSegment(options))
            .Fit(ml.Data.LoadFromQubiq(folder, QubiqTask.BrainGrowth, QubiqSplit.Train));
    }

    private static void Print(
        MLContext ml,
        TransformerChain<ConsensusSegmentationTransformer> model,
        string folder,
        string name,
        string[] slices,
        string[] inputs,
        int pictured,
        Action<IReadOnlyList<Slice>, Func<string, string>> write)
    {
        string output = Directory.CreateTempSubdirectory("consensus-benchmarks-").FullName;
        try
        {
            RaterCase[] rows = [.. slices.Select((path, number) => new RaterCase($"{number}", path, []))];
            IDataView files = ml.Data.LoadFromCases(rows);
            IDataView read = ml.Transforms.LoadSlices("Image", "ImagePath").Fit(files).Transform(files);
            IDataView predicted = model.Transform(files);
            IDataView restored = ml.Transforms.RestoreSlices("Map", "SoftMap", "Image").Fit(predicted).Transform(predicted);
            List<Slice> images = [], maps = [];
            Spent reading = Median(() => images = Column(read, "Image"));
            Spent both = Median(() => maps = Column(restored, "Map"));
            Spent writing = Median(() => write(maps, file => Path.Combine(output, file)));
            Spent drawing = Median(() =>
            {
                for (int number = 0; number < pictured; number++)
                {
                    SliceOverlay.Draw(images[number], maps[number].Pixels).SavePng(Path.Combine(output, $"{number}.png"));
                }
            });
            double bytesIn = inputs.Sum(path => new FileInfo(path).Length), bytesOut = Directory.GetFiles(output).Sum(
                path => new FileInfo(path).Length);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {bytesIn / 1000 / Slices:0} | {bytesOut / 1000 / Slices:0} | {reading.Processor:0.00} "
                + $"| {both.Processor - reading.Processor:0.0} | {writing.Processor:0.00} | {drawing.Processor:0.00} "
                + $"| {both.Processor + writing.Processor + drawing.Processor:0.0} | {both.Clock + writing.Clock + drawing.Clock:0.0} |"));
        }
        finally
        {
            Directory.Delete(output, recursive: true);
        }
    }

    private static List<Slice> Column(IDataView view, string name)
    {
        var slices = new List<Slice>();
        DataViewSchema.Column column = view.Schema[name];
        using DataViewRowCursor cursor = view.GetRowCursor([column]);
        ValueGetter<Slice> getter = cursor.GetGetter<Slice>(column);
        while (cursor.MoveNext())
        {
            Slice slice = null!;
            getter(ref slice);
            slices.Add(slice);
        }

        return slices;
    }

    /// <summary>The milliseconds of a slice: the median of some rounds, after one that warms up.</summary>
    private static Spent Median(Action work)
    {
        work();
        Spent[] rounds = [.. Enumerable.Range(0, Rounds).Select(_ =>
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            long began = Stopwatch.GetTimestamp();
            work();
            TimeSpan clock = Stopwatch.GetElapsedTime(began);
            return new Spent((Environment.CpuUsage.TotalTime - before).TotalMilliseconds / Slices, clock.TotalMilliseconds / Slices);
        })];
        return new(rounds.Select(one => one.Processor).Order().ElementAt(Rounds / 2), rounds.Select(one => one.Clock).Order().ElementAt(
            Rounds / 2));
    }

    /// <summary>An image as grey values of 8 bits.</summary>
    private static string WritePng(string path, Slice image)
    {
        float low = image.Pixels.Min(), range = Math.Max(image.Pixels.Max() - low, 1e-6f);
        byte[] rows =
        [
            .. Enumerable.Range(0, image.Height).SelectMany(row => image.Pixels.Skip(row * image.Width).Take(image.Width)
                .Select(value => (byte)(255 * (value - low) / range)).Prepend((byte)0)),
        ];
        return new PngBytes { Width = image.Width, Height = image.Height, Rows = rows }.WriteTo(path);
    }

    /// <summary>Images as a volume of 16-bit numbers, like those of scanners.</summary>
    private static void WriteVolume(string path, Slice[] images)
    {
        float largest = images.Max(image => image.Pixels.Max(Math.Abs));
        new NiftiBytes
        {
            Dimensions = [images[0].Height, images[0].Width, images.Length],
            Type = 4,
            Values = [.. images.SelectMany(image => image.Pixels).Select(value => Math.Round(value / largest * 1000.0))],
        }.WriteTo(path);
    }

    /// <summary>Milliseconds of all threads of the process, and on the clock.</summary>
    private sealed record Spent(double Processor, double Clock);
}
