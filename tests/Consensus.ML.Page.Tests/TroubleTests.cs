using Microsoft.Playwright;

namespace Consensus.ML.Page.Tests;

/// <summary>What the page does when something goes wrong: files, the server, the key, patience.</summary>
public sealed class TroubleTests(Browser browser)
{
    [Fact]
    public async Task A_broken_file_gets_the_servers_message_and_the_image_before_stays()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("good.nii.gz", TestImages.Slice());
        (int Width, int Height) canvas = await page.CanvasAsync();
        (double X, double Y)[] places =
        [
            .. from x in Enumerable.Range(1, 9)
               from y in Enumerable.Range(1, 9)
               select (canvas.Width * x / 10.0, canvas.Height * y / 10.0),
        ];
        int[][] before = await page.ColoursAsync(places);

        // The header promises 40 values, but half of the file is missing.
        byte[] whole = TestImages.Slice(compress: false);
        await page.ChooseAsync("#image-file", "broken.nii", whole[..^20]);
        await Assertions.Expect(page.Page.Locator("#message-text")).ToContainTextAsync("truncated");
        await Assertions.Expect(page.Page.Locator("#message-text")).ToHaveRoleAsync(AriaRole.Alert);
        Assert.Equal("good.nii.gz", await page.TextAsync("#file-name"));
        Assert.Equal(before, await page.ColoursAsync(places));
        await Assertions.Expect(page.Page.Locator("#level")).ToBeEnabledAsync();

        await page.ChooseAsync("#image-file", "letter.docx", "PK, but no image"u8.ToArray());
        await Assertions.Expect(page.Page.Locator("#message-text")).Not.ToContainTextAsync("truncated");
        await Assertions.Expect(page.Page.Locator("#message-text")).Not.ToBeEmptyAsync();
        Assert.Equal("good.nii.gz", await page.TextAsync("#file-name"));
        await page.PressAsync("Escape");
        await Assertions.Expect(page.Page.Locator("#message")).ToBeHiddenAsync();
        page.AssertQuiet();
    }

    [Fact]
    public async Task A_server_that_stops_is_named_and_used_again_when_it_is_back()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("first.nii.gz", TestImages.Slice());
        await server.StopAsync();

        await page.ChooseAsync("#image-file", "second.nii.gz", TestImages.Slice());
        await Assertions.Expect(page.Page.Locator("#message-text")).ToContainTextAsync("The server does not answer.");
        Assert.Equal("first.nii.gz", await page.TextAsync("#file-name"));

        await server.StartAgainAsync();
        await Assertions.Expect(page.Page.Locator("#message-text")).ToHaveTextAsync("The server answers again.");
        await page.Page.Locator("#retry").ClickAsync();
        await Assertions.Expect(page.Page.Locator("#file-name")).ToHaveTextAsync("second.nii.gz");
        await Assertions.Expect(page.Page.Locator("#level")).ToBeEnabledAsync();
        await Assertions.Expect(page.Page.Locator("#message")).ToBeHiddenAsync();
        page.AssertQuiet();
    }

    [Fact]
    public async Task The_key_is_asked_for_where_the_server_wants_one()
    {
        const string Key = "a-key-of-sixteen-and-more";
        await using PageServer server = await PageServer.StartAsync(options => options.ApiKey = Key);
        await using OpenPage page = await browser.OpenAsync(server.Address, hasKey: true);
        await Assertions.Expect(page.Page.Locator("#key-dialog")).ToBeVisibleAsync();
        await page.Page.Keyboard.TypeAsync("not-the-key");
        await page.PressAsync("Enter");
        await Assertions.Expect(page.Page.Locator("#key-note")).ToContainTextAsync("did not accept");
        await page.Page.Keyboard.TypeAsync(Key);
        await page.PressAsync("Enter");
        await Assertions.Expect(page.Page.Locator("#key-dialog")).ToBeHiddenAsync();
        await Assertions.Expect(page.Page.Locator("#card dt").First).ToBeVisibleAsync();
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        Assert.DoesNotContain(Key, await page.Page.ContentAsync(), StringComparison.Ordinal);
        page.AssertQuiet();
    }

    [Fact]
    public async Task A_prediction_that_takes_long_can_be_cancelled_and_ends_on_the_server_too()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        server.Model.Gate.Reset();
        await page.ChooseAsync("#image-file", "slice.nii.gz", TestImages.Slice());
        await Assertions.Expect(page.Page.Locator("#busy-text")).ToHaveTextAsync("Predicting…");
        await Assertions.Expect(page.Page.Locator("#screen")).ToHaveAttributeAsync("aria-busy", "true");

        Assert.True(SpinWait.SpinUntil(() => server.Model.Begun == 1, Browser.Patience), "The server does not begin.");

        // The image is there already, its maps are not.
        Assert.Equal("slice.nii.gz", await page.TextAsync("#file-name"));
        await page.Page.Locator("#cancel").ClickAsync();
        await Assertions.Expect(page.Page.Locator("#busy")).ToBeHiddenAsync();
        Assert.True(SpinWait.SpinUntil(() => server.Model.BrokenOff == 1, Browser.Patience), "The server goes on.");
        await Assertions.Expect(page.Page.Locator("#message")).ToBeHiddenAsync();
        await Assertions.Expect(page.Page.Locator("#level")).ToBeDisabledAsync();

        server.Model.Gate.Set();
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        page.AssertQuiet();
    }
}
