using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Consensus.ML.Benchmarks;

/// <summary>
/// Clients that ask a running server (<c>consensus serve</c>) for maps, one request after another: how many answers it gives, how long they
/// take, whether the same image always gets the same bytes, and how much memory the server's process holds.
/// </summary>
internal static partial class ServerLoad
{
    // Long enough for a request that waits behind all others.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Asks for some time, and prints a row for each twelfth of it.</summary>
    /// <param name="address">Where the server listens.</param>
    /// <param name="clients">Requests that are under way at a time.</param>
    /// <param name="time">How long to ask.</param>
    /// <param name="images">The files that are sent, in turn.</param>
    /// <returns>Whether every answer was a map, and each image always got the same one.</returns>
    public static async Task<bool> MeasureAsync(Uri address, int clients, TimeSpan time, IReadOnlyList<string> images)
    {
        using var client = new HttpClient { BaseAddress = address, Timeout = Patience };
        if (Environment.GetEnvironmentVariable("CONSENSUS_API_KEY") is { Length: > 0 } key)
        {
            client.DefaultRequestHeaders.Add("X-Api-Key", key);
        }

        byte[][] bodies = [.. images.Select(File.ReadAllBytes)];
        string[] expected = new string[bodies.Length];
        for (int image = 0; image < bodies.Length; image++)
        {
            expected[image] = await AskAsync(client, bodies[image]);
        }

        Console.WriteLine("| minutes | maps | maps a second | median, ms | p99, ms | failed | different | server, MB |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        var all = new Round();
        var clock = Stopwatch.StartNew();
        for (int part = 1; part <= 12; part++)
        {
            TimeSpan begin = clock.Elapsed, end = time * part / 12;
            var round = new Round();
            await Task.WhenAll(Enumerable.Range(0, clients).Select(async number =>
            {
                for (int image = number % bodies.Length; clock.Elapsed < end; image = (image + 1) % bodies.Length)
                {
                    long begun = Stopwatch.GetTimestamp();
                    string? answer = await TryAskAsync(client, bodies[image]);
                    round.Add(Stopwatch.GetElapsedTime(begun), answer is null, answer is not null && answer != expected[image]);
                }
            }));
            all.Add(round);
            await PrintAsync(client, clock.Elapsed, clock.Elapsed - begin, round);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{clients} clients, {clock.Elapsed.TotalMinutes:0.0} minutes: {all.Times.Count} maps, "
            + $"{all.Times.Count / clock.Elapsed.TotalSeconds:0.00} a second, median {all.Quantile(0.5):0} ms, "
            + $"p99 {all.Quantile(0.99):0} ms, {all.Failed} failed, {all.Different} different."));
        return all is { Failed: 0, Different: 0 };
    }

    private static async Task PrintAsync(HttpClient client, TimeSpan elapsed, TimeSpan taken, Round round)
    {
        string metrics = await client.GetStringAsync(new Uri("metrics", UriKind.Relative));
        double memory = WorkingSet().Match(metrics) is { Success: true } match
            ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) / 1e6
            : double.NaN;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {elapsed.TotalMinutes:0.0} | {round.Times.Count} | {round.Times.Count / taken.TotalSeconds:0.00} | "
            + $"{round.Quantile(0.5):0} | {round.Quantile(0.99):0} | {round.Failed} | {round.Different} | {memory:0} |"));
    }

    private static async Task<string?> TryAskAsync(HttpClient client, byte[] image)
    {
        try
        {
            return await AskAsync(client, image);
        }
        catch (HttpRequestException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return null;
        }
    }

    /// <summary>The hash of the soft map that an image gets.</summary>
    private static async Task<string> AskAsync(HttpClient client, byte[] image)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/maps") { Content = new ByteArrayContent(image) };
        request.Headers.Accept.ParseAdd("application/octet-stream");
        using HttpResponseMessage answer = await client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return Convert.ToHexString(SHA256.HashData(await answer.Content.ReadAsByteArrayAsync()));
    }

    [GeneratedRegex(@"^dotnet_process_memory_working_set(?:_bytes)?\{?[^}\n]*\}? ([0-9.eE+]+)", RegexOptions.Multiline)]
    private static partial Regex WorkingSet();

    /// <summary>What several clients saw.</summary>
    private sealed class Round
    {
        private readonly Lock _lock = new();

        public List<double> Times { get; } = [];

        public int Failed { get; private set; }

        public int Different { get; private set; }

        public void Add(TimeSpan time, bool failed, bool different)
        {
            lock (_lock)
            {
                Times.Add(time.TotalMilliseconds);
                Failed += failed ? 1 : 0;
                Different += different ? 1 : 0;
            }
        }

        public void Add(Round other)
        {
            Times.AddRange(other.Times);
            Failed += other.Failed;
            Different += other.Different;
        }

        public double Quantile(double share) =>
            Times.Count == 0 ? double.NaN : Times.Order().ElementAt(Math.Min(Times.Count - 1, (int)(share * Times.Count)));
    }
}
