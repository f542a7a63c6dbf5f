using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Playwright;

namespace Consensus.ML.Page.Tests;

/// <summary>The page in a window of the browser, and what a person does with it.</summary>
public sealed class OpenPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = [];

    private OpenPage(IBrowserContext context, IPage page) => (_context, Page) = (context, page);

    public IPage Page { get; }

    /// <summary>Opens the page, and writes down everything that must not happen on it.</summary>
    internal static async Task<OpenPage> AtAsync(IBrowserContext context, string address, bool hasKey)
    {
        IPage page = await context.NewPageAsync();
        var open = new OpenPage(context, page);
        page.PageError += (_, error) => open._complaints.Enqueue($"script: {error}");
        page.Console += (_, message) =>
        {
            // Refused requests are part of some tests. Everything else on the console is a mistake, a breach of the policy above all.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                open._complaints.Enqueue($"console: {message.Text}");
            }
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(address, StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
            {
                open._complaints.Enqueue($"asked elsewhere: {request.Url}");
            }
        };
        await page.GotoAsync(address);
        if (!hasKey)
        {
            await Assertions.Expect(page.Locator("#card dt").First).ToBeVisibleAsync();
        }

        return open;
    }

    /// <summary>Opens an image and waits for its maps.</summary>
    public async Task OpenImageAsync(string name, byte[] bytes)
    {
        await ChooseAsync("#image-file", name, bytes);
        await Assertions.Expect(Page.Locator("#level")).ToBeEnabledAsync();
        await Assertions.Expect(Page.Locator("#file-name")).ToHaveTextAsync(name);
        await Assertions.Expect(Page.Locator("#busy")).ToBeHiddenAsync();
    }

    /// <summary>Gives files to one of the page's two choices of files.</summary>
    public Task ChooseAsync(string input, string name, byte[] bytes) =>
        Page.Locator(input).SetInputFilesAsync(new FilePayload { Name = name, MimeType = "application/octet-stream", Buffer = bytes });

    /// <summary>Drops a file onto a part of the page.</summary>
    public async Task DropAsync(string place, string name, byte[] bytes)
    {
        IJSHandle files = await Page.EvaluateHandleAsync(
            """
            ([name, base64]) => {
              const files = new DataTransfer();
              files.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name));
              return files;
            }
            """,
            new[] { name, Convert.ToBase64String(bytes) });
        foreach (string type in (string[])["dragenter", "dragover", "drop"])
        {
            await Page.Locator(place).DispatchEventAsync(type, new { dataTransfer = files });
        }
    }

    /// <summary>Adds a rater's mask.</summary>
    public async Task AddMaskAsync(string name, byte[] bytes)
    {
        int before = await Page.Locator("#rater-rows tr").CountAsync();
        await ChooseAsync("#mask-file", name, bytes);
        await Assertions.Expect(Page.Locator("#rater-rows tr")).ToHaveCountAsync(before + 1);
        await Assertions.Expect(Page.Locator("#busy")).ToBeHiddenAsync();
    }

    /// <summary>The size of the canvas, in its own pixels.</summary>
    public async Task<(int Width, int Height)> CanvasAsync()
    {
        int[] size = await Page.EvaluateAsync<int[]>("() => { const c = document.getElementById('view'); return [c.width, c.height]; }");
        return (size[0], size[1]);
    }

    /// <summary>The colours that are drawn at places of the canvas, after the next frame: red, green and blue.</summary>
    public async Task<int[][]> ColoursAsync(IEnumerable<(double X, double Y)> places)
    {
        JsonElement? colours = await Page.EvaluateAsync(
            """
            async (places) => {
              await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
              const view = document.getElementById('view');
              const copy = Object.assign(document.createElement('canvas'), { width: view.width, height: view.height });
              const context = copy.getContext('2d', { willReadFrequently: true });
              context.drawImage(view, 0, 0);
              return places.map(([x, y]) => [...context.getImageData(Math.floor(x), Math.floor(y), 1, 1).data.slice(0, 3)]);
            }
            """,
            places.Select(place => new[] { place.X, place.Y }).ToArray());
        return [.. colours!.Value.EnumerateArray().Select(colour => colour.EnumerateArray().Select(part => part.GetInt32()).ToArray())];
    }

    public Task<string> TextAsync(string selector) => Page.Locator(selector).InnerTextAsync();

    public async Task PressAsync(params string[] keys)
    {
        foreach (string key in keys)
        {
            await Page.Keyboard.PressAsync(key);
        }
    }

    /// <summary>Fails where a script failed, the policy was breached, or something was asked of another server.</summary>
    public void AssertQuiet() => Assert.Empty(_complaints);

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
