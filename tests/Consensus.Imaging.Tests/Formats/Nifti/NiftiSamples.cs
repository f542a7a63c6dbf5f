using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>Volumes whose values show where they are stored.</summary>
internal static class NiftiSamples
{
    /// <summary>A volume whose value at x, y, z is 100 z + 10 y + x; in the channel c, 1000 c is added.</summary>
    public static NiftiBytes Volume(long[] dimensions, int version = 1, bool bigEndian = false, double[]? rows = null)
    {
        long plane = dimensions[0] * dimensions[1], volume = plane * (dimensions.Length > 2 ? dimensions[2] : 1);
        double[] values = [.. Enumerable.Range(0, (int)dimensions.Aggregate(1L, (product, length) => product * length)).Select(at =>
            (double)((1000 * (at / volume)) + (100 * (at % volume / plane)) + (10 * (at % plane / dimensions[0])) + (at % dimensions[0])))];
        return new NiftiBytes
        {
            Version = version,
            Magic = version == 1 ? "n+1" : "n+2",
            BigEndian = bigEndian,
            Dimensions = dimensions,
            Type = 4,
            Values = values,
            Sform = rows is null ? 0 : 1,
            Rows = rows ?? new double[12],
            PixelDimensions = [1, 0.5, 0.75, 3, 1, 1, 1, 1],
        };
    }

    /// <summary>Asserts that a slice of a volume has this size and these values.</summary>
    public static void ExpectSlice(string path, int axis, int index, int height, int width, float[] pixels)
    {
        Slice slice = NiftiFile.ReadSlice(path, axis, index);
        Assert.Equal((height, width), (slice.Height, slice.Width));
        Assert.Equal(pixels.Length / height / width, slice.Channels);
        Assert.Equal(pixels, slice.Pixels);
    }
}
