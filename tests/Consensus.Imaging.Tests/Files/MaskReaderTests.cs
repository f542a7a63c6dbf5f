using Consensus.Imaging.Files;
using Consensus.ML.Tests.Shared;
using SkiaSharp;

namespace Consensus.Imaging.Tests.Files;

public sealed class MaskReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_and_255_and_any_other_single_value_mark_alike()
    {
        RaterMasks masks = MaskReader.Read(
            [Mask("a", 0, 1, 0, 1, 1, 0), Mask("b", 0, 255, 0, 255, 255, 0), Mask("c", 0, 7, 0, 7, 7, 0), Mask("d", 0, 0, 0, 0, 0, 0)]);
        Assert.Equal((4, 2, 3), (masks.Raters, masks.Height, masks.Width));
        Assert.Equal([0, 0, 1, 1, 1, 0], masks.Rater(0).ToArray());
        Assert.Equal(masks.Rater(0).ToArray(), masks.Rater(1).ToArray());
        Assert.Equal(masks.Rater(0).ToArray(), masks.Rater(2).ToArray());
        Assert.Equal(new byte[6], masks.Rater(3).ToArray());
    }

    [Fact]
    public void A_pixel_is_marked_by_any_value_that_is_not_zero()
    {
        // The value −1 is 255 in signed bytes.
        string signed = new NiftiBytes { Type = 256, Values = [0, -1, 0, -1, -1, 0] }.WriteTo(_folder["signed.nii"]);
        Assert.Equal([0, 0, 1, 1, 1, 0], MaskReader.Read([signed]).Pixels);
        Assert.Equal([0, 0, 1, 1, 1, 0], MaskReader.Read([Mask("a", 0, -0.5, 0, -0.5, -0.5, 0)]).Pixels);
        Complaint.Expect<InvalidDataException>(
            () => MaskReader.Read([Mask("unsure", 0, -1, 0, 1, 1, 0)]), "unsure.nii", "the values -1, 0, 1,");
    }

    [Fact]
    public void Two_non_zero_values_are_an_error_that_names_file_and_values()
        => Complaint.Expect<InvalidDataException>(
            () => MaskReader.Read([Mask("good", 0, 1, 0, 1, 1, 0), Mask("labels", 0, 2, 0, 1, 2, 0)]), "labels.nii", "0, 1, 2");

    [Fact]
    public void A_value_that_is_no_number_is_an_error()
        => Complaint.Expect<InvalidDataException>(() => MaskReader.Read([Mask("nan", 0, double.NaN, 0, 1, 1, 0)]), "nan.nii", "NaN");

    [Fact]
    public void Masks_of_different_sizes_are_an_error_that_names_both()
    {
        string other = new NiftiBytes { Dimensions = [3, 2], Values = new double[6] }.WriteTo(_folder["other.nii"]);
        Complaint.Expect<InvalidDataException>(
            () => MaskReader.Read([Mask("first", 0, 0, 0, 0, 0, 0), other]), "other.nii", "3×2", "first.nii", "2×3");
    }

    [Fact]
    public void A_mask_of_several_channels_is_an_error()
    {
        string path = new NiftiBytes { Dimensions = [2, 3, 2], Values = new double[12] }.WriteTo(_folder["two.nii"]);
        Complaint.Expect<InvalidDataException>(() => MaskReader.Read([path]), "two.nii", "2 channels");
    }

    [Fact]
    public void Pictures_mark_by_any_one_value_of_any_kind()
    {
        byte[] expected = [0, 1, 0];
        Assert.Equal(expected, Picture(new() { Height = 1, Rows = [0, 0, 255, 0] }));
        Assert.Equal(expected, Picture(new() { Height = 1, Rows = [0, 0, 1, 0] }));
        Assert.Equal(expected, Picture(new() { Height = 1, Depth = 1, Rows = [0, 0b0100_0000] }));
        Assert.Equal(expected, Picture(new() { Height = 1, Depth = 16, Rows = [0, 0, 0, 255, 255, 0, 0] }));
        Assert.Equal(expected, Picture(new() { Height = 1, Colour = 2, Rows = [0, 0, 0, 0, 255, 255, 255, 0, 0, 0] }));
        Assert.Equal(expected, Picture(new() { Height = 1, Colour = 6, Rows = [0, 0, 0, 0, 255, 9, 9, 9, 255, 0, 0, 0, 255] }));
        Assert.Equal(expected, Picture(new() { Height = 1, Colour = 3, Palette = [0, 0, 0, 128, 0, 0], Rows = [0, 0, 1, 0] }));
        Assert.Equal(expected, Picture(new() { Height = 1, Colour = 3, Palette = [255, 255, 255, 0, 0, 0], Rows = [0, 1, 0, 1] }));
        Assert.Equal(expected, MaskReader.Read(
            [new TiffBytes { Height = 1, Bits = 1, Photometric = 0, Blocks = [[0b1010_0000]] }.WriteTo(_folder["mask.tif"])]).Pixels);

        byte[] Picture(PngBytes file) => MaskReader.Read([file.WriteTo(_folder["mask.png"])]).Pixels;
    }

    [Fact]
    public void A_picture_of_several_colours_is_an_error_that_lists_them()
    {
        string path = new PngBytes { Height = 1, Colour = 2, Rows = [0, 0, 0, 0, 255, 0, 0, 0, 0, 255] }.WriteTo(_folder["labels.png"]);
        Complaint.Expect<InvalidDataException>(
            () => MaskReader.Read([path]), "labels.png", "the colours (0, 0, 0), (255, 0, 0), (0, 0, 255)", "black and one other colour");
    }

    [Fact]
    public void A_JPEG_is_an_error_that_says_why_and_what_to_do()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(32, 32, SKColorType.Gray8, SKAlphaType.Opaque));
        bitmap.Erase(SKColors.Black);
        using (var canvas = new SKCanvas(bitmap))
        using (var paint = new SKPaint { Color = SKColors.White })
        {
            canvas.DrawCircle(15, 15, 9, paint);
        }

        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 90);
        File.WriteAllBytes(_folder["mask.jpg"], data.ToArray());
        Complaint.Expect<InvalidDataException>(
            () => MaskReader.Read([_folder["mask.jpg"]]), "mask.jpg", "holds the values 0, 1,",
            "JPEG changes values", "as PNG", "-threshold 50%");
    }

    [Fact]
    public void No_masks_at_all_are_an_error()
        => Complaint.Expect<ArgumentException>(() => MaskReader.Read([]), "At least one");

    private string Mask(string name, params double[] values) =>
        new NiftiBytes { Type = 64, Values = values }.WriteTo(_folder[name + ".nii"]);
}
