using System.CommandLine;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Serving;
using Consensus.ML.Serving.Queueing;
using Consensus.ML.Serving.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Consensus.ML.Cli.Serving;

/// <summary><c>consensus serve</c>: a model that stays loaded, and answers over HTTP.</summary>
internal static class ServeCommand
{
    private const string KeyVariable = "CONSENSUS_API_KEY";

    public static Command Create(Terminal terminal)
    {
        Option<string> model = ModelArguments.Model();
        var urls = new Option<string[]>("--urls")
        {
            Description = $"Addresses to listen at. Default: {ConsensusServerOptions.DefaultUrl}, which this machine alone reaches; any "
                + $"other needs --api-key-file, the variable {KeyVariable} or --allow-anonymous. Port 0 takes a free one.",
            HelpName = "http://ADDRESS:PORT",
            AllowMultipleArgumentsPerToken = true,
        };
        var keyFile = new Option<string?>("--api-key-file")
        {
            Description = "File with the key that clients must show, as X-Api-Key or Authorization: Bearer; at least 16 characters. "
                + $"Default: the variable {KeyVariable}, where it is set.",
            HelpName = "FILE",
        };
        var anonymous = new Option<bool>("--allow-anonymous")
        {
            Description = "Let everybody use the server who reaches it, without a key.",
        };
        var defaults = new ConsensusServingOptions();
        Option<int?> workers = OptionKinds.Whole(
            "--workers", "k",
            "Requests predicted at a time; each has a copy of the model, and they share the cores. "
            + "Default: the number of cores, at most 4.",
            1, 64);
        Option<int?> queue = OptionKinds.Whole(
            "--queue", "N", $"Requests that may wait; those beyond are refused with 429. Default {defaults.QueueLength}.", 0, 10_000);
        Option<int?> limit = OptionKinds.Whole(
            "--time-limit", "S",
            $"Seconds that a request may take, with its wait. Default {(int)defaults.TimeLimit.TotalSeconds}.",
            1, 86_400);
        Option<int?> body = OptionKinds.Whole(
            "--max-body", "MB", $"Largest body in megabytes. Default {defaults.MaximumBodyBytes >> 20}.", 1, 2047);
        Option<string?> device = DeviceOption.Create();
        var command = new CommandWithExamples(
            "serve",
            "Serve a model over HTTP: images in, maps out, and a page to look at them.",
            "consensus serve --model brain-growth.zip",
            "consensus serve --model brain-growth.zip --urls http://0.0.0.0:5080 --api-key-file key.txt")
        {
            model, urls, keyFile, anonymous, workers, queue, limit, body, device,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.Require(model!);
            LoadedModel.EnsureExists(path);
            var options = new ConsensusServerOptions
            {
                ApiKey = KeyOf(parsed.GetValue(keyFile)),
                AllowAnonymous = parsed.GetValue(anonymous),
            };
            foreach (string url in parsed.GetValue(urls) ?? [])
            {
                options.Urls.Add(url);
            }

            return Run(terminal, parsed.IsVerbose(), path, options, serving =>
            {
                serving.ModelPath = path;
                serving.Device = parsed.GetValue(device);
                serving.Workers = parsed.GetValue(workers) ?? defaults.Workers;
                serving.QueueLength = parsed.GetValue(queue) ?? defaults.QueueLength;
                serving.TimeLimit = parsed.GetValue(limit) is { } seconds ? TimeSpan.FromSeconds(seconds) : defaults.TimeLimit;
                serving.MaximumBodyBytes = parsed.GetValue(body) is { } megabytes ? (long)megabytes << 20 : defaults.MaximumBodyBytes;
            });
        });
        return command;
    }

    private static int Run(
        Terminal terminal,
        bool verbose,
        string path,
        ConsensusServerOptions options,
        Action<ConsensusServingOptions> configure)
    {
        WebApplication server = CreateServer(terminal, verbose, options, configure);
        using var interruption = new Interruption(_ => terminal.Out.WriteLine("Stopping: what has begun is finished first."));
        using var ended = new ManualResetEventSlim();
        try
        {
            server.StartAsync(interruption.Token).GetAwaiter().GetResult();
            server.Lifetime.ApplicationStopping.Register(ended.Set);
            interruption.Token.Register(ended.Set);
            terminal.Out.WriteLine(
                $"Serving {path} at {string.Join(", ", server.Urls)}. For research; not a medical device. Ctrl-C ends it.");
            terminal.Out.Flush();
            ended.Wait();
            server.StopAsync().GetAwaiter().GetResult();
        }
        finally
        {
            server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        return ExitCode.Success;
    }

    private static WebApplication CreateServer(
        Terminal terminal,
        bool verbose,
        ConsensusServerOptions options,
        Action<ConsensusServingOptions> configure)
    {
        try
        {
            WebApplication server = ConsensusServer.Create(options, configure, builder =>
            {
                builder.Logging.SetMinimumLevel(verbose ? LogLevel.Information : LogLevel.Warning).AddProvider(new TerminalLog(terminal));
                builder.Services.AddSingleton<IHostLifetime, ForeignLifetime>();
                builder.Services.AddOpenTelemetry()
                    .ConfigureResource(resource => resource.AddService("consensus", autoGenerateServiceInstanceId: false))
                    .WithMetrics(metrics => metrics.AddMeter(ServingMeter.Name, "System.Runtime").AddPrometheusExporter());
            });
            server.MapPrometheusScrapingEndpoint("/metrics");
            return server;
        }
        catch (ArgumentException exception)
        {
            string hint = options is { ApiKey: null, AllowAnonymous: false }
                ? $" (--api-key-file and {KeyVariable} set a key, --allow-anonymous lets everybody in)"
                : "";
            throw new UsageException(Failure.Describe(exception) + hint);
        }
    }

    private static string? KeyOf(string? file)
    {
        if (file is not null)
        {
            // A file that an editor or echo wrote ends with a line break.
            return File.ReadAllText(file).Trim();
        }

        return Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key ? key : null;
    }

    /// <summary>Signals are the command's, not the host's: see <see cref="Interruption"/>.</summary>
    private sealed class ForeignLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
