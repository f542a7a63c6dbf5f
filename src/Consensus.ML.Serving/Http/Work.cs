using System.Diagnostics;
using Consensus.ML.Serving.Images;
using Consensus.ML.Serving.Queueing;
using Consensus.ML.Serving.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Consensus.ML.Serving.Http;

/// <summary>What requests with an image go through.</summary>
/// <param name="Options">The bounds.</param>
/// <param name="Queue">Their queue.</param>
/// <param name="Metrics">What is counted.</param>
/// <param name="Stopping">Cancelled when the server begins nothing new.</param>
internal sealed record Intake(
    ConsensusServingOptions Options, RequestQueue Queue, ServingMetrics Metrics, CancellationToken Stopping);

/// <summary>The way of a request with an image: a place in the queue, the body, a turn, the work. Each part has its own refusal.</summary>
internal static class Work
{
    /// <summary>Leads a request to its turn, and runs its work then.</summary>
    /// <param name="context">The request.</param>
    /// <param name="intake">The queue that it goes through, and the bounds.</param>
    /// <param name="work">The work; its token ends with the client or the time limit.</param>
    /// <param name="answer">Writes the answer. The turn is over then, the place is not.</param>
    public static async Task RunAsync<T>(
        HttpContext context,
        Intake intake,
        Func<ImageBytes, CancellationToken, Task<T>> work,
        Func<T, Task> answer)
    {
        (ConsensusServingOptions options, RequestQueue queue, ServingMetrics metrics, CancellationToken stopping) = intake;
        if (stopping.IsCancellationRequested)
        {
            throw new Refusal(StatusCodes.Status503ServiceUnavailable, "stopping", "The server is shutting down and begins nothing new.")
            {
                RetryAfter = TimeSpan.FromSeconds(10),
                Header = (HeaderNames.Connection, "close"),
            };
        }

        RequestBody.Check(context.Request, options);
        using IDisposable place = queue.TryEnter() ?? throw new Refusal(
            StatusCodes.Status429TooManyRequests, "queue-full",
            $"The server predicts {options.Workers} request(s) at a time, and {options.QueueLength} wait already: try again later.")
        {
            RetryAfter = queue.Estimate,
        };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(options.TimeLimit);
        string stage = Body;
        T result;
        try
        {
            ImageBytes image = await RequestBody.ReadAsync(context.Request, options, limit.Token);
            stage = Queue;
            long begun = Stopwatch.GetTimestamp();
            using IDisposable turn = await queue.TakeTurnAsync(limit.Token);
            metrics.Waited(Stopwatch.GetElapsedTime(begun));
            stage = Prediction;
            result = await work(image, limit.Token);
        }
        catch (OperationCanceledException exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw OutOfTime(stage, options.TimeLimit, queue, exception);
        }

        await answer(result);
    }

    private const string Body = "body", Queue = "queue", Prediction = "prediction";

    private static Refusal OutOfTime(string stage, TimeSpan limit, RequestQueue queue, Exception inner)
    {
        string after = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"within {limit.TotalSeconds:0.###} s");
        return stage switch
        {
            Body => new(StatusCodes.Status408RequestTimeout, "slow-body", $"The body did not arrive {after}.", inner),
            Queue => new(StatusCodes.Status503ServiceUnavailable, "waited-too-long", $"The request did not get its turn {after}.", inner)
            {
                RetryAfter = queue.Estimate,
            },
            _ => new(
                StatusCodes.Status504GatewayTimeout, "took-too-long",
                $"The maps were not predicted {after}; fewer generations, sampling steps or slices take less.", inner),
        };
    }
}
