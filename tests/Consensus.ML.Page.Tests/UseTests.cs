using System.Text.Json;
using Microsoft.Playwright;

namespace Consensus.ML.Page.Tests;

/// <summary>What a person does with the page: levels, masks, slices, downloads.</summary>
public sealed class UseTests(Browser browser)
{
    [Fact]
    public async Task The_level_moved_by_keys_tells_the_area_that_the_servers_map_has()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        JsonElement answer = await server.MapsAsync(TestImages.Slice());
        float[] levels = Expected.Values(answer.GetProperty("maps").GetProperty("levels"));
        int pixels = TestImages.Height * TestImages.Width;

        await page.Page.Locator("#level").FocusAsync();
        await page.PressAsync("Home");
        for (int level = 1; level <= HandMadeModel.Levels; level++)
        {
            // A pixel has 2 mm × 1.5 mm.
            double area = levels.Skip((level - 1) * pixels).Take(pixels).Count(value => value > 0.5f) * 3.0;
            string text = FormattableString.Invariant($"{area:0.0} mm²");
            Assert.Equal(text, await page.TextAsync(".level-area"));
            Assert.Equal(text, await page.TextAsync("#level-list .current .area"));
            Assert.StartsWith($"Level {level} of 4", await page.TextAsync("#level-text"), StringComparison.Ordinal);
            Assert.Contains(text, await page.Page.Locator("#level").GetAttributeAsync("aria-valuetext"), StringComparison.Ordinal);
            await page.PressAsync("ArrowRight");
        }

        // Counted by hand in the grid: above 12.5 lie 18 pixels, above 87.5 lie 5.
        Assert.Equal("54.0 mm²", await page.TextAsync("#level-list li:first-child .area"));
        Assert.Equal("15.0 mm²", await page.TextAsync(".level-area"));
        Assert.Contains("all 4 raters", await page.TextAsync("#level-text"), StringComparison.Ordinal);
        page.AssertQuiet();
    }

    [Fact]
    public async Task A_place_in_the_body_is_told_only_where_the_file_knows_it()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("placed.nii", TestImages.Placed());
        Assert.EndsWith(" mm", await page.TextAsync("#readout"), StringComparison.Ordinal);

        // Left and right of an identity affine would be made up.
        await page.OpenImageAsync("array.nii", TestImages.PlainArray());
        Assert.DoesNotContain("mm", await page.TextAsync("#readout"), StringComparison.Ordinal);
        page.AssertQuiet();
    }

    [Fact]
    public async Task Masks_are_scored_as_by_hand()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        await page.Page.Locator("#level").FillAsync("4");

        // Rater a marks the four pixels (2,2), (2,3), (3,2), (3,3). Level 4 marks them and (4,7): Dice = 2·4/(4 + 5) = 0.889.
        await page.AddMaskAsync("rater-a.nii", TestImages.Mask((row, column) => row is 2 or 3 && column is 2 or 3));

        // Rater b marks nothing: Dice = 1e-6/(5 + 1e-6) = 0.000.
        await page.AddMaskAsync("rater-b.nii", TestImages.Mask((_, _) => false));
        ILocator rows = page.Page.Locator("#rater-rows tr");
        await Assertions.Expect(rows.Nth(0).Locator("td").Nth(0)).ToHaveTextAsync("0.889");
        await Assertions.Expect(rows.Nth(1).Locator("td").Nth(0)).ToHaveTextAsync("0.000");

        // Soft Dice of rater a, who has 4 pixels. At least 0.1 are 18 pixels of the map: 8/22. At least 0.3 are 13 (40 55 41 60 95 90 70 30
        // 88 99 65 30 100): 8/17. At least 0.5 are 9 (55 60 95 90 70 88 99 65 100): 8/13. At least 0.7 are 6 (95 90 70 88 99 100): 8/10. At
        // least 0.9 are 4 (95 90 99 100), and 3 of them are the rater's: 6/8.
        double soft = ((8 / 22.0) + (8 / 17.0) + (8 / 13.0) + (8 / 10.0) + (6 / 8.0)) / 5;
        await Assertions.Expect(rows.Nth(0).Locator("td").Nth(1)).ToHaveTextAsync(FormattableString.Invariant($"{soft:0.000}"));

        // Both raters: half of them mark rater a's pixels, so that thresholds above a half find none of them.
        double both = ((8 / 22.0) + (8 / 17.0) + (8 / 13.0)) / 5;
        await Assertions.Expect(page.Page.Locator("#rater-all td").Nth(1)).ToHaveTextAsync(FormattableString.Invariant($"{both:0.000}"));
        page.AssertQuiet();
    }

    [Fact]
    public async Task Dropped_files_are_the_image_or_masks_by_where_they_fall()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.DropAsync("#view", "slice.nii.gz", TestImages.Slice());
        await Assertions.Expect(page.Page.Locator("#level")).ToBeEnabledAsync();
        await page.DropAsync("#masks-drop", "rater.nii", TestImages.Mask((row, _) => row == 2));
        await Assertions.Expect(page.Page.GetByLabel("Contour of rater.nii")).ToBeCheckedAsync();
        Assert.Equal("slice.nii.gz", await page.TextAsync("#file-name"));
        page.AssertQuiet();
    }

    [Fact]
    public async Task The_right_button_changes_the_window_of_grey_values()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        await page.Page.Locator("#window-full").ClickAsync();
        LocatorBoundingBoxResult box = (await page.Page.Locator("#view").BoundingBoxAsync())!;
        (float x, float y) = (box.X + (box.Width / 2), box.Y + (box.Height / 2));
        await page.Page.Mouse.MoveAsync(x, y);
        await page.Page.Mouse.DownAsync(new() { Button = MouseButton.Right });
        await page.Page.Mouse.MoveAsync(x + 300, y + 40);
        await page.Page.Mouse.UpAsync(new() { Button = MouseButton.Right });

        // The full range is 0 to 100, with the level 50. 400 pixels downwards are the whole range, so 40 are 10. 300 pixels to the right
        // make the width e times as large, but twice the range is the most.
        Assert.Equal("60", await page.TextAsync("#centre-text"));
        Assert.Equal("200", await page.TextAsync("#width-text"));
        page.AssertQuiet();
    }

    [Fact]
    public async Task Two_fingers_enlarge_what_is_between_them()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(
            server.Address, new() { HasTouch = true, ViewportSize = new() { Width = 1180, Height = 820 } });
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        await page.PressAsync("s", "l");
        await page.Page.Locator("#window-full").ClickAsync();
        LocatorBoundingBoxResult box = (await page.Page.Locator("#view").BoundingBoxAsync())!;
        (double x, double y) = (box.X + (box.Width / 2), box.Y + (box.Height / 2));
        ICDPSession session = await page.Page.Context.NewCDPSessionAsync(page.Page);
        await TouchAsync("touchStart", 50);
        await TouchAsync("touchMove", 100);
        await TouchAsync("touchEnd", null);

        // Twice as large around the middle.
        (int Width, int Height) canvas = await page.CanvasAsync();
        (int Row, int Column)[] pixels = [(1, 2), (1, 5), (2, 3), (3, 4)];
        (double X, double Y)[] places = [.. pixels.Select(pixel =>
        {
            (double left, double top) = Expected.Place(pixel.Row, pixel.Column, (TestImages.Height, TestImages.Width), (2, 1.5), canvas);
            return ((2 * left) - (canvas.Width / 2.0), (2 * top) - (canvas.Height / 2.0));
        })];
        Assert.Equal(
            pixels.Select(pixel => Expected.Colour(TestImages.Value(pixel.Row, pixel.Column), (0, 100), false, null)),
            await page.ColoursAsync(places));
        page.AssertQuiet();

        Task TouchAsync(string type, double? distance) => session.SendAsync("Input.dispatchTouchEvent", new Dictionary<string, object>
        {
            ["type"] = type,
            ["touchPoints"] = distance is { } apart
                ? new[] { new { x = x - apart, y, id = 0 }, new { x = x + apart, y, id = 1 } }
                : [],
        });
    }

    [Fact]
    public async Task A_contour_can_be_hidden_and_a_mask_removed()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        await page.PressAsync("l", "s");
        await page.AddMaskAsync("rater-a.nii", TestImages.Mask((row, column) => row == 1 && column == 1));

        // The edge between (1,1) and (1,2). The first rater's line is light green.
        (int Width, int Height) canvas = await page.CanvasAsync();
        (double x1, double y) = Expected.Place(1, 1, (TestImages.Height, TestImages.Width), (2, 1.5), canvas);
        double x = (x1 + Expected.Place(1, 2, (TestImages.Height, TestImages.Width), (2, 1.5), canvas).X) / 2;
        Assert.True(IsGreen((await page.ColoursAsync([(x, y)]))[0]));
        await page.Page.GetByLabel("Contour of rater-a.nii").UncheckAsync();
        Assert.False(IsGreen((await page.ColoursAsync([(x, y)]))[0]));
        await page.Page.GetByLabel("Contour of rater-a.nii").CheckAsync();
        await page.PressAsync("m");
        Assert.False(IsGreen((await page.ColoursAsync([(x, y)]))[0]));

        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Remove rater-a.nii" }).ClickAsync();
        await Assertions.Expect(page.Page.Locator("#raters")).ToBeHiddenAsync();
        page.AssertQuiet();

        static bool IsGreen(int[] colour) => colour[1] > colour[0] + 20 && colour[1] > colour[2] + 20;
    }

    [Fact]
    public async Task Masks_that_do_not_fit_are_named_and_the_others_taken()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        await page.Page.Locator("#mask-file").SetInputFilesAsync(
        [
            new FilePayload { Name = "volume.nii.gz", MimeType = "", Buffer = TestImages.Volume() },
            new FilePayload { Name = "grey.nii.gz", MimeType = "", Buffer = TestImages.Slice() },
            new FilePayload { Name = "good.nii", MimeType = "", Buffer = TestImages.Mask((row, _) => row == 2) },
        ]);

        await Assertions.Expect(page.Page.Locator("#rater-rows tr")).ToHaveCountAsync(1);
        ILocator message = page.Page.Locator("#message-text");
        await Assertions.Expect(message).ToContainTextAsync("2 masks were not taken.");
        await Assertions.Expect(message).ToContainTextAsync("volume.nii.gz: it has 9 slices of 5×8 pixels, but the image has 5×8 pixels.");
        await Assertions.Expect(message).ToContainTextAsync("grey.nii.gz: it has the values");
        page.AssertQuiet();
    }

    [Fact]
    public async Task A_mask_that_lies_elsewhere_in_space_is_not_drawn_where_it_does_not_belong()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("placed.nii", TestImages.Placed());

        // The same grid, stored from the other end: rows lead to the body's left, from where the image's last row lies.
        double[] mirrored = [-2, 0, 0, 2 * (TestImages.Height - 1), 0, 1.5, 0, 0, 0, 0, 3, 0];
        await page.ChooseAsync("#mask-file", "mirrored.nii", TestImages.Mask((row, _) => row == 1, mirrored));
        await Assertions.Expect(page.Page.Locator("#message-text")).ToContainTextAsync("mirrored.nii: it lies elsewhere in space");
        await Assertions.Expect(page.Page.Locator("#rater-rows tr")).ToHaveCountAsync(0);

        // Less than a tenth of a pixel is rounding.
        double[] rounded = [.. TestImages.Place];
        rounded[3] += 0.1;
        await page.AddMaskAsync("rounded.nii", TestImages.Mask((row, _) => row == 1, rounded));
        await Assertions.Expect(page.Page.Locator("#message")).ToBeHiddenAsync();
        page.AssertQuiet();
    }

    [Fact]
    public async Task The_slices_of_a_volume_are_gone_through_by_keys_and_slider()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("volume.nii.gz", TestImages.Volume());
        Assert.Equal("5 / 9", await page.TextAsync("#slice-text"));
        await page.Page.Locator("#view").FocusAsync();
        await page.PressAsync("Home");
        Assert.Equal("1 / 9", await page.TextAsync("#slice-text"));

        // Level 1 marks what is above 12.5. Slice s has values lower by 20·s: above 12.5, 32.5, 52.5, 72.5 and 92.5 of the grid, then none.
        int[] counts = [18, 11, 9, 5, 3, 0, 0, 0, 0];
        (int Width, int Height) canvas = await page.CanvasAsync();
        (double, double) place = Expected.Place(3, 3, (TestImages.Height, TestImages.Width), (2, 1.5), canvas);
        await page.PressAsync("s", "l");
        await page.Page.Locator("#window-full").ClickAsync();
        await page.Page.Locator("#view").FocusAsync();
        for (int slice = 0; slice < TestImages.Slices; slice++)
        {
            Assert.Equal(
                FormattableString.Invariant($"{counts[slice] * 3.0:0.0} mm²"), await page.TextAsync("#level-list li:first-child .area"));

            // Pixel (3,3) has 99, 79, 59 and so on.
            Assert.Equal(Expected.Colour(TestImages.Value(3, 3, slice), (0, 100), false, null), (await page.ColoursAsync([place]))[0]);
            await page.PressAsync("PageDown");
        }

        Assert.Equal("9 / 9", await page.TextAsync("#slice-text"));

        // All slices: 46 pixels of 1.5 × 2 × 3 mm are 414 mm³.
        await page.Page.Locator("#level").FillAsync("1");
        Assert.Contains("0.414 mL", await page.TextAsync("#level-volume"), StringComparison.Ordinal);
        await page.Page.Locator("#slice").FillAsync("2");
        Assert.Equal("2 / 9", await page.TextAsync("#slice-text"));
        page.AssertQuiet();
    }

    [Fact]
    public async Task A_file_of_few_planes_can_be_cut_into_slices()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("planes.nii.gz", TestImages.TwoPlanes());
        await Assertions.Expect(page.Page.Locator("#slices")).ToBeHiddenAsync();
        await Assertions.Expect(page.Page.Locator("#channel")).ToHaveTextAsync("Channel 1Channel 2");
        await page.Page.Locator("#axis").SelectOptionAsync("2");
        await Assertions.Expect(page.Page.Locator("#slice-text")).ToHaveTextAsync("1 / 2");
        await Assertions.Expect(page.Page.Locator("#channel-row")).ToBeHiddenAsync();
        page.AssertQuiet();
    }

    [Fact]
    public async Task A_map_is_downloaded_as_the_server_writes_it_and_the_view_as_it_is_drawn()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        byte[] image = TestImages.Slice();
        await page.OpenImageAsync("case 7.nii.gz", image);

        IDownload nifti = await page.Page.RunAndWaitForDownloadAsync(() => page.Page.Locator("#download-nifti").ClickAsync());
        Assert.Equal("case 7-soft.nii.gz", nifti.SuggestedFilename);
        Assert.Equal(await server.SendAsync(image, "v1/maps?maps=soft", "application/gzip"), await BytesAsync(nifti));

        IDownload png = await page.Page.RunAndWaitForDownloadAsync(() => page.Page.Locator("#download-png").ClickAsync());
        Assert.Equal("case 7-soft.png", png.SuggestedFilename);
        Assert.Equal(await server.SendAsync(image, "v1/maps?maps=soft", "image/png"), await BytesAsync(png));

        await page.Page.Locator("#download-map").SelectOptionAsync("levels");
        await Assertions.Expect(page.Page.Locator("#download-png")).ToBeDisabledAsync();

        IDownload view = await page.Page.RunAndWaitForDownloadAsync(() => page.Page.Locator("#download-view").ClickAsync());
        Assert.Equal("case 7-view.png", view.SuggestedFilename);
        byte[] picture = await BytesAsync(view);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], picture[..4]);
        page.AssertQuiet();
    }

    [Fact]
    public async Task Of_several_structures_the_chosen_one_is_shown_and_downloaded()
    {
        await using PageServer server = await PageServer.StartAsync(model: new HandMadeModel(("core", 4), ("outer  rim & all", 2)));
        await using OpenPage page = await browser.OpenAsync(server.Address);
        byte[] image = TestImages.Slice();
        await page.OpenImageAsync("slice.nii.gz", image);
        ILocator choice = page.Page.Locator("#structure");
        await Assertions.Expect(choice).ToHaveTextAsync("coreouter rim & all");
        await Assertions.Expect(page.Page.Locator("#card")).ToContainTextAsync("core (4 levels), outer rim & all (2 levels)");
        await Assertions.Expect(page.Page.Locator("#level-list li")).ToHaveCountAsync(4);

        // Above 12.5 lie 18 pixels of 3 mm². Of 100 − v, level 1 of 2 marks what is above 25: v below 75, which is all but 5 of 40 pixels.
        Assert.Equal("54.0 mm²", await page.TextAsync("#level-list li:first-child .area"));

        // A name may have two blanks.
        await choice.SelectOptionAsync("outer  rim & all");
        await Assertions.Expect(page.Page.Locator("#level-list li")).ToHaveCountAsync(2);
        Assert.Equal("105.0 mm²", await page.TextAsync("#level-list li:first-child .area"));
        IDownload file = await page.Page.RunAndWaitForDownloadAsync(() => page.Page.Locator("#download-nifti").ClickAsync());
        Assert.Equal("slice-outer  rim & all-soft.nii.gz", file.SuggestedFilename);
        Assert.Equal(
            await server.SendAsync(image, "v1/maps?maps=soft&structure=outer%20%20rim%20%26%20all", "application/gzip"),
            await BytesAsync(file));

        // While another structure is predicted, no maps of the one before are shown.
        server.Model.Gate.Reset();
        await choice.SelectOptionAsync("core");
        await Assertions.Expect(page.Page.Locator("#level-list li")).ToHaveCountAsync(0);
        await Assertions.Expect(page.Page.Locator("#download-nifti")).ToBeDisabledAsync();
        server.Model.Gate.Set();
        await Assertions.Expect(page.Page.Locator("#level-list li")).ToHaveCountAsync(4);
        page.AssertQuiet();
    }

    [Fact]
    public async Task What_named_raters_would_draw_is_shown_over_the_image_and_downloaded()
    {
        await using PageServer server = await PageServer.StartAsync(model: new HandMadeModel { Raters = ["Ann", "Bob"] });
        await using OpenPage page = await browser.OpenAsync(server.Address);
        byte[] image = TestImages.Slice();
        await Assertions.Expect(page.Page.Locator("#drawn")).ToBeHiddenAsync();
        await page.OpenImageAsync("slice.nii.gz", image);

        // Ann marks the 11 pixels above 30, and Bob the 7 above 60; a pixel has 3 mm².
        ILocator rows = page.Page.Locator("#drawn-rows tr");
        await Assertions.Expect(rows).ToHaveTextAsync(["Ann33.0 mm²", "Bob21.0 mm²"]);

        // No contour is there until one is asked for. The pixel of 100 in the corner stands alone: its left edge lies between two columns.
        await page.Page.Locator("#level-shown").UncheckAsync();
        await page.PressAsync("s");
        (int Width, int Height) canvas = await page.CanvasAsync();
        (double left, double y) = Expected.Place(4, 6, (TestImages.Height, TestImages.Width), (2, 1.5), canvas);
        (double right, _) = Expected.Place(4, 7, (TestImages.Height, TestImages.Width), (2, 1.5), canvas);
        int[] plain = await EdgeAsync();
        await page.Page.GetByLabel("What Ann would draw").CheckAsync();
        Assert.NotEqual(plain, await EdgeAsync());
        await page.Page.Locator("#drawn-none").ClickAsync();
        Assert.Equal(plain, await EdgeAsync());
        await Assertions.Expect(page.Page.GetByLabel("What Ann would draw")).Not.ToBeCheckedAsync();
        await page.Page.Locator("#drawn-all").ClickAsync();
        await Assertions.Expect(page.Page.GetByLabel("What Bob would draw")).ToBeCheckedAsync();

        // Several masks are no PNG. The file is the server's.
        await page.Page.Locator("#download-map").SelectOptionAsync("raters");
        await Assertions.Expect(page.Page.Locator("#download-png")).ToBeDisabledAsync();
        IDownload file = await page.Page.RunAndWaitForDownloadAsync(() => page.Page.Locator("#download-nifti").ClickAsync());
        Assert.Equal("slice-raters.nii.gz", file.SuggestedFilename);
        Assert.Equal(await server.SendAsync(image, "v1/maps?maps=raters", "application/gzip"), await BytesAsync(file));

        // The next image has what was chosen.
        await page.OpenImageAsync("volume.nii.gz", TestImages.Volume());
        await Assertions.Expect(page.Page.GetByLabel("What Bob would draw")).ToBeCheckedAsync();
        page.AssertQuiet();

        async Task<int[]> EdgeAsync() => (await page.ColoursAsync([((left + right) / 2, y)]))[0];
    }

    [Fact]
    public async Task A_model_of_one_structure_offers_no_choice()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await Assertions.Expect(page.Page.Locator("#structure-row")).ToBeHiddenAsync();
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        await Assertions.Expect(page.Page.Locator("#drawn")).ToBeHiddenAsync();
        await Assertions.Expect(page.Page.Locator("#download-raters")).ToHaveAttributeAsync("disabled", "");
        page.AssertQuiet();
    }

    private static async Task<byte[]> BytesAsync(IDownload download) => await File.ReadAllBytesAsync(await download.PathAsync());
}
