namespace Consensus.Imaging.Augmentation;

/// <summary>
/// The axes of the stored array that a slice may be mirrored along. What they are in the patient depends on the file: in pictures, and in
/// files whose slices stand upright when they are shown row by row, columns run from side to side; in a NIfTI file whose first axis runs
/// from side to side, rows do.
/// </summary>
[Flags]
public enum MirrorAxes
{
    /// <summary>Never mirrored: for images in which left and right, and up and down, mean something.</summary>
    None = 0,

    /// <summary>The order of columns is reversed (a horizontal flip of the array).</summary>
    Columns = 1,

    /// <summary>The order of rows is reversed (a vertical flip of the array).</summary>
    Rows = 2,

    /// <summary>Along both axes, each independently.</summary>
    Both = Columns | Rows,
}
