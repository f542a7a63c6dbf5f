using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;

namespace Consensus.ML.Serving.Images;

/// <summary>Reads images with the readers of Consensus.Imaging. Headers are checked before memory is allocated for pixels.</summary>
internal sealed class ImageDecoder : IImageDecoder
{
    /// <inheritdoc/>
    public DecodedImage Decode(ImageBytes bytes, DecodingRules rules)
    {
        EncodedImage[] files = [.. bytes.Files.Select((file, index) => Open(file, bytes.NameOf(index)))];
        NiftiHeader? header = files[0].NiftiHeader;
        int? axis = header is null ? null : AxisOf(files[0].Name, header, rules);
        foreach (EncodedImage file in files)
        {
            CheckSize(file, axis, rules, files.Length);
        }

        Slice[][] channels = [.. files.Select(file => Read(file, axis))];
        foreach ((Slice[] channel, int index) in channels.Select((channel, index) => (channel, index)).Skip(1))
        {
            CheckGrid(channels[0], channel, files[index].Name);
        }

        Slice[] slices = files.Length == 1
            ? channels[0]
            : [.. channels[0].Select((_, index) => Join([.. channels.Select(channel => channel[index])]))];
        return new(slices, axis, header);
    }

    private static EncodedImage Open(ReadOnlyMemory<byte> bytes, string name)
    {
        if (EncodedImage.Recognize(bytes.Span) is not null)
        {
            return EncodedImage.FromBytes(bytes, name);
        }

        try
        {
            return EncodedImage.FromBytes(bytes, name);
        }
        catch (InvalidDataException exception)
        {
            throw new UnknownFormatException(exception.Message);
        }
    }

    /// <summary>The axis that a NIfTI image is cut along; null where it is one slice.</summary>
    private static int? AxisOf(string name, NiftiHeader header, DecodingRules rules)
    {
        IReadOnlyList<int> known = rules.ModelAxes;
        string shape = string.Join('×', header.Shape);
        if (header.SliceAxis is { } lies)
        {
            // It is one slice, wherever it lies, and is never cut.
            return rules.Axis is { } said && said != lies
                ? throw new InvalidDataException(
                    $"'{name}' has shape {shape}, one slice along axis {lies}, but the option 'axis' is {said}.")
                : known.Count == 0 || known.Contains(lies) ? null
                : throw new InvalidDataException(
                    $"'{name}' has shape {shape}, one slice along axis {lies}, but the model was trained on slices along axis "
                    + $"{string.Join(" and ", known)} of their volumes.");
        }

        if (!header.IsVolume && (rules.Axis is null || header.Shape is not [_, _, > 1, ..]))
        {
            return null;
        }

        if (rules.Axis is { } asked)
        {
            return known.Count == 0 || known.Contains(asked)
                ? asked
                : throw new InvalidDataException(
                    $"The option 'axis' is {asked}, but the model was trained on slices along axis {string.Join(" and ", known)} of their "
                    + "volumes.");
        }

        return known.Count switch
        {
            0 => SliceAddress.DefaultAxis,
            1 => known[0],
            _ => throw new InvalidDataException(
                $"The model was trained on slices along axes {string.Join(" and ", known)} of their volumes: say with the option 'axis' "
                + $"along which '{name}' is cut."),
        };
    }

    private static void CheckSize(EncodedImage file, int? axis, DecodingRules rules, int files)
    {
        Int128 values;
        string shape;
        if (axis is { } cut && file.NiftiHeader is { } header)
        {
            shape = string.Join('×', header.Shape);
            values = header.Shape.Aggregate((Int128)1, (product, length) => product * length);
            if (cut < header.Shape.Count && header.Shape[cut] > rules.MaximumSlices)
            {
                throw new InvalidDataException(
                    $"'{file.Name}' has {header.Shape[cut]} slices along axis {cut}, but this server takes {rules.MaximumSlices} at most.");
            }
        }
        else
        {
            (int channels, int height, int width) = file.ReadSize();
            shape = string.Create(CultureInfo.InvariantCulture, $"{channels}×{height}×{width}");
            values = (Int128)channels * height * width;
        }

        if (values * files > rules.MaximumValues)
        {
            throw new InvalidDataException(
                $"'{file.Name}' has {shape} values{(files > 1 ? $", and there are {files} channels" : "")}, but this server takes "
                + $"{rules.MaximumValues} at most.");
        }
    }

    private static Slice[] Read(EncodedImage file, int? axis) => axis is null
        ? [file.ReadSlice()]
        : file.NiftiHeader is not null
            ? [.. file.ReadSlices(axis)]
            : throw new InvalidDataException($"'{file.Name}' is a picture, but the first channel is a volume.");

    private static void CheckGrid(Slice[] first, Slice[] other, string name)
    {
        if (other.Length != first.Length || other[0].Height != first[0].Height || other[0].Width != first[0].Width)
        {
            throw new InvalidDataException(
                $"'{name}' has {other.Length} slice(s) of {other[0].Height}×{other[0].Width}, but the first channel has {first.Length} of "
                + $"{first[0].Height}×{first[0].Width}: channels must lie on one grid.");
        }

        // A tenth of a pixel, at the first pixel and at the last: more than rounding in a header, less than anybody could see.
        SliceGeometry a = first[0].Geometry, b = other[0].Geometry;
        double offset = 0.1 * Math.Min(a.SpacingRows, a.SpacingColumns), step = offset / Math.Max(first[0].Height, first[0].Width);
        if (a.HasPosition && b.HasPosition
            && a.Affine.Where((value, at) => Math.Abs(value - b.Affine[at]) > (at % 4 == 3 ? offset : step)).Any())
        {
            throw new InvalidDataException(
                $"'{name}' lies elsewhere in space than the first channel, or is stored in another orientation: bring the channels onto "
                + "one grid first.");
        }
    }

    private static Slice Join(Slice[] channels) => new(
        channels.Sum(slice => slice.Channels), channels[0].Height, channels[0].Width, [.. channels.SelectMany(slice => slice.Pixels)],
        channels[0].Geometry, channels[0].Source);
}
