using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Consensus.ML.Page.Tests;

/// <summary>Everybody can use the page: by keyboard, by finger, in light and in dark.</summary>
public sealed class AccessTests(Browser browser)
{
    [Fact]
    public async Task Everything_is_reached_and_used_by_the_keyboard_alone()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);

        // Playwright asks the browser for choices of files once somebody listens, and does not wait until it does: listen early.
        page.Page.FileChooser += (_, _) => { };
        await TabToAsync(page, "open");
        IFileChooser chooser = await page.Page.RunAndWaitForFileChooserAsync(() => page.PressAsync("Enter"));
        Assert.True(chooser.IsMultiple);
        await chooser.SetFilesAsync(new FilePayload { Name = "slice.nii.gz", MimeType = "", Buffer = TestImages.Slice() });
        await Assertions.Expect(page.Page.Locator("#level")).ToBeEnabledAsync();
        await page.AddMaskAsync("rater.nii", TestImages.Mask((row, _) => row == 2));

        string[] all = await page.Page.EvaluateAsync<string[]>(
            """
            () => [...document.querySelectorAll('button, input, select, canvas[tabindex], abbr[tabindex]')]
              .filter((one) => one.checkVisibility() && !one.disabled && one.closest('fieldset:disabled') === null)
              .filter((one) => one.type !== 'radio' || one.checked)
              .map((one, at) => one.id || (one.id = `without-id-${at}`))
            """);
        var reached = new HashSet<string>(StringComparer.Ordinal);
        await page.Page.EvaluateAsync("() => document.activeElement.blur()");
        for (int press = 0; press < all.Length + 5; press++)
        {
            await page.PressAsync("Tab");
            string[] focus = await page.Page.EvaluateAsync<string[]>(
                """
                () => {
                  const one = document.activeElement;
                  const seen = [one, one.parentElement].some((part) => getComputedStyle(part).outlineStyle !== 'none');
                  return [one.id, seen ? 'seen' : 'not seen'];
                }
                """);
            reached.Add(focus[0]);
            Assert.True(focus[1] == "seen" || focus[0].Length == 0, $"The focus on '{focus[0]}' cannot be seen.");
        }

        Assert.Empty(all.Except(reached));
        Assert.True(all.Length > 20, $"Only {all.Length} controls were looked at.");
        page.AssertQuiet();
    }

    [Fact]
    public async Task Keys_zoom_move_turn_and_change_what_is_shown()
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(server.Address);
        await page.OpenImageAsync("slice.nii.gz", TestImages.Slice());
        await page.Page.Locator("#view").FocusAsync();

        // The middle of 5×8 pixels is the edge above and left of (2,4). Zoomed in and moved by keys, another pixel is read out.
        await page.PressAsync("+", "+", "+");
        string before = await page.TextAsync("#readout");
        Assert.StartsWith("Row 2, column", before, StringComparison.Ordinal);
        await page.PressAsync([.. Enumerable.Repeat("ArrowRight", 4), .. Enumerable.Repeat("ArrowDown", 5)]);
        Assert.NotEqual(before, await page.TextAsync("#readout"));
        await page.PressAsync("0", "u");
        Assert.True(await page.Page.Locator("input[value=uncertainty]").IsCheckedAsync());
        await page.PressAsync("u");
        Assert.True(await page.Page.Locator("input[value=none]").IsCheckedAsync());
        await page.PressAsync("s", "[");
        Assert.True(await page.Page.Locator("input[value=soft]").IsCheckedAsync());
        Assert.StartsWith("Level 2 of 4", await page.TextAsync("#level-text"), StringComparison.Ordinal);
        string centre = await page.TextAsync("#centre-text");
        await page.PressAsync("b", "b");
        Assert.NotEqual(centre, await page.TextAsync("#centre-text"));

        await page.PressAsync("?");
        await Assertions.Expect(page.Page.Locator("#help")).ToBeVisibleAsync();
        await page.Page.Locator("#keys-on").UncheckAsync();
        await page.PressAsync("Escape");
        await Assertions.Expect(page.Page.Locator("#help")).ToBeHiddenAsync();
        await page.PressAsync("u");
        Assert.True(await page.Page.Locator("input[value=soft]").IsCheckedAsync());
        page.AssertQuiet();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Axe_finds_nothing_in_light_and_in_dark(ColorScheme scheme)
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(
            server.Address, new() { ColorScheme = scheme, ViewportSize = new() { Width = 1280, Height = 800 } });
        Assert.Empty(await ViolationsAsync(page));
        await page.OpenImageAsync("volume.nii.gz", TestImages.Volume());
        await page.ChooseAsync("#mask-file", "broken.nii", [1, 2, 3]);
        await Assertions.Expect(page.Page.Locator("#message")).ToBeVisibleAsync();
        Assert.Empty(await ViolationsAsync(page));
        await page.PressAsync("?");
        Assert.Empty(await ViolationsAsync(page));

        // The system's colours are followed.
        int[] back = await page.Page.EvaluateAsync<int[]>(
            "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)");
        Assert.Equal(scheme == ColorScheme.Light, back[0] > 128);
        await page.PressAsync("Escape", "t");
        Assert.Equal("light", await page.Page.EvaluateAsync<string>("() => document.documentElement.dataset.theme"));
        page.AssertQuiet();
    }

    [Theory]
    [InlineData(820, 1180)]
    [InlineData(1180, 820)]
    [InlineData(390, 844)]
    public async Task Fingers_find_large_targets_and_nothing_hangs_over_the_edge(int width, int height)
    {
        await using PageServer server = await PageServer.StartAsync();
        await using OpenPage page = await browser.OpenAsync(
            server.Address,
            new() { HasTouch = true, IsMobile = true, DeviceScaleFactor = 2, ViewportSize = new() { Width = width, Height = height } });
        await page.OpenImageAsync("volume.nii.gz", TestImages.Volume());
        await page.AddMaskAsync("rater.nii.gz", TestImages.VolumeMask());
        string[] small = await page.Page.EvaluateAsync<string[]>(
            """
            () => [...document.querySelectorAll('button, input, select, .check')]
              .filter((one) => one.checkVisibility() && one.type !== 'file')
              .map((one) => [one, (one.closest('label') ?? one).getBoundingClientRect()])
              .filter(([, box]) => box.height < 44 || box.width < 44)
              .map(([one, box]) => `${one.id || one.outerHTML.slice(0, 60)}: ${box.width}×${box.height}`)
            """);
        Assert.Empty(small);
        Assert.Equal(0, await page.Page.EvaluateAsync<int>("() => Math.max(0, document.documentElement.scrollWidth - innerWidth)"));

        // As many pixels as the screen has.
        Assert.Equal(
            await page.Page.EvaluateAsync<int>("() => Math.round(2 * document.getElementById('view').getBoundingClientRect().width)"),
            (await page.CanvasAsync()).Width);
        page.AssertQuiet();
    }

    private static async Task TabToAsync(OpenPage page, string id)
    {
        for (int press = 0; press < 20; press++)
        {
            await page.PressAsync("Tab");
            if (await page.Page.EvaluateAsync<string>("() => document.activeElement.id") == id)
            {
                return;
            }
        }

        Assert.Fail($"'{id}' is not reached with Tab.");
    }

    /// <summary>What axe finds against WCAG 2.2 at level AA, with the elements.</summary>
    private static async Task<string[]> ViolationsAsync(OpenPage page)
    {
        AxeResult result = await page.Page.RunAxe(new AxeRunOptions
        {
            RunOnly = new RunOnlyOptions
            {
                Type = "tag",
                Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
            },
        });
        return [.. result.Violations.SelectMany(rule => rule.Nodes.Select(node => $"{rule.Id}: {node.Html}"))];
    }
}
