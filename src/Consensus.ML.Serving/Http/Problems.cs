using System.Globalization;
using Consensus.ML.Serving.Images;
using Consensus.ML.Serving.Queueing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Consensus.ML.Serving.Http;

/// <summary>Runs an endpoint, and turns each failure into a ProblemDetails with the right status and the library's own message.</summary>
internal sealed partial class Problems(ServingMetrics metrics, ILogger<Problems> log)
{
    // What nginx writes into its log for a client that went before its answer; it is in metrics alone, for nobody is there to receive it.
    private const int ClientClosedRequest = 499;

    /// <summary>Runs the work of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="endpoint">The name of the endpoint, for the metrics.</param>
    /// <param name="work">The work. It writes its answer only once it has all of it.</param>
    public async Task RunAsync(HttpContext context, string endpoint, Func<Task> work)
    {
        try
        {
            await work();
            metrics.Answered(endpoint, context.Response.StatusCode);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            metrics.Refused("client-gone");
            metrics.Answered(endpoint, ClientClosedRequest);
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            Refusal refusal = ForException(exception);
            metrics.Refused(refusal.Reason);
            metrics.Answered(endpoint, refusal.Status);
            if (refusal.Status == StatusCodes.Status500InternalServerError)
            {
                Failed(endpoint, exception);
            }

            await WriteAsync(context, refusal);
        }
    }

    /// <summary>Writes a refusal.</summary>
    public static Task WriteAsync(HttpContext context, Refusal refusal)
    {
        context.Response.Clear();
        context.Response.Headers.CacheControl = "no-store";
        if (refusal.Header is { } header)
        {
            context.Response.Headers[header.Name] = header.Value;
        }

        if (refusal.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = ((long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return Results.Problem(refusal.Message, statusCode: refusal.Status).ExecuteAsync(context);
    }

    /// <summary>What a failure means to the client.</summary>
    private static Refusal ForException(Exception exception) => exception switch
    {
        Refusal refusal => refusal,
        UnknownFormatException => new(StatusCodes.Status415UnsupportedMediaType, "unknown-format", exception.Message, exception),
        InvalidDataException => new(StatusCodes.Status400BadRequest, "bad-image", exception.Message, exception),

        // .NET appends the name of a parameter, which means nothing to a client.
        ArgumentException { ParamName: { } name } => new(
            StatusCodes.Status400BadRequest, "bad-option",
            exception.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal), exception),
        ArgumentException => new(StatusCodes.Status400BadRequest, "bad-option", exception.Message, exception),
        InvalidOperationException => new(StatusCodes.Status400BadRequest, "bad-image", exception.Message, exception),
        OutOfMemoryException => new(
            StatusCodes.Status503ServiceUnavailable, "no-memory", "There is not enough memory for this image now.", exception)
        {
            RetryAfter = TimeSpan.FromSeconds(10),
        },
        _ => new(StatusCodes.Status500InternalServerError, "failure", "The server failed. Its log says more.", exception),
    };

    [LoggerMessage(LogLevel.Error, "A request to {Endpoint} failed.")]
    private partial void Failed(string endpoint, Exception exception);
}
