using Microsoft.Playwright;

namespace Consensus.ML.Page.Tests;

/// <summary>
/// Chromium as Debian installs it, started once for all tests; the variable CONSENSUS_CHROMIUM names another one. Where there is none, the
/// tests are skipped.
/// </summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Guards against a test that hangs.</summary>
    public static TimeSpan Patience => TimeSpan.FromSeconds(30);

    public async ValueTask InitializeAsync()
    {
        string? chosen = Environment.GetEnvironmentVariable("CONSENSUS_CHROMIUM");
        string? program = chosen is { Length: > 0 } ? chosen : Places.FirstOrDefault(File.Exists);
        if (program is null)
        {
            return;
        }

        Assertions.SetDefaultExpectTimeout((float)Patience.TotalMilliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = program,

            // Root, as in containers, has no sandbox. The others keep the browser from calling home.
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync",
            ],
            Timeout = (float)Patience.TotalMilliseconds,
        });
    }

    /// <summary>Opens the page of a server in a window of its own. Skips the test where there is no browser.</summary>
    /// <param name="address">The server's address.</param>
    /// <param name="options">The window; null for one of 1280×800 pixels.</param>
    /// <param name="hasKey">Whether the server wants a key, so that nothing of the model is shown yet.</param>
    public async Task<OpenPage> OpenAsync(string address, BrowserNewContextOptions? options = null, bool hasKey = false)
    {
        Assert.SkipWhen(_browser is null, "There is no Chromium: install Debian's package 'chromium', or set CONSENSUS_CHROMIUM.");
        IBrowserContext context = await _browser.NewContextAsync(options ?? new() { ViewportSize = new() { Width = 1280, Height = 800 } });
        context.SetDefaultTimeout((float)Patience.TotalMilliseconds);
        return await OpenPage.AtAsync(context, address, hasKey);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
