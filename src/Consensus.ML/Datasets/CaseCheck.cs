using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Consensus.ML.Imaging;

namespace Consensus.ML;

/// <summary>Reads all files of a case, each once, and remembers of them only what is needed to compare cases.</summary>
internal sealed class CaseCheck
{
    /// <summary>Distances in space are rounded when files are written.</summary>
    private const double SpacingTolerance = 1e-3;

    private readonly RaterCase _case;
    private readonly string? _split;
    private readonly List<DatasetProblem> _problems = [];

    private CaseCheck(string? split, RaterCase one, int? raters, MissingRaters missingRaters)
    {
        (_split, _case) = (split, one);
        CheckNames();
        CheckRaterCount(raters, missingRaters);
        Slice? image = ReadImage();
        ReadMasks(image);
    }

    public string Name => _case.Name;

    public string? Split => _split;

    public string ImagePath => _case.ImagePaths[0];

    public IReadOnlyList<DatasetProblem> Problems => _problems;

    /// <summary>Of all files together; null where one could not be read.</summary>
    public int? Channels { get; private set; }

    /// <summary>Stands for the pixels of the image; null where it could not be read, or has one value only.</summary>
    public string? ImageHash { get; private set; }

    public static CaseCheck Read(string? split, RaterCase one, int? raters, MissingRaters missingRaters) => new(split, one, raters, missingRaters);

    private void CheckNames()
    {
        if (_case.ProblemWithNames() is { } problem)
        {
            Fail(DatasetProblemKind.Name, null, problem, "Give it a name of letters, digits and spaces: reports and tables could not be written with this one.");
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
                masks == 0 ? "Add its masks, or use it for prediction only." : "Add the missing masks or take away those too many; else the case is left out, unless missing raters are allowed (fraction).");
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
            if (Read(path) is not { } slice)
            {
                isWhole = false;
                continue;
            }

            first ??= slice;
            channels += slice.Channels;
            CheckSize(slice, path, first);
            bool isFileConstant = slice.Pixels.AsSpan().IndexOfAnyExcept(slice.Pixels[0]) < 0;
            isConstant &= isFileConstant;
            int wrong = slice.Pixels.Count(value => !float.IsFinite(value));
            if (wrong > 0)
            {
                Fail(
                    DatasetProblemKind.NotFinite,
                    path,
                    $"'{path}' holds {(wrong == 1 ? "1 value" : $"{wrong} values")} that are infinite or no number, of {slice.Pixels.Length}.",
                    "Replace such values, for example by 0 or the smallest value, and write the image again.");
            }
            else if (isFileConstant)
            {
                Warn(DatasetProblemKind.ConstantImage, path, string.Create(
                    CultureInfo.InvariantCulture,
                    $"All pixels of '{path}' are {slice.Pixels[0]}."), "See whether the image was written right; there is nothing to learn from it.");
            }

            hash.AppendData(MemoryMarshal.AsBytes<int>([slice.Channels, slice.Height, slice.Width]));
            hash.AppendData(MemoryMarshal.AsBytes<float>(slice.Pixels));
        }

        if (isWhole && first is not null)
        {
            Channels = channels;
            ImageHash = isConstant ? null : Convert.ToHexString(hash.GetHashAndReset());
        }

        return first;
    }

    private void ReadMasks(Slice? image)
    {
        Slice? reference = image;
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int rater = 0; rater < _case.AnnotationPaths.Count; rater++)
        {
            string path = _case.AnnotationPaths[rater];
            if (Read(path) is not { } mask)
            {
                continue;
            }

            if (reference is not null)
            {
                CheckSize(mask, path, reference);
            }

            CheckSpacing(mask, path, image);
            reference ??= mask;
            if (Marks(mask, path) is not { } marks)
            {
                continue;
            }

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
                    $"'{path}' (rater {_case.RaterNames[rater]}) is equal to '{_case.AnnotationPaths[other]}' (rater {_case.RaterNames[other]}) in every pixel.",
                    "If it is a copy, it is no opinion of its own: put the rater's own mask there, or remove it.");
            }
        }
    }

    /// <summary>The mask's marks, 0 or 1; null where it is none.</summary>
    private byte[]? Marks(Slice mask, string path)
    {
        const string advice = "Write it as an image of one channel with the values 0 and 1, or 0 and 255.";
        if (mask.Channels != 1)
        {
            Fail(DatasetProblemKind.NotBinary, path, $"'{path}' has {mask.Channels} channels, but a mask has one.", advice);
            return null;
        }

        try
        {
            var marks = new byte[mask.Pixels.Length];
            MaskReader.Mark(mask.Pixels, marks, path);
            return marks;
        }
        catch (InvalidDataException exception)
        {
            Fail(DatasetProblemKind.NotBinary, path, exception.Message, advice);
            return null;
        }
    }

    private void CheckSize(Slice slice, string path, Slice reference)
    {
        if (slice.Height != reference.Height || slice.Width != reference.Width)
        {
            Fail(
                DatasetProblemKind.SizeMismatch,
                path,
                $"'{path}' of case '{Name}' has {slice.Height}×{slice.Width} pixels, but '{reference.Source}' has {reference.Height}×{reference.Width}.",
                "All files of a case must be of one size: export it again from the image that it was drawn on.");
        }
    }

    private void CheckSpacing(Slice mask, string path, Slice? image)
    {
        // Unit spacing is what a file has that says nothing of it.
        if (image is null || IsSilent(mask) || IsSilent(image))
        {
            return;
        }

        SliceGeometry own = mask.Geometry, other = image.Geometry;
        if (Differs(own.SpacingRows, other.SpacingRows) || Differs(own.SpacingColumns, other.SpacingColumns))
        {
            Warn(
                DatasetProblemKind.SpacingMismatch,
                path,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{path}' has a spacing of {own.SpacingRows:0.####}×{own.SpacingColumns:0.####}, but its image '{ImagePath}' "
                    + $"has {other.SpacingRows:0.####}×{other.SpacingColumns:0.####}."),
                "See whether the mask was drawn on this image. Spacing is not used in training.");
        }

        static bool IsSilent(Slice slice) => slice.Geometry is { SpacingRows: 1, SpacingColumns: 1 };

        static bool Differs(double first, double second) => Math.Abs(first - second) > SpacingTolerance * Math.Max(Math.Abs(first), Math.Abs(second));
    }

    private Slice? Read(string path)
    {
        try
        {
            return SliceReader.Read(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            Fail(DatasetProblemKind.MissingFile, path, $"'{path}' of case '{Name}' does not exist.", "Put the file there, or correct its name.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whatever a broken file does to its reader, the others are still to be looked at.
            string message = exception.Message.ReplaceLineEndings(" ");
            Fail(
                DatasetProblemKind.Unreadable,
                path,
                message.Contains(path, StringComparison.Ordinal) ? message : $"'{path}' cannot be read: {message}",
                "Copy or export the file again.");
        }

        return null;
    }

    private void Fail(DatasetProblemKind kind, string? file, string message, string advice) => _problems.Add(new(ProblemSeverity.Error, kind, _split, Name, file, message, advice));

    private void Warn(DatasetProblemKind kind, string? file, string message, string advice) => _problems.Add(new(ProblemSeverity.Warning, kind, _split, Name, file, message, advice));
}
