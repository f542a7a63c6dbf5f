using Consensus.Imaging;
using Consensus.ML.Serving.Images;
using Microsoft.AspNetCore.Http;

namespace Consensus.ML.Serving.Http;

/// <summary>POST images: an image in, its values out. A browser cannot read NIfTI or TIFF, nor 16 bits of a PNG.</summary>
internal static class ImagesEndpoint
{
    /// <summary>The values of an image as JSON.</summary>
    public static ImageAnswer ToJson(DecodedImage image)
    {
        Slice first = image.First;
        int[] shape = [image.Slices.Count, first.Channels, first.Height, first.Width];
        return new(
            shape, image.Axis, AnswerArrays.GeometryOf(first.Geometry, image), RangeOf(image.Slices),
            AnswerArrays.FromSlices(image.Slices, shape));
    }

    /// <summary>Writes an image.</summary>
    public static Task WriteAsync(HttpContext context, ImageAnswer answer)
    {
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(answer, Json.Options, context.RequestAborted);
    }

    private static double[]? RangeOf(IReadOnlyList<Slice> slices)
    {
        float smallest = float.PositiveInfinity, largest = float.NegativeInfinity;
        foreach (Slice slice in slices)
        {
            foreach (float value in slice.Pixels)
            {
                if (float.IsFinite(value))
                {
                    smallest = Math.Min(smallest, value);
                    largest = Math.Max(largest, value);
                }
            }
        }

        return smallest <= largest ? [smallest, largest] : null;
    }
}
