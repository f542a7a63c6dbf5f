using System.Diagnostics;
using System.IO.Compression;
using Consensus.Imaging;
using Consensus.ML.Options;
using Consensus.ML.Serving.Images;
using Consensus.ML.Serving.Prediction;
using Consensus.ML.Serving.Settings;
using Microsoft.AspNetCore.Http;

namespace Consensus.ML.Serving.Http;

/// <summary>POST maps: an image in, its maps out.</summary>
internal static class MapsEndpoint
{
    private static readonly (MapKinds Kind, string Name, Func<SliceMaps, Slice?> Map)[] Kinds =
    [
        (MapKinds.Soft, "soft", maps => maps.Soft),
        (MapKinds.Levels, "levels", maps => maps.Levels),
        (MapKinds.Uncertainty, "uncertainty", maps => maps.Uncertainty),
        (MapKinds.Raters, "raters", maps => maps.Raters),
    ];

    /// <summary>The maps of an image.</summary>
    /// <param name="Image">The image.</param>
    /// <param name="Slices">The maps of each slice.</param>
    /// <param name="Elapsed">How long the prediction took.</param>
    internal sealed record Predicted(DecodedImage Image, IReadOnlyList<SliceMaps> Slices, TimeSpan Elapsed);

    /// <summary>Reads an image and predicts it. This runs on a worker's thread.</summary>
    public static Predicted Predict(
        ImageBytes bytes,
        PredictionRequest request,
        AnswerKind answer,
        IMapPredictor predictor,
        ConsensusServingOptions options,
        IImageDecoder decoder,
        Action<TimeSpan> took,
        CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ServedModel model = predictor.Model;
        long begun = Stopwatch.GetTimestamp();
        DecodedImage image = decoder.Decode(
            bytes, new(request.Axis, model.VolumeAxes, options.MaximumSlices, options.MaximumValues));
        Check(image, request, answer, model, options);
        IReadOnlyList<SliceMaps> maps = predictor.Predict(image.Slices, request, took, cancellation);
        return new(image, maps, Stopwatch.GetElapsedTime(begun));
    }

    /// <summary>Writes the maps in the form that was chosen.</summary>
    public static async Task WriteAsync(
        HttpContext context,
        Predicted predicted,
        PredictionRequest request,
        AnswerKind kind,
        string mediaType,
        IMapEncoder encoder)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (kind == AnswerKind.Json)
        {
            await context.Response.WriteAsJsonAsync(ToJson(predicted, request), Json.Options, mediaType, context.RequestAborted);
            return;
        }

        (string name, byte[] file) = ToFile(predicted, request, kind, encoder);
        context.Response.ContentType = mediaType;
        context.Response.ContentLength = file.Length;
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        await context.Response.Body.WriteAsync(file, context.RequestAborted);
    }

    private static void Check(
        DecodedImage image, PredictionRequest request, AnswerKind answer, ServedModel model, ConsensusServingOptions options)
    {
        long pixels = request.Size == MapSize.Native ? (long)image.First.Height * image.First.Width : (long)model.Height * model.Width;
        long planes = Kinds.Where(map => request.Maps.HasFlag(map.Kind)).Sum(map => map.Kind switch
        {
            MapKinds.Levels => request.Structure.Levels,
            MapKinds.Raters => request.Structure.Raters.Count,
            _ => 1,
        });
        long values = pixels * planes * image.Slices.Count;
        if (values > options.MaximumValues)
        {
            throw new InvalidDataException(
                $"The maps of {image.Slices.Count} slice(s) would have {values} values, but this server answers with "
                + $"{options.MaximumValues} at most: ask for fewer maps, or for size=model.");
        }

        if (answer is AnswerKind.Tiff or AnswerKind.Png && image.Slices.Count > 1)
        {
            throw new Refusal(
                StatusCodes.Status406NotAcceptable, "not-acceptable",
                "A picture holds one slice, but the image is a volume: accept application/x-nifti or application/json.");
        }

        if (answer == AnswerKind.Png && planes > 1)
        {
            throw new Refusal(
                StatusCodes.Status406NotAcceptable, "not-acceptable",
                $"A PNG holds one map, but there are {planes} {(request.Maps == MapKinds.Levels ? "levels" : "raters")}: "
                + "accept image/tiff, application/x-nifti or application/json.");
        }
    }

    private static MapsAnswer ToJson(Predicted predicted, PredictionRequest request)
    {
        (DecodedImage image, IReadOnlyList<SliceMaps> slices, TimeSpan elapsed) = predicted;
        var maps = new Dictionary<string, ArrayAnswer>(StringComparer.Ordinal);
        Slice first = Kinds.Select(kind => kind.Map(slices[0])).OfType<Slice>().First();
        foreach ((MapKinds kind, string name, Func<SliceMaps, Slice?> map) in Kinds)
        {
            if (request.Maps.HasFlag(kind))
            {
                Slice[] values = [.. slices.Select(slice => map(slice)!)];
                maps.Add(name, kind is MapKinds.Levels or MapKinds.Raters
                    ? AnswerArrays.FromSlices(values, slices.Count, values[0].Channels, first.Height, first.Width)
                    : AnswerArrays.FromSlices(values, slices.Count, first.Height, first.Width));
            }
        }

        return new()
        {
            Size = Spelling.Write(request.Size),
            Shape = [slices.Count, first.Height, first.Width],
            Structure = request.Structure.Name,
            Levels = request.Structure.Levels,
            Raters = request.Structure.Raters,
            Axis = image.Axis,
            Geometry = AnswerArrays.GeometryOf(first.Geometry, image),
            Maps = maps,
            Areas = AnswerArrays.Areas(slices, first.Geometry, image),
            Seconds = elapsed.TotalSeconds,
        };
    }

    private static (string Name, byte[] File) ToFile(Predicted predicted, PredictionRequest request, AnswerKind kind, IMapEncoder encoder)
    {
        (MapKinds Kind, string Name, Func<SliceMaps, Slice?> Map)[] asked = [.. Kinds.Where(entry => request.Maps.HasFlag(entry.Kind))];
        if (kind != AnswerKind.Zip)
        {
            return File(asked[0].Name, asked[0].Map, kind);
        }

        // Pictures come back as pictures, since they have no geometry that NIfTI would keep.
        AnswerKind inside = predicted.Image.Header is not null ? AnswerKind.CompressedNifti : AnswerKind.Tiff;
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((_, string name, Func<SliceMaps, Slice?> map) in asked)
            {
                (string file, byte[] bytes) = File(name, map, inside);

                // The files are compressed already. The time is fixed, so that equal maps give equal bytes.
                ZipArchiveEntry entry = zip.CreateEntry(file, CompressionLevel.NoCompression);
                entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using Stream content = entry.Open();
                content.Write(bytes);
            }
        }

        return ("maps.zip", stream.ToArray());

        (string Name, byte[] File) File(string name, Func<SliceMaps, Slice?> map, AnswerKind form)
        {
            Slice[] slices = [.. predicted.Slices.Select(slice => map(slice)!)];
            bool isNative = request.Size == MapSize.Native;
            return form switch
            {
                AnswerKind.Nifti => ($"{name}.nii", encoder.Nifti(slices, predicted.Image, isNative, compress: false)),
                AnswerKind.CompressedNifti => ($"{name}.nii.gz", encoder.Nifti(slices, predicted.Image, isNative, compress: true)),
                AnswerKind.Tiff => ($"{name}.tif", encoder.Tiff(slices[0])),
                _ => ($"{name}.png", encoder.Png(slices[0])),
            };
        }
    }
}
