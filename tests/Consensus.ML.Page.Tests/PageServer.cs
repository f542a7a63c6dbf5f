using System.Net.Http.Headers;
using System.Text.Json;
using Consensus.ML.Serving;
using Consensus.ML.Serving.Prediction;
using Consensus.ML.Serving.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Consensus.ML.Page.Tests;

/// <summary>The real server with its page, around a model whose maps are known.</summary>
internal sealed class PageServer : IAsyncDisposable
{
    private readonly Action<ConsensusServerOptions> _configure;
    private WebApplication _app;

    private PageServer(HandMadeModel model, WebApplication app, Action<ConsensusServerOptions> configure)
    {
        (Model, _app, _configure) = (model, app, configure);
        Address = app.Urls.First();
    }

    public HandMadeModel Model { get; }

    public string Address { get; }

    public static async Task<PageServer> StartAsync(
        Action<ConsensusServerOptions>? configure = null,
        HandMadeModel? model = null)
    {
        model ??= new();
        configure ??= _ => { };
        return new(model, await StartAsync(model, "http://127.0.0.1:0", configure), configure);
    }

    /// <summary>What the server answers to an image, as a program would ask it.</summary>
    public async Task<JsonElement> MapsAsync(byte[] image)
    {
        byte[] answer = await SendAsync(image, "v1/maps?maps=soft,levels,uncertainty", "application/json");
        return JsonDocument.Parse(answer).RootElement;
    }

    public async Task<byte[]> SendAsync(byte[] image, string path, string accept)
    {
        using var client = new HttpClient { BaseAddress = new(Address), Timeout = Browser.Patience };
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(image) };
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        using HttpResponseMessage response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync();
    }

    public async Task StopAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Starts the server again at the address that it had.</summary>
    public async Task StartAgainAsync() => _app = await StartAsync(Model, Address, _configure);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task<WebApplication> StartAsync(HandMadeModel model, string url, Action<ConsensusServerOptions> configure)
    {
        var options = new ConsensusServerOptions { Urls = { url }, ShutdownTimeLimit = TimeSpan.FromSeconds(1) };
        configure(options);
        WebApplication app = ConsensusServer.Create(options, serving => serving.ModelPath = "hand-made.zip", builder =>
        {
            builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
            builder.Services.AddSingleton<Func<ConsensusServingOptions, Func<IMapPredictor>>>(_ => _ => () => model);
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>Leaves the signals of the test's process alone.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
