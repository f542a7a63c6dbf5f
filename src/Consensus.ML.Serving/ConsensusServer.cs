using System.Globalization;
using Consensus.ML.Serving.Http;
using Consensus.ML.Serving.Queueing;
using Consensus.ML.Serving.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Consensus.ML.Serving;

/// <summary>A whole server with a model, a page, health, and the description of its interface: what <c>consensus serve</c> runs.</summary>
public static class ConsensusServer
{
    private const int MostConnections = 512;

    /// <summary>
    /// Makes a server. It reads no configuration of its surroundings: neither files nor environment variables can make it listen elsewhere.
    /// </summary>
    /// <param name="options">Where it listens, and who may use it.</param>
    /// <param name="model">Says which model, and how much the server takes on.</param>
    /// <param name="configure">Adds services, such as logging, before the server's own; null for none.</param>
    /// <returns>
    /// The server, not started yet. Starting it loads the model. Endpoints that are added to it need the key as well, where there is one.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// An address cannot be listened at, is reached by other machines without <see cref="ConsensusServerOptions.ApiKey"/> or
    /// <see cref="ConsensusServerOptions.AllowAnonymous"/>, or the key is too short.
    /// </exception>
    /// <example>
    /// <code>
    /// WebApplication server = ConsensusServer.Create(
    ///     new ConsensusServerOptions { Urls = { "http://127.0.0.1:5080" } },
    ///     options => options.ModelPath = "brain-growth.zip",
    ///     host => host.Logging.AddConsole());
    /// server.Run();   // until Ctrl-C
    /// </code>
    /// </example>
    public static WebApplication Create(
        ConsensusServerOptions options,
        Action<ConsensusServingOptions> model,
        Action<WebApplicationBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(model);
        IList<string> urls = options.Urls.Count > 0 ? options.Urls : [ConsensusServerOptions.DefaultUrl];
        ListenAddress[] addresses = [.. urls.Select(ListenAddress.Parse)];
        ApiKey? key = options.ApiKey is { } given ? new(given) : null;
        EnsureGuarded(options, addresses);
        var serving = new ConsensusServingOptions();
        model(serving);
        serving.Check();

        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        configure?.Invoke(builder);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, serving, addresses));
        builder.Services.AddRoutingCore();
        builder.Services.AddConsensusModel(model);
        builder.Services.AddOpenApi("v1", document => document.AddDocumentTransformer((description, _, _) =>
        {
            description.Info = new()
            {
                Title = "Consensus.ML",
                Version = "v1",
                Description = "Predicts, for each pixel of an image, the share of experts who would mark it. For research; not a medical "
                    + "device.",
            };
            description.Servers = [];
            return Task.CompletedTask;
        }));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeLimit);
        WebApplication app = builder.Build();
        Map(app, new(key, addresses.All(address => address.IsLoopback) && key is null));
        return app;
    }

    private static void EnsureGuarded(ConsensusServerOptions options, ListenAddress[] addresses)
    {
        if (options.ShutdownTimeLimit <= TimeSpan.Zero)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(options.ShutdownTimeLimit)} is {options.ShutdownTimeLimit}; it must be above zero."));
        }

        if (options is { ApiKey: null, AllowAnonymous: false } && Array.Find(addresses, address => !address.IsLoopback) is { } open)
        {
            throw new ArgumentException(
                $"Other machines reach '{open.Url}', and there is no API key: set one, or allow everybody on purpose.");
        }
    }

    private static void Configure(KestrelServerOptions kestrel, ConsensusServingOptions serving, ListenAddress[] addresses)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.MaxRequestBodySize = serving.MaximumBodyBytes;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        foreach (ListenAddress address in addresses)
        {
            if (address.Address is { } ip)
            {
                kestrel.Listen(ip, address.Port);
            }
            else
            {
                kestrel.ListenLocalhost(address.Port);
            }
        }
    }

    private static void Map(WebApplication app, Guard guard)
    {
        ServingMetrics metrics = app.Services.GetRequiredService<ServingMetrics>();
        app.UseExceptionHandler(new ExceptionHandlerOptions { SuppressDiagnosticsCallback = _ => false });

        // Paths and methods that do not exist are refused in the same form as everything else.
        app.UseStatusCodePages();
        app.UseRouting();
        app.Use(async (context, next) =>
        {
            if (guard.Check(context) is { } refusal)
            {
                metrics.Refused(refusal.Reason);
                await Problems.WriteAsync(context, refusal);
                return;
            }

            await next(context);
        });
        app.MapConsensus("/v1");
        app.MapConsensusPage().WithMetadata(new OpenEndpoint());
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).WithMetadata(new OpenEndpoint());
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(ModelHealth.Tag) })
            .WithMetadata(new OpenEndpoint());
        app.MapOpenApi("/openapi/{documentName}.json");
    }
}
