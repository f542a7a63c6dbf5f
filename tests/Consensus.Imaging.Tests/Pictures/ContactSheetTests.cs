using Consensus.Imaging.Cases;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Pictures;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Pictures;

/// <summary>
/// A contact sheet draws each case at its place in the order. Tiles have 184 pixels with gaps of 14, below a title and a legend.
/// </summary>
public sealed class ContactSheetTests : IDisposable
{
    private const int Left = 16, Top = 16 + 34 + 22 + 14, Across = 184 + 14, Down = 184 + 34 + 14;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Cases_stand_in_rows()
    {
        // Five cases: ⌈√(1.3 · 5)⌉ = 3 in a row. In the second case, the right half is bright; in the others, the left half.
        RaterCase[] cases = [Case("a", true), Case("b", false), Case("c", true), Case("d", true), Case("e", true)];
        RgbImage sheet = Assert.Single(ContactSheet.Draw(cases, new() { Title = "five" }));
        Assert.Equal((2 * 16) + (3 * 184) + (2 * 14), sheet.Width);
        Assert.Equal(Top + (2 * (184 + 34)) + 14 + 16, sheet.Height);
        Assert.Equal([true, false, true, true, true], Enumerable.Range(0, 5).Select(i => IsBrightOnTheLeft(sheet, i / 3, i % 3)));
    }

    [Fact]
    public void The_cases_that_raters_disagree_on_come_first_where_that_is_asked_for()
    {
        RaterCase[] cases =
        [
            Case("agreed", true, "1111000000000000", "1111000000000000"), Case("disputed", false, "1111000000000000", "0000111100000000"),
            Case("alone", true, "1111000000000000"),
        ];
        RgbImage given = ContactSheet.Draw(cases).Single(),
            sorted = ContactSheet.Draw(cases, new() { Order = ContactSheetOrder.Agreement }).Single();
        Assert.Equal([true, false], [IsBrightOnTheLeft(given, 0, 0), IsBrightOnTheLeft(given, 0, 1)]);
        Assert.Equal([false, true], [IsBrightOnTheLeft(sorted, 0, 0), IsBrightOnTheLeft(sorted, 0, 1)]);
    }

    [Fact]
    public void A_rater_has_the_same_line_in_every_case()
    {
        // Only rater B drew in the second case. The line still has the second colour.
        RaterCase[] cases =
        [
            Case("both", true, "1111111100000000", "1111000000000000"), Case("one", true, "1111000000000000") with { RaterNames = ["B"] },
        ];
        RgbImage sheet = ContactSheet.Draw(cases).Single();
        (int, int, int) orange = (230, 159, 0), skyBlue = (86, 180, 233);
        Assert.True(sheet.Count(orange, Top, Left, 184, 184) > 0 && sheet.Count(skyBlue, Top, Left, 184, 184) > 0);
        Assert.True(sheet.Count(orange, Top, Left + Across, 184, 184) == 0 && sheet.Count(skyBlue, Top, Left + Across, 184, 184) > 0);
    }

    [Fact]
    public void A_large_set_takes_several_sheets_and_a_limit_fewer()
    {
        RaterCase one = Case("a", true);
        RaterCase[] cases = [.. Enumerable.Range(1, 101).Select(number => one with { Name = $"case{number}" })];
        RgbImage[] sheets = [.. ContactSheet.Draw(cases)];
        Assert.Equal(2, sheets.Length);
        Assert.Equal(Top + (10 * Down) - 14 + 16, sheets[0].Height);
        Assert.Equal((sheets[0].Width, Top + Down - 14 + 16), (sheets[1].Width, sheets[1].Height));
        Assert.Single(ContactSheet.Draw(cases, new() { Limit = 3 }));
    }

    [Fact]
    public void Sheets_are_drawn_as_they_are_asked_for()
    {
        RaterCase one = Case("a", true);
        RaterCase[] cases = [.. Enumerable.Repeat(one, 100), one with { Name = "broken", ImagePaths = [_folder["none.nii"]] }];
        using IEnumerator<RgbImage> sheets = ContactSheet.Draw(cases).GetEnumerator();
        Assert.True(sheets.MoveNext());
        Complaint.Expect<FileNotFoundException>(() => sheets.MoveNext(), "none.nii");
    }

    [Fact]
    public void What_cannot_be_drawn_is_refused()
    {
        Complaint.Expect<ArgumentException>(() => ContactSheet.Draw([]), "no case");
        RaterCase one = Case("a", true), wide = Case("wide", true);
        Complaint.Expect<ArgumentOutOfRangeException>(() => ContactSheet.Draw([one], new() { Limit = 0 }), "0 cases", "at least 1");
        NiftiFile.WriteSlice(wide.AnnotationPaths[0], new Slice(1, 4, 5, new float[20]));
        Complaint.Expect<InvalidDataException>(() => Assert.Single(ContactSheet.Draw([wide])), "'wide'", "4×5", "4×4");
    }

    /// <summary>A case of 4 × 4 pixels. Two columns are bright. The masks are given as rows of digits.</summary>
    private RaterCase Case(string name, bool brightOnTheLeft, params string[] masks)
    {
        masks = masks.Length == 0 ? ["0000000000000000"] : masks;
        string image = _folder[$"{name}.nii"];
        NiftiFile.WriteSlice(image, new Slice(1, 4, 4, [.. Enumerable.Range(0, 16).Select(i => i % 4 < 2 == brightOnTheLeft ? 9f : 0f)]));
        string[] paths = [.. masks.Select((_, rater) => _folder[$"{name}-{rater}.nii"])];
        for (int rater = 0; rater < masks.Length; rater++)
        {
            NiftiFile.WriteSlice(paths[rater], new Slice(1, 4, 4, [.. masks[rater].Select(digit => (float)(digit - '0'))]));
        }

        return new(name, [image], paths, [.. "ABCD"[..masks.Length].Select(letter => letter.ToString())]);
    }

    private static bool IsBrightOnTheLeft(RgbImage sheet, int row, int column) =>
        sheet.At(Top + (row * Down) + 150, Left + (column * Across) + 20).Green > sheet.At(
            Top + (row * Down) + 150, Left + (column * Across) + 164).Green;
}
