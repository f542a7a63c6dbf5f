using System.Net;

namespace Consensus.ML.Serving.Tests;

/// <summary>How the files of the page are served.</summary>
public sealed class PageTests
{
    [Fact]
    public async Task The_page_may_load_and_call_nothing_but_its_own_server()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        using HttpResponseMessage page = await server.Client.GetAsync(new Uri("", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        string policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("Not a medical device", await page.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_browser_asks_each_time_and_is_told_that_nothing_changed()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        using HttpResponseMessage first = await server.Client.GetAsync(new Uri("index.html", UriKind.Relative));
        Assert.True(first.Headers.CacheControl?.NoCache);
        using var request = new HttpRequestMessage(HttpMethod.Get, "index.html");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using HttpResponseMessage second = await server.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("/../Consensus.ML.Serving.dll")]
    [InlineData("/..%2f..%2fetc%2fpasswd")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/index.html%00.js")]
    [InlineData("/Page/index.html")]
    [InlineData("//etc/passwd")]
    public async Task No_path_leads_out_of_the_page(string path)
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        string answer = await server.ExchangeAsync(System.Text.Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        Assert.Matches("^HTTP/1.1 (404|400) ", answer);
    }
}
