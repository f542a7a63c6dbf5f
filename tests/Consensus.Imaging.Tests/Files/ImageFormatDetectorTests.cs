using Consensus.Imaging.Files;
using Consensus.Imaging.Formats;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Files;

/// <summary>Formats are recognised by content. For formats that are not supported, the message names the format.</summary>
public sealed class ImageFormatDetectorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_name_of_a_file_does_not_matter()
    {
        Assert.Equal([1, 2, 3, 4, 5, 6], SliceReader.Read(new PngBytes().WriteTo(_folder["picture.tif"])).Pixels);
        Assert.Equal([1, 2, 3, 4, 5, 6], SliceReader.Read(new TiffBytes().WriteTo(_folder["picture.nii.gz"])).Pixels);
        Assert.Equal([1, 3, 5, 2, 4, 6], SliceReader.Read(new NiftiBytes().WriteTo(_folder["slice.png"])).Pixels);
        Assert.Equal(ImageFormat.Png, SliceReader.ReadFormat(_folder["picture.tif"]));
        Assert.Equal(ImageFormat.Nifti, SliceReader.ReadFormat(_folder["slice.png"]));
    }

    [Theory]
    [InlineData("%PDF-1.7 …", "a PDF document")]
    [InlineData("NRRD0005\n", "an NRRD file")]
    [InlineData("ObjectType = Image\n", "a MetaImage header")]
    [InlineData("MATLAB 5.0 MAT-file", "a MATLAB file")]
    [InlineData("P5\n2 2\n255\n", "PGM")]
    [InlineData("RIFF....WEBPVP8 ", "a WebP picture")]
    [InlineData("<svg>", "XML")]
    [InlineData("hello", "begins with the bytes 68656C6C6F")]
    public void Other_formats_are_named_with_what_is_read(string content, string name)
    {
        File.WriteAllText(_folder["other.bin"], content);
        Complaint.Expect<InvalidDataException>(() => SliceReader.Read(_folder["other.bin"]), "other.bin", name, ImageFormats.Readable);
        Complaint.Expect<InvalidDataException>(() => SliceReader.ReadSize(_folder["other.bin"]), "other.bin", name, ImageFormats.Readable);
    }

    [Fact]
    public void DICOM_arrays_and_empty_files_are_named()
    {
        Complaint.Expect<InvalidDataException>(() => Read("scan.dcm", [.. new byte[128], .. "DICM"u8]), "scan.dcm", "DICOM", "dcm2niix");
        Complaint.Expect<InvalidDataException>(() => Read("array.npy", [0x93, .. "NUMPY"u8, 1, 0]), "array.npy", "NumPy");
        Complaint.Expect<InvalidDataException>(() => Read("volume.mat", [0x89, .. "HDF\r\n\u001a\n"u8]), "volume.mat", "HDF5");
        Complaint.Expect<InvalidDataException>(() => Read("nothing.png", []), "nothing.png", "is empty");
        Complaint.Expect<FileNotFoundException>(() => SliceReader.Read(_folder["absent.png"]), "absent.png");
        Complaint.Expect<IOException>(() => SliceReader.Read(_folder.Root), "is a folder");
    }

    private Slice Read(string name, byte[] content)
    {
        File.WriteAllBytes(_folder[name], content);
        return SliceReader.Read(_folder[name]);
    }
}
