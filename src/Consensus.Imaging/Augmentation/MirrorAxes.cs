namespace Consensus.Imaging.Augmentation;

/// <summary>
/// The axes of the stored array that a slice may be mirrored along. Their direction in the patient depends on the file. In pictures, and
/// in files whose slices stand upright when they are shown row by row, the columns are counted from one side of the patient to the other.
/// In a NIfTI file whose first axis runs from side to side, the rows are counted so.
/// </summary>
[Flags]
public enum MirrorAxes
{
    /// <summary>Slices are never mirrored. For images in which left and right, and up and down, have a meaning.</summary>
    None = 0,

    /// <summary>The order of columns is reversed (a horizontal flip of the array).</summary>
    Columns = 1,

    /// <summary>The order of rows is reversed (a vertical flip of the array).</summary>
    Rows = 2,

    /// <summary>Slices are mirrored along both axes, independently of each other.</summary>
    Both = Columns | Rows,
}
