using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Datasets;

/// <summary>Reads all files of a case, each once, and keeps only what is needed to compare cases.</summary>
internal sealed class CaseCheck
{
    private readonly RaterCase _case;
    private readonly string? _split;
    private readonly float? _noData;
    private readonly List<DatasetProblem> _problems = [];

    private CaseCheck(string? split, RaterCase one, int? raters, MissingRaters missingRaters, float? noData)
    {
        (_split, _case, _noData) = (split, one, noData);
        CheckNames();
        CheckRaterCount(raters, missingRaters);
        Slice? image = ReadImage();
        ReadMasks(image);
        CheckOrientations();
    }

    public string Name => _case.Name;

    public string? Split => _split;

    public string ImagePath => _case.ImagePaths[0];

    public IReadOnlyList<DatasetProblem> Problems => _problems;

    /// <summary>The number of channels of all image files together; null where a file could not be read.</summary>
    public int? Channels { get; private set; }

    /// <summary>
    /// The directions of the image's rows and columns in the body; null where the image does not give them or could not be read.
    /// </summary>
    public string? Directions { get; private set; }

    /// <summary>A hash of the pixels of the image; null where the image could not be read or has a single value.</summary>
    public string? ImageHash { get; private set; }

    /// <summary>What resizing of the masks leaves; null where a mask could not be read or there is none.</summary>
    public IReadOnlyList<ResizingCeiling>? Ceilings { get; private set; }

    public static CaseCheck Read(string? split, RaterCase one, int? raters, MissingRaters missingRaters, float? noData) =>
        new(split, one, raters, missingRaters, noData);

    private void CheckNames()
    {
        if (_case.ProblemWithNames() is { } problem)
        {
            Fail(
                DatasetProblemKind.Name, null, problem,
                "Give it a name of letters, digits and spaces: reports and tables could not be written with this one.");
        }
    }

    private void CheckRaterCount(int? raters, MissingRaters missingRaters)
    {
        int masks = _case.AnnotationPaths.Count;
        bool mayBeFewer = missingRaters == MissingRaters.Fraction && masks >= 2 && masks < raters;
        if (raters is { } expected && masks != expected && !mayBeFewer)
        {
            Warn(
                DatasetProblemKind.RaterCount,
                null,
                $"Case '{Name}' has {(masks == 1 ? "1 mask" : $"{masks} masks")} where the set has {expected} raters.",
                masks == 0
                    ? "Add its masks, or use it for prediction only."
                    : "Add the missing masks or take away those too many; else the case is left out, unless "
                        + "missing raters are allowed (fraction).");
        }
    }

    private Slice? ReadImage()
    {
        Slice? first = null;
        int channels = 0;
        bool isWhole = true, isConstant = true;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in _case.ImagePaths)
        {
            if (Read(path, first) is not { } slice)
            {
                isWhole = false;
                continue;
            }

            first ??= slice;
            channels += slice.Channels;
            bool isFileConstant = slice.Pixels.AsSpan().IndexOfAnyExcept(slice.Pixels[0]) < 0;
            isConstant &= isFileConstant;
            int wrong = slice.Pixels.Count(value => !float.IsFinite(value) && !NoData.IsMark(value, _noData));
            if (wrong > 0)
            {
                Fail(
                    DatasetProblemKind.NotFinite,
                    path,
                    $"'{path}' holds {(wrong == 1 ? "1 value" : $"{wrong} values")} that are infinite or no "
                    + $"number, of {slice.Pixels.Length}.",
                    "Replace such values, for example by 0 or the smallest value, and write the image again; "
                    + "NaN can be left out (--no-data nan).");
            }
            else if (isFileConstant)
            {
                Warn(DatasetProblemKind.ConstantImage, path, string.Create(
                    CultureInfo.InvariantCulture,
                    $"All pixels of '{path}' are {slice.Pixels[0]}."),
                    "See whether the image was written right; there is nothing to learn from it.");
            }

            CheckMagnitudes(slice, path);
            hash.AppendData(MemoryMarshal.AsBytes<int>([slice.Channels, slice.Height, slice.Width]));
            hash.AppendData(MemoryMarshal.AsBytes<float>(slice.Pixels));
        }

        if (isWhole && first is not null)
        {
            Channels = channels;
            Directions = first.Geometry.DirectionText();
            ImageHash = isConstant ? null : Convert.ToHexString(hash.GetHashAndReset());
        }

        return first;
    }

    private void CheckMagnitudes(Slice slice, string path)
    {
        float[] values = [.. slice.Pixels.Where(value => float.IsFinite(value) && !NoData.IsMark(value, _noData))];
        if (values.FirstOrDefault(NoData.IsImplausible) is not 0 and var implausible)
        {
            Report(ProblemSeverity.Error, implausible, "which no scanner gives");
        }
        else if (NoData.FindLone(values) is float lone)
        {
            Report(ProblemSeverity.Warning, lone, "at least ten times as large as any other");
        }

        void Report(ProblemSeverity severity, float value, string what)
        {
            int pixels = values.Count(other => other == value);
            _problems.Add(new(
                severity,
                DatasetProblemKind.NoDataValue,
                _split,
                Name,
                path,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{path}' holds the value {value} in {pixels} of {slice.Pixels.Length} pixels, {what}: a mark for missing data?"),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"If it is one, leave such pixels out with --no-data {value} (noData of NormalizeSlices); "
                    + $"else write the image again without it.")));
        }
    }

    private void ReadMasks(Slice? image)
    {
        Slice? reference = image;
        var drawn = new List<(int Rater, byte[] Marks)>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int rater = 0; rater < _case.AnnotationPaths.Count; rater++)
        {
            string path = _case.AnnotationPaths[rater];
            if (Read(path, reference) is not { } mask)
            {
                continue;
            }

            if (reference is not { Geometry.HasPosition: true })
            {
                // A picture has no position in space. Its masks must still agree with each other.
                reference = mask;
            }

            if (Marks(mask, path) is not { } marks)
            {
                continue;
            }

            drawn.Add((rater, marks));
            string hash = Convert.ToHexString(SHA256.HashData(marks));
            if (!marks.AsSpan().Contains((byte)1))
            {
                Warn(
                    DatasetProblemKind.EmptyMask,
                    path,
                    $"'{path}' marks no pixel.",
                    "Right if the rater saw nothing to mark. If they did not draw the case, remove the file.");
            }
            else if (!seen.TryAdd(hash, rater))
            {
                int other = seen[hash];
                Warn(
                    DatasetProblemKind.IdenticalMasks,
                    path,
                    $"'{path}' (rater {_case.RaterNames[rater]}) is equal to '{_case.AnnotationPaths[other]}' (rater "
                    + $"{_case.RaterNames[other]}) in every pixel.",
                    "If it is a copy, it is no opinion of its own: put the rater's own mask there, or remove it.");
            }
        }

        CheckComplements(drawn);
        if (reference is not null && drawn.Count > 0 && drawn.Count == _case.AnnotationPaths.Count)
        {
            Ceilings = ResizingCeiling.ComputeUsual(
                new(drawn.Count, reference.Height, reference.Width, [.. drawn.SelectMany(mask => mask.Marks)]));
        }
    }

    /// <summary>Warns of masks that mark what the other raters leave unmarked, as a mask with 255 for the background does.</summary>
    private void CheckComplements(List<(int Rater, byte[] Marks)> drawn)
    {
        foreach ((int odd, int other) in ComplementaryMasks.List([.. drawn.Select(mask => mask.Marks)]))
        {
            int oddRater = drawn[odd].Rater, otherRater = drawn[other].Rater;
            Warn(
                DatasetProblemKind.ComplementaryMasks,
                _case.AnnotationPaths[oddRater],
                $"'{_case.AnnotationPaths[oddRater]}' (rater {_case.RaterNames[oddRater]}) marks nearly what "
                + $"'{_case.AnnotationPaths[otherRater]}' (rater {_case.RaterNames[otherRater]}) leaves unmarked.",
                "If it marks the background, exchange its two values; a pixel is marked where it is not 0.");
        }
    }

    /// <summary>
    /// Warns where the Orientation tags turn image and masks differently: masks drawn on the stored pixels then lie in the wrong place.
    /// </summary>
    private void CheckOrientations()
    {
        foreach (string image in _case.ImagePaths)
        {
            if (OrientationOf(image) is not { } turned)
            {
                continue;
            }

            foreach (string path in _case.AnnotationPaths)
            {
                if (OrientationOf(path) is { } own && own != turned)
                {
                    Warn(
                        DatasetProblemKind.OrientationMismatch,
                        turned != Orientation.Upright ? image : path,
                        $"'{image}' is shown turned by its Orientation tag ({turned}), and is read so, but its "
                        + $"mask '{path}' has Orientation {own}.",
                        "If the mask was drawn on the pixels as stored, store the image upright ('magick mogrify -auto-orient') "
                        + "and turn the masks with it, or take the tag away.");
                    return;
                }
            }
        }
    }

    /// <summary>The Orientation tag of a file; null where the file cannot be read.</summary>
    private static int? OrientationOf(string path)
    {
        try
        {
            return SliceReader.ReadOrientation(path);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The mask's marks, 0 or 1; null where the file is not a mask.</summary>
    private byte[]? Marks(Slice mask, string path)
    {
        try
        {
            return MaskReader.ToMarks(mask, path);
        }
        catch (InvalidDataException exception)
        {
            Fail(
                DatasetProblemKind.NotBinary,
                path,
                exception.Message,
                "Write it as an image of one channel with the values 0 and 1, or 0 and 255, or as a picture of black and one colour.");
            return null;
        }
    }

    /// <summary>Reads a file of the case onto the grid of the reference.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reference">The image, or the first mask where no image can be read; null to read the file as it is stored.</param>
    private Slice? Read(string path, Slice? reference)
    {
        try
        {
            SliceGrid? grid = reference is null ? null : SliceGrid.FromSlice(reference, NotesOf(path));
            Slice? slice = SliceReader.ReadOnto(grid, path, 0, 1, null, out GridMismatch? mismatch);
            if (mismatch is not null)
            {
                Fail(
                    mismatch.IsSize ? DatasetProblemKind.SizeMismatch : DatasetProblemKind.GridMismatch,
                    path,
                    $"Case '{Name}': {mismatch.Message}",
                    "If it is not this image's, put the right file there.");
            }

            return slice;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            Fail(
                DatasetProblemKind.MissingFile, path, $"'{path}' of case '{Name}' does not exist.{InputFile.SeparatorHint(path)}",
                "Put the file there, or correct its name.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A broken file can fail in any way. The other files must still be checked.
            string message = exception.Message.ReplaceLineEndings(" ");
            Fail(
                DatasetProblemKind.Unreadable,
                path,
                message.Contains(path, StringComparison.Ordinal) ? message : $"'{path}' cannot be read: {message}",
                "Copy or export the file again.");
        }

        return null;
    }

    private GridNotes NotesOf(string path) => new(
        turned: line => Warn(
            DatasetProblemKind.Reoriented, path, line, "Right if the affine is; look at the case with 'consensus inspect --png'."),
        assumed: line => Warn(
            DatasetProblemKind.PositionAssumed, path, line, "Look at the case with 'consensus inspect --png' to see that it fits."));

    private void Fail(DatasetProblemKind kind, string? file, string message, string advice) =>
        _problems.Add(new(ProblemSeverity.Error, kind, _split, Name, file, message, advice));

    private void Warn(DatasetProblemKind kind, string? file, string message, string advice) =>
        _problems.Add(new(ProblemSeverity.Warning, kind, _split, Name, file, message, advice));
}
