namespace Consensus.ML.Imaging;

/// <summary>Reads one image slice from a file of any format that the library knows: at present NIfTI-1 and NIfTI-2.</summary>
public static class SliceReader
{
    /// <summary>Reads a slice, choosing the format by the file's content.</summary>
    /// <param name="path">A .nii or .nii.gz file, or either half of an .hdr/.img pair.</param>
    /// <returns>Channels × height × width values in the file's own units.</returns>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">The file is of another format, damaged, or no slice; the message names it and says what is allowed.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static Slice Read(string path) => NiftiFile.ReadSlice(path);

    /// <summary>Reads how large a slice is from the file's header alone.</summary>
    /// <param name="path">A .nii or .nii.gz file, or either half of an .hdr/.img pair.</param>
    /// <returns>Number of channels, rows and columns.</returns>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">The file is of another format, damaged, or no slice; the message names it and says what is allowed.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static (int Channels, int Height, int Width) ReadSize(string path) => NiftiFile.SliceShape(NiftiFile.ReadHeader(path));
}
