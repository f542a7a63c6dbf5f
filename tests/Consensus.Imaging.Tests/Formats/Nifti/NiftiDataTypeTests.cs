using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>Types of values that are not supported are refused by name.</summary>
public sealed class NiftiDataTypeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(128, "RGB")]
    [InlineData(2304, "RGBA")]
    [InlineData(32, "complex64")]
    [InlineData(1792, "complex128")]
    [InlineData(2048, "complex256")]
    [InlineData(1536, "float128")]
    [InlineData(1, "binary")]
    [InlineData(0, "unknown")]
    [InlineData(77, "77")]
    public void Colour_complex_and_wide_types_are_refused_by_name(short type, string name)
        => Complaint.Expect<InvalidDataException>(
            () => NiftiFile.ReadHeader(new NiftiBytes { Type = type }.WriteTo(_folder["image.nii"])), "image.nii", name, "uint8",
            "float64");
}
