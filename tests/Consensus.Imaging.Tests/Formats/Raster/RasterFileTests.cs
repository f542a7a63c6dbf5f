using Consensus.Imaging.Files;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Raster;

/// <summary>Pictures are opened by the reader of their format.</summary>
public sealed class RasterFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_picture_is_no_volume()
    {
        string path = new PngBytes().WriteTo(_folder["flat.png"]);
        Complaint.Expect<InvalidDataException>(
            () => SliceReader.Read(path + "#slice=3"), "flat.png#axis=2,slice=3", "PNG picture", "name the file alone");
        Complaint.Expect<InvalidDataException>(() => SliceReader.ReadSize(path + "#axis=1,slice=0"), "flat.png#axis=1,slice=0");
    }
}
