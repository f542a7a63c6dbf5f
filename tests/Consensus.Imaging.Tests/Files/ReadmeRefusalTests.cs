using System.Text.RegularExpressions;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Files;

/// <summary>The messages that data-schemas/README.md lists are correct word for word. An ellipsis in the list matches any text.</summary>
public sealed partial class ReadmeRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Every_refusal_in_the_table_is_what_is_said()
    {
        string readme = File.ReadAllText(Path.Combine(RepositoryFolder.Find(), "data-schemas", "README.md"));
        (string What, string Said)[] rows = [.. Row().Matches(readme).Select(match => (match.Groups[1].Value, match.Groups[2].Value))];
        Dictionary<string, Action> attempts = Attempts();
        Assert.Equal(attempts.Keys.Order(), rows.Select(row => row.What).Order());
        foreach ((string what, string said) in rows)
        {
            Exception refusal = Assert.ThrowsAny<Exception>(attempts[what]);
            string pattern = $"^{Regex.Escape(said).Replace("…", ".*", StringComparison.Ordinal)}$";
            Assert.Matches(pattern, refusal.Message.Replace(_folder.Root + Path.DirectorySeparatorChar, "", StringComparison.Ordinal));
        }
    }

    public void Dispose() => _folder.Dispose();

    private Dictionary<string, Action> Attempts() => new()
    {
        ["a volume, where no slice is named"] = () => SliceReader.Read(
            Nifti("scan.nii", new() { Dimensions = [4, 4, 20], Values = new double[320] })),
        ["a time series or more than 8 channels"] = () => NiftiFile.ReadSlice(
            Nifti("bold.nii", new() { Dimensions = [2, 2, 3, 100], Values = new double[1200] }), axis: 2, index: 0),
        ["colour in NIfTI"] = () => SliceReader.Read(Nifti("colour.nii", new() { Type = 128 })),
        ["complex numbers"] = () => SliceReader.Read(Nifti("phase.nii", new() { Type = 32 })),
        ["a file cut short"] = () => SliceReader.Read(Nifti("cut.nii", new() { Dimensions = [100, 100] })),
        ["ANALYZE 7.5"] = () =>
        {
            Write("old.img", new byte[6]);
            SliceReader.Read(Nifti("old.hdr", new() { Magic = "\0\0\0" }));
        },
        ["DICOM"] = () => SliceReader.Read(Write("slice.dcm", [.. new byte[128], .. "DICM"u8, .. new byte[400]])),
        ["a mask that is a JPEG"] = () => MaskReader.Read([Jpeg("mask.jpg")]),
        ["a mask with labels"] = () => MaskReader.Read([Nifti("labels.nii", new())]),
        ["a mask on another grid"] = () => MaskReader.Read(
            [Nifti("mask.nii", new()
            {
                Sform = 1,
                Rows = [1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0],
                PixelDimensions = [1, 1, 2, 1, 1, 1, 1, 1],
                Values = [0, 1, 1, 0, 0, 1],
            })],
            Nifti("image.nii", new() { Sform = 1, Rows = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] })),
        ["masks of two sizes"] = () => MaskReader.Read([
            Nifti("ann.nii", new() { Values = [0, 1, 1, 0, 0, 1] }),
            Nifti("ben.nii", new() { Dimensions = [3, 3], Values = [0, 1, 1, 0, 0, 1, 1, 1, 1] }),
        ]),
    };

    private string Nifti(string name, NiftiBytes bytes) => Write(name, bytes.SingleFile());

    private string Jpeg(string name)
    {
        using var bitmap = new SkiaSharp.SKBitmap(16, 16);
        using (var canvas = new SkiaSharp.SKCanvas(bitmap))
        {
            using var white = new SkiaSharp.SKPaint { Color = SkiaSharp.SKColors.White };
            canvas.Clear(SkiaSharp.SKColors.Black);
            canvas.DrawCircle(8, 8, 5, white);
        }

        using SkiaSharp.SKData data = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Jpeg, 80);
        return Write(name, data.ToArray());
    }

    private string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(_folder[name], bytes);
        return _folder[name];
    }

    // A row of the table has three cells: the problem, the message, and what to do.
    [GeneratedRegex(@"^\| ([^|`]+) \| `([^|]+)` \| [^|]+ \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
