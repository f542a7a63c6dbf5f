using Consensus.Imaging;
using Consensus.Imaging.Formats.Nifti;

namespace Consensus.ML.Api.Tests;

/// <summary>Small seeded images of a bright disc, in memory or as files. Several raters outlined each disc a little differently.</summary>
internal static class Blobs
{
    public const int Raters = 3;

    /// <summary>An image in arbitrary units. Its mean is far from zero and its deviation far from one.</summary>
    public static Slice Image(int number, int size = 20, int channels = 1, string? source = null)
    {
        var random = new Random(number);
        (double row, double column) = Center(number, size);
        var pixels = new float[channels * size * size];
        for (int i = 0; i < pixels.Length; i++)
        {
            int at = i % (size * size);
            double distance = Math.Sqrt(Math.Pow((at / size) - row, 2) + Math.Pow((at % size) - column, 2));
            pixels[i] = (float)((distance < size / 4.0 ? 300 : 100) + (20 * random.NextDouble()));
        }

        return new(
            channels, size, size, pixels, new SliceGeometry(0.5, 0.75, [0.5, 0, 0, -10, 0, 0.75, 0, 20, 0, 0, 2, 30, 0, 0, 0, 1]), source);
    }

    public static RaterMasks Masks(int number, int size = 20, int raters = Raters)
    {
        (double row, double column) = Center(number, size);
        var pixels = new byte[raters * size * size];
        for (int i = 0; i < pixels.Length; i++)
        {
            int rater = i / (size * size), at = i % (size * size);
            double distance = Math.Sqrt(Math.Pow((at / size) - row, 2) + Math.Pow((at % size) - column, 2));
            pixels[i] = distance < (size / 4.0) - 1 + rater ? (byte)1 : (byte)0;
        }

        return new(raters, size, size, pixels);
    }

    /// <summary>Writes cases in the layout of QUBIQ's brain growth set; returns the root.</summary>
    public static string Write(string root, int cases, int size = 20, int raters = Raters, int channels = 1)
    {
        for (int number = 1; number <= cases; number++)
        {
            WriteCase(Path.Combine(root, $"case{number:00}"), number, size, raters, channels);
        }

        return root;
    }

    public static CaseRow WriteCase(string folder, int number, int size = 20, int raters = Raters, int channels = 1, int? maskSize = null)
    {
        Directory.CreateDirectory(folder);
        string image = Path.Combine(folder, "image.nii.gz");
        NiftiFile.WriteSlice(image, Image(number, size, channels));
        RaterMasks masks = Masks(number, maskSize ?? size, raters);
        var paths = new string[raters];
        for (int rater = 0; rater < raters; rater++)
        {
            paths[rater] = Path.Combine(folder, $"task01_seg{rater + 1:00}.nii.gz");
            NiftiFile.WriteSlice(
                paths[rater],
                new Slice(1, masks.Height, masks.Width, Array.ConvertAll(masks.Rater(rater).ToArray(), value => (float)value)));
        }

        return new() { Case = Path.GetFileName(folder), ImagePath = image, AnnotationPaths = paths };
    }

    private static (double Row, double Column) Center(int number, int size) => ((size * 0.4) + (number % 3), (size * 0.6) - (number % 4));
}

/// <summary>A row in the form of the loaders.</summary>
internal sealed class CaseRow
{
    public string Case { get; set; } = "";

    public string ImagePath { get; set; } = "";

    public string[] AnnotationPaths { get; set; } = [];
}

/// <summary>The predictions of a model.</summary>
internal sealed class MapsRow
{
    public float[] SoftMap { get; set; } = [];

    public float[] ConsensusMaps { get; set; } = [];

    public float[] Uncertainty { get; set; } = [];
}
