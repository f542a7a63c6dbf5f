namespace Consensus.ML.Datasets;

/// <summary>Something that a check of a data set found.</summary>
/// <param name="Severity">Whether the case can be used as it is.</param>
/// <param name="Kind">The kind of problem.</param>
/// <param name="Split">The split of the case; null where the case has no split, or where the problem concerns the whole set.</param>
/// <param name="Case">The case; null where the problem concerns the whole set.</param>
/// <param name="File">The file; null where the problem concerns no particular file.</param>
/// <param name="Message">What was found, in one line.</param>
/// <param name="Advice">What to do about it, in one line.</param>
public sealed record DatasetProblem(
    ProblemSeverity Severity,
    DatasetProblemKind Kind,
    string? Split,
    string? Case,
    string? File,
    string Message,
    string Advice);

/// <summary>How much a problem matters.</summary>
public enum ProblemSeverity
{
    /// <summary>The data can be used, but it may not be what it seems; or a case or file is skipped.</summary>
    Warning,

    /// <summary>A case cannot be used as it is: training rejects it.</summary>
    Error,
}

/// <summary>Kinds of problems of a data set.</summary>
public enum DatasetProblemKind
{
    /// <summary>The manifest itself has a mistake.</summary>
    Manifest,

    /// <summary>There are no cases where some should be.</summary>
    NoCases,

    /// <summary>A file is skipped, because a different file is used for the same image or mask.</summary>
    UnusedFile,

    /// <summary>A file does not exist.</summary>
    MissingFile,

    /// <summary>A file cannot be opened or read to its end, or is no slice.</summary>
    Unreadable,

    /// <summary>The size of a mask or a channel differs from that of its image.</summary>
    SizeMismatch,

    /// <summary>The grid of a mask or a channel differs from that of its image: its spacing, its axes or its position in space.</summary>
    GridMismatch,

    /// <summary>A mask or a channel is stored in a different orientation from its image. It is turned when it is read.</summary>
    Reoriented,

    /// <summary>
    /// A file has no position in space, but a file of the same case has. The pixels of both are assumed to lie in the same places.
    /// </summary>
    PositionAssumed,

    /// <summary>A mask holds more than 0 and one other value, or several channels.</summary>
    NotBinary,

    /// <summary>No pixel of a mask is marked.</summary>
    EmptyMask,

    /// <summary>Two raters' masks of a case are equal in every pixel.</summary>
    IdenticalMasks,

    /// <summary>The number of masks of a case differs from that of the set, or the set has an unusual number of raters.</summary>
    RaterCount,

    /// <summary>The number of channels of a case differs from that of the others.</summary>
    ChannelCount,

    /// <summary>An image holds a value that is infinite or no number.</summary>
    NotFinite,

    /// <summary>All pixels of an image are equal.</summary>
    ConstantImage,

    /// <summary>Two cases of one split have the same image, pixel by pixel.</summary>
    DuplicateImage,

    /// <summary>Two splits have the same image, pixel by pixel: scores on a case that the model was trained on are misleading.</summary>
    DuplicateAcrossSplits,

    /// <summary>The name of a case or of a rater holds a character that reports cannot show, such as a control character.</summary>
    Name,

    /// <summary>An image holds a value that no scanner gives, or a value far from all others: probably a mark for missing data.</summary>
    NoDataValue,

    /// <summary>A mask marks nearly the pixels that another rater left unmarked.</summary>
    ComplementaryMasks,

    /// <summary>The Orientation tags (EXIF, TIFF) turn an image and its masks differently.</summary>
    OrientationMismatch,

    /// <summary>By its affine, the image of a case is stored in a different orientation from most images of the set.</summary>
    CaseOrientation,

    /// <summary>Two splits have cases of one group (a patient), or slices of one volume: scores on them are misleading.</summary>
    GroupAcrossSplits,
}
