using System.Net;

namespace Consensus.ML.Serving.Tests;

/// <summary>What a server takes on, in which order, and what it turns away.</summary>
public sealed class QueueTests
{
    [Fact]
    public async Task Requests_begin_in_the_order_in_which_they_came()
    {
        var fake = new FakeModel();
        fake.Gate.Reset();
        await using RunningServer server = await RunningServer.StartAsync(fake);
        var sent = new List<Task<HttpResponseMessage>>();
        for (int number = 1; number <= 8; number++)
        {
            sent.Add(server.SendAsync(number));
            int inside = number;
            RunningServer.WaitFor(() => Waiting(server) + fake.Begun.Count == inside, $"Request {number} did not arrive.");
        }

        Assert.Equal([1], fake.Begun);
        fake.Gate.Set();
        HttpResponseMessage[] answers = await Task.WhenAll(sent);
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], fake.Begun);
    }

    [Fact]
    public async Task A_request_beyond_the_queue_is_turned_away_at_once_and_told_when_to_come_again()
    {
        var fake = new FakeModel();
        fake.Gate.Reset();
        await using RunningServer server = await RunningServer.StartAsync(fake, options => options.QueueLength = 2);
        Task<HttpResponseMessage>[] inside = [.. Enumerable.Range(1, 3).Select(number => server.SendAsync(number))];
        RunningServer.WaitFor(() => Waiting(server) == 2, "Two requests should wait.");
        using HttpResponseMessage refused = await server.SendAsync(4);
        string detail = await RunningServer.ProblemAsync(refused, HttpStatusCode.TooManyRequests);
        Assert.Contains("2 wait already", detail, StringComparison.Ordinal);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        fake.Gate.Set();
        Assert.All(await Task.WhenAll(inside), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.DoesNotContain(4, fake.Begun);
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync(5)).StatusCode);
    }

    [Fact]
    public async Task As_many_are_predicted_at_a_time_as_there_are_workers()
    {
        var fake = new FakeModel();
        fake.Gate.Reset();
        await using RunningServer server = await RunningServer.StartAsync(fake, options => options.Workers = 2);
        Task<HttpResponseMessage>[] sent = [.. Enumerable.Range(1, 3).Select(number => server.SendAsync(number))];
        RunningServer.WaitFor(() => fake.Begun.Count == 2 && Waiting(server) == 1, "Two should run and one wait.");
        fake.Gate.Set();
        Assert.All(await Task.WhenAll(sent), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
    }

    [Fact]
    public async Task A_client_that_goes_ends_its_prediction_and_leaves_the_queue()
    {
        var fake = new FakeModel();
        fake.Gate.Reset();
        await using RunningServer server = await RunningServer.StartAsync(fake);
        using var going = new CancellationTokenSource();
        Task<HttpResponseMessage> running = server.SendAsync(1, cancellation: going.Token);
        RunningServer.WaitFor(() => fake.Begun.Count == 1, "The first should run.");
        Task<HttpResponseMessage> waiting = server.SendAsync(2, cancellation: going.Token);
        RunningServer.WaitFor(() => Waiting(server) == 1, "The second should wait.");
        Task<HttpResponseMessage> staying = server.SendAsync(3);
        RunningServer.WaitFor(() => Waiting(server) == 2, "The third should wait.");
        await going.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        RunningServer.WaitFor(() => fake.BrokenOff.Contains(1) && fake.Begun.Contains(3), "The third should have its turn.");
        fake.Gate.Set();
        Assert.Equal(HttpStatusCode.OK, (await staying).StatusCode);
        Assert.Equal([1, 3], fake.Begun);
        Assert.DoesNotContain(server.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_prediction_beyond_the_time_limit_is_broken_off_and_one_that_waited_so_long_is_told_so()
    {
        var fake = new FakeModel();
        fake.Gate.Reset();
        await using RunningServer server = await RunningServer.StartAsync(fake, options => options.TimeLimit = TimeSpan.FromSeconds(1.5));
        Task<HttpResponseMessage> running = server.SendAsync(1);
        RunningServer.WaitFor(() => fake.Begun.Count == 1, "The first should run.");
        using HttpResponseMessage first = await running;
        Assert.Contains("within 1.5 s", await RunningServer.ProblemAsync(first, HttpStatusCode.GatewayTimeout), StringComparison.Ordinal);
        Assert.Equal([1], fake.BrokenOff);
        fake.Gate.Set();
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync(2)).StatusCode);
    }

    [Fact]
    public async Task A_request_that_does_not_get_its_turn_in_time_is_told_to_come_again()
    {
        // The first is at work beyond its own limit, as in one pass of a large network, which nothing interrupts.
        var fake = new FakeModel { IsDeaf = true };
        fake.Gate.Reset();
        await using RunningServer server = await RunningServer.StartAsync(fake, options => options.TimeLimit = TimeSpan.FromSeconds(1));
        Task<HttpResponseMessage> running = server.SendAsync(1);
        RunningServer.WaitFor(() => fake.Begun.Count == 1, "The first should run.");
        using HttpResponseMessage waited = await server.SendAsync(2);
        string detail = await RunningServer.ProblemAsync(waited, HttpStatusCode.ServiceUnavailable);
        Assert.Contains("its turn within 1 s", detail, StringComparison.Ordinal);
        Assert.NotNull(waited.Headers.RetryAfter);
        fake.Gate.Set();
        Assert.Equal(HttpStatusCode.OK, (await running).StatusCode);
        Assert.Equal([1], fake.Begun);
    }

    [Fact]
    public async Task A_server_that_stops_finishes_what_is_inside_and_takes_nothing_new()
    {
        var fake = new FakeModel();
        fake.Gate.Reset();
        await using RunningServer server = await RunningServer.StartAsync(fake);
        Task<HttpResponseMessage>[] inside = [server.SendAsync(1), server.SendAsync(2)];
        RunningServer.WaitFor(() => fake.Begun.Count == 1 && Waiting(server) == 1, "One should run and one wait.");
        Task stopping = server.StopAsync();
        var service = (ConsensusService)server.Services.GetService(typeof(ConsensusService))!;
        RunningServer.WaitFor(() => service.Stopping.IsCancellationRequested, "The server should stop.");
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => server.SendAsync(3));
        Assert.False(stopping.IsCompleted);
        fake.Gate.Set();
        Assert.All(await Task.WhenAll(inside), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        await stopping.WaitAsync(RunningServer.Patience);
        Assert.Equal([1, 2], fake.Begun.Order());
    }

    [Fact]
    public async Task A_server_that_stops_breaks_off_what_takes_longer_than_its_limit()
    {
        var fake = new FakeModel();
        fake.Gate.Reset();
        await using RunningServer server = await RunningServer.StartAsync(
            fake, server: options => options.ShutdownTimeLimit = TimeSpan.FromSeconds(1));
        Task<HttpResponseMessage> running = server.SendAsync(1);
        RunningServer.WaitFor(() => fake.Begun.Count == 1, "It should run.");
        await server.StopAsync().WaitAsync(RunningServer.Patience);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => running);
        RunningServer.WaitFor(() => fake.BrokenOff.Count == 1, "It should be broken off.");
    }

    private static long Waiting(RunningServer server) =>
        ((ConsensusService)server.Services.GetService(typeof(ConsensusService))!).Queue.Waiting;
}
