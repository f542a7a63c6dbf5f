using System.Text.Json;
using Microsoft.Playwright;

namespace Consensus.ML.Page.Tests;

/// <summary>What is drawn, pixel by pixel, against the numbers that the server gives to a program.</summary>
public sealed class PixelTests(Browser browser)
{
    private static readonly (int Row, int Column)[] Pixels =
        [.. from row in Enumerable.Range(0, TestImages.Height) from column in Enumerable.Range(0, TestImages.Width) select (row, column)];

    [Fact]
    public async Task Every_pixel_has_the_colour_of_the_soft_map_over_its_grey()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        await ShowAsync(page, level: false);
        float[] soft = await MapAsync(server, "soft");

        await AssertDrawnAsync(page, (row, column, at) => Expected.Colour(TestImages.Value(row, column), (0, 100), false, soft[at]));
        page.AssertQuiet();
    }

    [Fact]
    public async Task The_uncertainty_has_its_own_scale_up_to_its_largest_value()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        await ShowAsync(page, level: false);
        await page.PressAsync("u");
        await page.Page.Locator("#opacity").FillAsync("100");
        float[] uncertainty = await MapAsync(server, "uncertainty");
        double top = uncertainty.Max();

        await AssertDrawnAsync(page, (row, column, at) => Expected.Colour(
            TestImages.Value(row, column), (0, 100), false, uncertainty[at] / top, opacity: 1, isSoft: false));
        Assert.Equal("0.100", await page.TextAsync("#legend-high"));
        page.AssertQuiet();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Without_a_map_the_pixels_of_the_level_are_tinted_and_no_others(int level)
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        await ShowAsync(page, level: true);
        await page.PressAsync("s");
        await page.Page.Locator("#level").FillAsync($"{level}");
        float[] levels = await MapAsync(server, "levels");

        await AssertDrawnAsync(page, (row, column, at) => Expected.Colour(
            TestImages.Value(row, column), (0, 100), levels[((level - 1) * Pixels.Length) + at] > 0.5f, null));
        page.AssertQuiet();
    }

    [Fact]
    public async Task The_outline_of_the_level_runs_along_the_edges_of_its_pixels()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        await ShowAsync(page, level: true);
        await page.Page.Locator("#level").FillAsync("4");

        // By hand: above 87.5 lie (2,2) 95, (2,3) 90, (3,2) 88, (3,3) 99 and (4,7) 100.
        (int Width, int Height) canvas = await page.CanvasAsync();
        (double X, double Y)[] edges =
        [
            Between((2, 1), (2, 2), canvas), Between((1, 2), (2, 2), canvas), Between((3, 3), (3, 4), canvas),
            Between((3, 3), (4, 3), canvas), Between((4, 6), (4, 7), canvas), Between((3, 7), (4, 7), canvas),
        ];
        (double X, double Y)[] inside = [Between((2, 2), (2, 3), canvas), Between((2, 2), (3, 2), canvas), Between((2, 4), (2, 5), canvas)];

        Assert.All(await page.ColoursAsync(edges), colour => Assert.Equal([0, 224, 255], colour));
        Assert.All(await page.ColoursAsync(inside), colour => Assert.NotEqual([0, 224, 255], colour));
        page.AssertQuiet();
    }

    [Fact]
    public async Task A_slice_that_says_where_it_lies_is_turned_as_radiologists_look_at_it()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("placed.nii", TestImages.Placed());
        await ShowAsync(page, level: false);
        await page.PressAsync("s");

        // Rows lead to the body's right, which is the screen's left; columns lead to the front, which is up. Both directions are reversed
        // then, and rows and columns change places.
        (int Width, int Height) canvas = await page.CanvasAsync();
        (double X, double Y)[] places = [.. Pixels.Select(pixel => Expected.Place(
            TestImages.Width - 1 - pixel.Column,
            TestImages.Height - 1 - pixel.Row,
            (TestImages.Width, TestImages.Height),
            (1.5, 2),
            canvas))];
        int[][] drawn = await page.ColoursAsync(places);
        Assert.All(Pixels.Zip(drawn), one => Assert.Equal(
            Expected.Colour(TestImages.Value(one.First.Row, one.First.Column), (0, 100), false, null), one.Second));
        page.AssertQuiet();
    }

    [Fact]
    public async Task The_readout_names_the_pixel_under_the_mouse_and_the_wheel_keeps_it_there()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        LocatorBoundingBoxResult box = (await page.Page.Locator("#view").BoundingBoxAsync())!;
        (int Width, int Height) canvas = await page.CanvasAsync();
        (double x, double y) = Place(3, 2, canvas);
        await page.Page.Mouse.MoveAsync(box.X + (float)x, box.Y + (float)y);
        const string Read = "Row 3, column 2 · value 88 · soft map 0.880 · uncertainty 0.088";
        await Assertions.Expect(page.Page.Locator("#readout")).ToHaveTextAsync(Read);

        await page.Page.Mouse.WheelAsync(0, -600);
        await Assertions.Expect(page.Page.Locator("#readout")).ToHaveTextAsync(Read);

        // Dragged by a pixel to the right, the neighbour at the left comes under the mouse. A wheel of 600 enlarges by e^0.9.
        double pixel = Math.Exp(0.9) * (Place(0, 1, canvas).X - Place(0, 0, canvas).X);
        await page.Page.Mouse.DownAsync();
        await page.Page.Mouse.MoveAsync(box.X + (float)(x + pixel), box.Y + (float)y);
        await page.Page.Mouse.UpAsync();
        await page.Page.Mouse.MoveAsync(box.X + (float)x, box.Y + (float)y);
        await Assertions.Expect(page.Page.Locator("#readout")).ToContainTextAsync("Row 3, column 1 · value 30");
        page.AssertQuiet();
    }

    /// <summary>Chooses whether the level is drawn, and the full range of grey values, 0 to 100.</summary>
    private static async Task ShowAsync(OpenPage page, bool level)
    {
        await page.Page.Locator("#level-shown").SetCheckedAsync(level);
        await page.Page.Locator("#window-full").ClickAsync();
    }

    private static async Task<float[]> MapAsync(PageServer server, string map)
    {
        JsonElement answer = await server.MapsAsync(TestImages.Slice());
        return Expected.Values(answer.GetProperty("maps").GetProperty(map));
    }

    private static async Task AssertDrawnAsync(OpenPage page, Func<int, int, int, int[]> expected)
    {
        (int Width, int Height) canvas = await page.CanvasAsync();
        int[][] drawn = await page.ColoursAsync(Pixels.Select(pixel => Place(pixel.Row, pixel.Column, canvas)));
        for (int at = 0; at < Pixels.Length; at++)
        {
            (int row, int column) = Pixels[at];
            int[] colour = expected(row, column, at);
            Assert.True(
                colour.SequenceEqual(drawn[at]),
                $"Pixel ({row}, {column}) is drawn as {string.Join(' ', drawn[at])}, not as {string.Join(' ', colour)}.");
        }
    }

    private static (double X, double Y) Between((int Row, int Column) one, (int Row, int Column) other, (int Width, int Height) canvas)
    {
        (double x1, double y1) = Place(one.Row, one.Column, canvas);
        (double x2, double y2) = Place(other.Row, other.Column, canvas);
        return ((x1 + x2) / 2, (y1 + y2) / 2);
    }

    private static (double X, double Y) Place(int row, int column, (int Width, int Height) canvas) =>
        Expected.Place(row, column, (TestImages.Height, TestImages.Width), (2, 1.5), canvas);
}
