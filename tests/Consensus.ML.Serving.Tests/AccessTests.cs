using System.Net;
using Consensus.ML.Serving.Settings;

namespace Consensus.ML.Serving.Tests;

/// <summary>Who may use a server.</summary>
public sealed class AccessTests
{
    private const string Key = "correct-horse-battery-staple";

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://192.168.1.7:5080")]
    public void An_address_that_other_machines_reach_needs_a_key_or_a_clear_word(string url)
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => Create(options => options.Urls.Add(url)));
        Assert.Contains($"reach '{url}'", refused.Message, StringComparison.Ordinal);
        Create(options =>
        {
            options.Urls.Add(url);
            options.AllowAnonymous = true;
        });
        Create(options =>
        {
            options.Urls.Add(url);
            options.ApiKey = Key;
        });
    }

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://[::1]:0")]
    [InlineData("http://localhost:5080")]
    public void An_address_of_this_machine_needs_none(string url) => Create(options => options.Urls.Add(url));

    // A name would make the server listen at every address, and so would '*'.
    [Theory]
    [InlineData("http://*:5080")]
    [InlineData("http://+:5080")]
    [InlineData("http://example.org:5080")]
    [InlineData("http://localhost.example.org:5080")]
    [InlineData("https://127.0.0.1:5080")]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://127.0.0.1:5080/path")]
    [InlineData("http://user@127.0.0.1:5080")]
    [InlineData("unix:/run/consensus.sock")]
    [InlineData("5080")]
    [InlineData("")]
    public void What_is_no_plain_address_is_refused_even_with_a_clear_word(string url) =>
        Assert.Throws<ArgumentException>(() => Create(options =>
        {
            options.Urls.Add(url);
            options.AllowAnonymous = true;
        }));

    [Theory]
    [InlineData("short")]
    [InlineData("long enough, but with spaces")]
    [InlineData("lang-genug-aber-mit-Umläuten")]
    public void A_key_that_is_weak_or_fits_no_header_is_refused_without_showing_it(string key)
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => Create(options => options.ApiKey = key));
        Assert.DoesNotContain(key, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_key_everything_but_health_and_the_page_needs_it()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel(), server: options => options.ApiKey = Key);
        foreach (string path in (string[])["v1/model", "openapi/v1.json", "v1/nothing"])
        {
            using HttpResponseMessage refused = await server.Client.GetAsync(new Uri(path, UriKind.Relative));
            await RunningServer.ProblemAsync(refused, HttpStatusCode.Unauthorized);
            Assert.Equal("Bearer", refused.Headers.WwwAuthenticate.Single().Scheme);
        }

        foreach (string path in (string[])["", "health/live", "health/ready"])
        {
            Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync(new Uri(path, UriKind.Relative))).StatusCode);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await server.SendAsync(1)).StatusCode);
        Assert.DoesNotContain(server.Log, line => line.Contains(Key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("X-Api-Key", Key, true)]
    [InlineData("Authorization", "Bearer " + Key, true)]
    [InlineData("authorization", "bearer " + Key, true)]
    [InlineData("X-Api-Key", Key + "x", false)]
    [InlineData("X-Api-Key", "correct-horse-battery-stapl", false)]
    [InlineData("X-Api-Key", "", false)]
    [InlineData("Authorization", "Basic " + Key, false)]
    [InlineData("Authorization", Key, false)]
    public async Task The_key_comes_in_either_header_and_must_be_the_whole_key(string header, string value, bool isRight)
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel(), server: options => options.ApiKey = Key);
        server.Client.DefaultRequestHeaders.TryAddWithoutValidation(header, value);
        Assert.Equal(isRight ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, (await server.SendAsync(1)).StatusCode);
        Assert.DoesNotContain(server.Log, line => line.Contains("battery", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_for_this_machine_answers_to_its_own_names_alone()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        Assert.Contains(" 200 ", await Get(server, "localhost"), StringComparison.Ordinal);
        Assert.Contains(" 200 ", await Get(server, $"127.0.0.1:{server.Address.Port}"), StringComparison.Ordinal);
        Assert.Contains(" 421 ", await Get(server, "rebound.example.org"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_of_another_site_may_not_send_images_from_its_visitors_browser()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        server.Client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");
        using HttpResponseMessage refused = await server.SendAsync(1);
        await RunningServer.ProblemAsync(refused, HttpStatusCode.Forbidden);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync(new Uri("", UriKind.Relative))).StatusCode);
    }

    private static async Task<string> Get(RunningServer server, string host) =>
        (await server.ExchangeAsync(System.Text.Encoding.ASCII.GetBytes(
            $"GET /v1/model HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))).Split('\n')[0];

    private static void Create(Action<ConsensusServerOptions> configure)
    {
        var options = new ConsensusServerOptions();
        configure(options);
        ((IDisposable)ConsensusServer.Create(options, model => model.ModelPath = "fake.zip")).Dispose();
    }
}
