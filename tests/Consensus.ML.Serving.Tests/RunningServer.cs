using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Consensus.ML.Serving.Images;
using Consensus.ML.Serving.Prediction;
using Consensus.ML.Serving.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Consensus.ML.Serving.Tests;

/// <summary>The real server at a free port of this machine, with what it logs.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    /// <summary>Guards against a test that hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly WebApplication _app;

    private RunningServer(WebApplication app, ConcurrentQueue<string> log)
    {
        _app = app;
        Log = log;
        Client = new HttpClient { BaseAddress = Address, Timeout = Patience };
    }

    public Uri Address => new(_app.Urls.First());

    public HttpClient Client { get; }

    public ConcurrentQueue<string> Log { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a server whose model a test steers.</summary>
    public static Task<RunningServer> StartAsync(
        FakeModel fake,
        Action<ConsensusServingOptions>? configure = null,
        Action<ConsensusServerOptions>? server = null) => StartAsync(
            options =>
            {
                options.ModelPath = "fake.zip";
                options.Workers = 1;
                configure?.Invoke(options);
            },
            server,
            services => services
                .AddSingleton<IImageDecoder>(fake)
                .AddSingleton<IMapEncoder>(fake)
                .AddSingleton<Func<ConsensusServingOptions, Func<IMapPredictor>>>(_ => fake.Load));

    /// <summary>Starts a server.</summary>
    public static async Task<RunningServer> StartAsync(
        Action<ConsensusServingOptions> configure,
        Action<ConsensusServerOptions>? server = null,
        Action<IServiceCollection>? services = null)
    {
        var log = new ConcurrentQueue<string>();
        var options = new ConsensusServerOptions { Urls = { "http://127.0.0.1:0" } };
        server?.Invoke(options);
        WebApplication app = ConsensusServer.Create(options, configure, builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new Recorder(log));
            builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
            services?.Invoke(builder.Services);
        });
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new(app, log);
    }

    public Task StopAsync() => _app.StopAsync();

    /// <summary>Sends an image of the fake model.</summary>
    public Task<HttpResponseMessage> SendAsync(int number, string query = "", CancellationToken cancellation = default) =>
        SendAsync(Encoding.ASCII.GetBytes($"{number}"), query, null, cancellation);

    /// <summary>Sends an image.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        byte[] image,
        string query = "",
        string? accept = null,
        CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"v1/maps{query}") { Content = new ByteArrayContent(image) };
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        return await Client.SendAsync(request, cancellation);
    }

    /// <summary>A connection without a client between.</summary>
    public async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Address.Port);
        return client;
    }

    /// <summary>Sends bytes on a connection of their own and reads until the server closes it, or nothing comes any more.</summary>
    public async Task<string> ExchangeAsync(byte[] sent, bool halfClose = false)
    {
        using TcpClient connection = await ConnectAsync();
        NetworkStream stream = connection.GetStream();
        try
        {
            await stream.WriteAsync(sent);
        }
        catch (IOException)
        {
            // A server that refuses need not read to the end: its answer counts.
        }

        if (halfClose)
        {
            connection.Client.Shutdown(SocketShutdown.Send);
        }

        return await ReadAsync(stream);
    }

    /// <summary>Reads until the server closes the connection.</summary>
    public static async Task<string> ReadAsync(NetworkStream stream)
    {
        using var patience = new CancellationTokenSource(Patience);
        var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, patience.Token);
        }
        catch (IOException)
        {
            // A connection that is reset ends as well; what came before counts.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }

    /// <summary>Checks that a refusal is a ProblemDetails with this status; returns its detail.</summary>
    public static async Task<string> ProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        string body = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{(int)response.StatusCode}: {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using JsonDocument problem = JsonDocument.Parse(body);
        Assert.Equal((int)status, problem.RootElement.GetProperty("status").GetInt32());
        return problem.RootElement.TryGetProperty("detail", out JsonElement detail) ? detail.GetString()! : "";
    }

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        string body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {body}");
        using JsonDocument document = JsonDocument.Parse(body);
        return document.RootElement.Clone();
    }

    /// <summary>Waits for what happens on other threads.</summary>
    public static void WaitFor(Func<bool> condition, string what) => Assert.True(SpinWait.SpinUntil(condition, Patience), what);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }

    /// <summary>Leaves the signals of the test's process alone.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Recorder(ConcurrentQueue<string> log) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
