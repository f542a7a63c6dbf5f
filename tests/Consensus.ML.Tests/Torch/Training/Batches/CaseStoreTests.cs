using Consensus.Imaging;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Training.Batches;

namespace Consensus.ML.Tests.Torch.Training.Batches;

/// <summary>Training cases are the same wherever they are stored, and nothing of them stays behind.</summary>
public sealed class CaseStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Masks_take_a_bit_a_pixel_the_first_in_the_lowest()
    {
        PackedMasks packed = new RaterMasks(1, 2, 5, [1, 0, 0, 0, 0, 0, 1, 0, 1, 1]);
        Assert.Equal([0b0100_0001, 0b11], packed.Bits);
        Assert.Equal([1, 0, 0, 0, 0, 0, 1, 0, 1, 1], packed.Unpack().Pixels);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 5, 7)]
    [InlineData(2, 8, 8)]
    [InlineData(4, 33, 31)]
    public void Masks_come_back_as_they_were(int raters, int height, int width)
    {
        byte[] pixels = [.. Enumerable.Range(0, raters * height * width).Select(i => (byte)(i * 2654435761L >> 7 & 1))];
        PackedMasks packed = new RaterMasks(raters, height, width, [.. pixels]);
        Assert.Equal((pixels.Length + 7) / 8, packed.Bits.Length);
        Assert.Equal(pixels, packed.Unpack().Pixels);

        // A buffer may be longer than the case. What lies after the case does not change.
        byte[] buffer = [.. Enumerable.Repeat((byte)9, pixels.Length + 3)];
        packed.UnpackTo(buffer);
        Assert.Equal([.. pixels, 9, 9, 9], buffer);
    }

    [Theory]
    [InlineData(long.MaxValue, false)]
    [InlineData(3000, true)]
    [InlineData(0, true)]
    public void Cases_are_the_same_in_memory_and_in_the_file(long limit, bool onDisk)
    {
        // 16 × 16 values of four bytes, and two masks with one bit for each pixel: 1088 bytes for a case.
        TrainingCase[] cases = Discs.Cases(5);
        using var store = new CaseStore(limit, _folder.Root);
        TrainingCase[] kept = [.. cases.Select(one => store.Add(one.Name, [.. one.Features], one.Masks.Unpack()))];
        Assert.Equal((5 * 1088, onDisk), (store.Bytes, store.IsOnDisk));
        foreach ((TrainingCase before, TrainingCase after) in cases.Zip(kept).Reverse())
        {
            Assert.Equal(before.Name, after.Name);
            Assert.Equal(before.Features, after.Features);
            Assert.Equal(before.Masks.Bits, after.Masks.Bits);
            Assert.Equal((2, 16, 16), (after.Masks.Raters, after.Masks.Height, after.Masks.Width));
        }

        // The file has no name while it is open. So it does not stay behind, however the process ends.
        if (!OperatingSystem.IsWindows())
        {
            Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
        }

        store.Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void A_folder_that_cannot_hold_the_file_is_named_with_the_limit()
    {
        using var store = new CaseStore(100, _folder["missing"]);
        TrainingCase one = Discs.Cases(1)[0];
        string message = Assert.Throws<IOException>(() => store.Add(one.Name, one.Features, one.Masks.Unpack())).Message;
        Assert.Contains("(MemoryLimit), and cannot be kept in a temporary file in", message, StringComparison.Ordinal);
        Assert.Contains(_folder["missing"], message, StringComparison.Ordinal);
    }
}
