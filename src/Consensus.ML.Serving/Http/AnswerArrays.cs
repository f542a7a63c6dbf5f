using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Consensus.Imaging;
using Consensus.ML.Serving.Images;
using Consensus.ML.Serving.Prediction;

namespace Consensus.ML.Serving.Http;

/// <summary>Makes the parts of an answer in JSON.</summary>
internal static class AnswerArrays
{
    /// <summary>The values of several slices, one after another.</summary>
    /// <param name="slices">Slices of one size.</param>
    /// <param name="shape">The lengths of the axes.</param>
    public static ArrayAnswer FromSlices(IReadOnlyList<Slice> slices, params int[] shape)
    {
        var bytes = new byte[checked(slices.Sum(slice => slice.Pixels.Length) * sizeof(float))];
        int at = 0;
        foreach (Slice slice in slices)
        {
            Span<byte> target = bytes.AsSpan(at, slice.Pixels.Length * sizeof(float));
            if (BitConverter.IsLittleEndian)
            {
                MemoryMarshal.AsBytes(slice.Pixels.AsSpan()).CopyTo(target);
            }
            else
            {
                for (int value = 0; value < slice.Pixels.Length; value++)
                {
                    BinaryPrimitives.WriteSingleLittleEndian(target[(value * sizeof(float))..], slice.Pixels[value]);
                }
            }

            at += target.Length;
        }

        return new(shape, "float32", "little", bytes);
    }

    /// <summary>Where maps or slices lie.</summary>
    /// <param name="geometry">The geometry of the first.</param>
    /// <param name="image">The image that they belong to.</param>
    public static GeometryAnswer GeometryOf(SliceGeometry geometry, DecodedImage image) => new(
        !geometry.HasSpacing ? null
            : image.SliceSpacing is { } between ? [geometry.SpacingRows, geometry.SpacingColumns, between]
            : [geometry.SpacingRows, geometry.SpacingColumns],
        geometry.HasPosition ? geometry.Affine : null);

    /// <summary>How much each level marks.</summary>
    /// <param name="maps">The maps of each slice.</param>
    /// <param name="geometry">The geometry of the maps.</param>
    /// <param name="image">The image that they belong to.</param>
    public static IReadOnlyList<LevelAnswer> Areas(IReadOnlyList<SliceMaps> maps, SliceGeometry geometry, DecodedImage image)
    {
        int levels = maps[0].Areas.Count;
        return [.. Enumerable.Range(0, levels).Select(level =>
        {
            int[] slices = [.. maps.Select(slice => slice.Areas[level])];
            long pixels = slices.Sum(count => (long)count);
            double? area = geometry.HasSpacing ? pixels * geometry.SpacingRows * geometry.SpacingColumns : null;
            return new LevelAnswer(level + 1, (level + 1.0) / levels, pixels, area, area * image.SliceSpacing, slices);
        })];
    }
}
