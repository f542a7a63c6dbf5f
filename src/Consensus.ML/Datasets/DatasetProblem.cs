namespace Consensus.ML.Datasets;

/// <summary>Something that a check of a data set found.</summary>
/// <param name="Severity">Whether the case can be used as it is.</param>
/// <param name="Kind">What sort of problem it is.</param>
/// <param name="Split">The split that the case belongs to; null where it is in none, or where the whole set is meant.</param>
/// <param name="Case">The case; null where the whole set is meant.</param>
/// <param name="File">The file; null where none in particular is meant.</param>
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
    /// <summary>The data can be used, but may not be what it seems; or a case or file is passed over.</summary>
    Warning,

    /// <summary>A case cannot be used as it is: training refuses it.</summary>
    Error,
}

/// <summary>Sorts of problems of a data set.</summary>
public enum DatasetProblemKind
{
    /// <summary>The manifest itself has a mistake.</summary>
    Manifest,

    /// <summary>There are no cases where some should be.</summary>
    NoCases,

    /// <summary>A file is passed over, because another one stands for the same.</summary>
    UnusedFile,

    /// <summary>A file does not exist.</summary>
    MissingFile,

    /// <summary>A file cannot be opened or read to its end, or is no slice.</summary>
    Unreadable,

    /// <summary>A mask or a channel is of another size than its image.</summary>
    SizeMismatch,

    /// <summary>A mask or a channel lies on another grid than its image: its spacing, its axes or its place in space differ.</summary>
    GridMismatch,

    /// <summary>A mask or a channel is stored in another orientation than its image, and is turned when it is read.</summary>
    Reoriented,

    /// <summary>A file does not say where it lies in space, beside one that does: its pixels are taken to lie as the other's.</summary>
    PositionAssumed,

    /// <summary>A mask holds more than 0 and one other value, or several channels.</summary>
    NotBinary,

    /// <summary>No pixel of a mask is marked.</summary>
    EmptyMask,

    /// <summary>Two raters' masks of a case are equal in every pixel.</summary>
    IdenticalMasks,

    /// <summary>A case has another number of masks than the set, or the set has an unusual number of raters.</summary>
    RaterCount,

    /// <summary>A case has another number of channels than the others.</summary>
    ChannelCount,

    /// <summary>An image holds a value that is infinite or no number.</summary>
    NotFinite,

    /// <summary>All pixels of an image are equal.</summary>
    ConstantImage,

    /// <summary>Two cases of one split have the same image, pixel by pixel.</summary>
    DuplicateImage,

    /// <summary>Two splits have the same image, pixel by pixel: what is learned from one is no surprise in the other.</summary>
    DuplicateAcrossSplits,

    /// <summary>The name of a case or of a rater holds what no report can, such as a control character.</summary>
    Name,

    /// <summary>An image holds a value of a magnitude that no scanner gives, or one far from all others: a mark for missing data.</summary>
    NoDataValue,

    /// <summary>A mask marks nearly what another rater's leaves unmarked.</summary>
    ComplementaryMasks,

    /// <summary>An image and its masks are turned differently by their Orientation tags (EXIF, TIFF).</summary>
    OrientationMismatch,

    /// <summary>The image of a case is stored in another orientation than most of the set, as its affine says.</summary>
    CaseOrientation,

    /// <summary>
    /// Two splits have cases of one group (a patient), or slices of one volume: what is learned from one is no surprise in the other.
    /// </summary>
    GroupAcrossSplits,
}
