using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Consensus.ML.Serving.Images;
using Consensus.ML.Serving.Prediction;
using Consensus.ML.Serving.Settings;
using Consensus.ML.Tests.Shared;
using Microsoft.Extensions.DependencyInjection;

namespace Consensus.ML.Serving.Tests;

/// <summary>Requests that nobody sends by accident, over sockets of their own: each is refused, and the server goes on.</summary>
public sealed class HostileTests
{
    private const string FortyLetters = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Part = "--b\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\n";

    [Theory]
    [InlineData("no boundary", "multipart/form-data", "x")]
    [InlineData("an empty boundary", "multipart/form-data; boundary=\"\"", "x")]
    [InlineData("a boundary of 80 letters", "multipart/form-data; boundary=" + FortyLetters + FortyLetters, "x")]
    [InlineData("no part", "multipart/form-data; boundary=b", "nothing of the kind")]
    [InlineData("no end", "multipart/form-data; boundary=b", Part + "7")]
    [InlineData("no name", "multipart/form-data; boundary=b", "--b\r\n\r\n7\r\n--b--\r\n")]
    [InlineData("a broken header", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition form-data\r\n\r\n7\r\n--b--\r\n")]
    [InlineData("an empty part", "multipart/form-data; boundary=b", Part + "\r\n--b--\r\n")]
    public async Task A_malformed_form_is_refused(string what, string type, string body)
    {
        await using RunningServer server = await StartAsync();
        string answer = await server.ExchangeAsync(Post(body, type));
        Assert.True(answer.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal), $"{what}: {answer}");
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
        await AssertAlive(server);
    }

    [Fact]
    public async Task A_part_with_endless_headers_is_refused()
    {
        await using RunningServer server = await StartAsync();
        string body = "--b\r\n" + string.Concat(Enumerable.Repeat("X-A: " + new string('a', 1000) + "\r\n", 100)) + "\r\n7\r\n--b--\r\n";
        string answer = await server.ExchangeAsync(Post(body, "multipart/form-data; boundary=b"));
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        await AssertAlive(server);
    }

    [Theory]
    [InlineData("GARBAGE\r\n\r\n")]
    [InlineData("GET / HTTP/9.9\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("POST /v1/maps HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n")]
    [InlineData("POST /v1/maps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde")]
    [InlineData("POST /v1/maps HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\nabc\r\n0\r\n\r\n")]
    [InlineData("\0\0\0\0\0\0\0\0\r\n\r\n")]
    public async Task Garbage_for_http_is_refused_and_the_connection_closed(string sent)
    {
        await using RunningServer server = await StartAsync();
        string answer = await server.ExchangeAsync(Encoding.ASCII.GetBytes(sent));
        Assert.Matches(@"^HTTP/1\.1 (400|505) ", answer);
        await AssertAlive(server);
    }

    [Fact]
    public async Task Http_1_0_is_answered_and_closed()
    {
        await using RunningServer server = await StartAsync();
        string answer = await server.ExchangeAsync("GET /v1/model HTTP/1.0\r\n\r\n"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        string post = await server.ExchangeAsync("POST /v1/maps HTTP/1.0\r\n\r\n"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 400 ", post, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endless_headers_and_lines_are_refused()
    {
        await using RunningServer server = await StartAsync();
        string headers = string.Concat(Enumerable.Range(0, 200).Select(number => $"X-{number}: {new string('a', 500)}\r\n"));
        Assert.StartsWith(
            "HTTP/1.1 431 ", await server.ExchangeAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "HTTP/1.1 414 ", await server.ExchangeAsync(Encoding.ASCII.GetBytes($"GET /{new string('a', 20_000)} HTTP/1.1\r\n\r\n")),
            StringComparison.Ordinal);
        await AssertAlive(server);
    }

    [Fact]
    public async Task A_body_that_announces_too_much_is_refused_before_it_is_sent()
    {
        await using RunningServer server = await StartAsync(options => options.MaximumBodyBytes = 1000);
        string answer = await server.ExchangeAsync(
            Encoding.ASCII.GetBytes("POST /v1/maps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("more than 1000 bytes", answer, StringComparison.Ordinal);
        await AssertAlive(server);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_announces_nothing_is_cut_where_it_becomes_too_long(bool isForm)
    {
        await using RunningServer server = await StartAsync(options => options.MaximumBodyBytes = 10_000);
        string type = isForm ? "multipart/form-data; boundary=b" : "image/png";
        string body = (isForm ? Part : "") + new string('7', 12_000);

        // The last chunk never comes. A client of HttpClient could still be writing when the server has answered and closed.
        string answer = await server.ExchangeAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/maps HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nTransfer-Encoding: chunked\r\n\r\n"
            + $"{body.Length:x}\r\n{body}\r\n"));
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
        await AssertAlive(server);
    }

    [Fact]
    public async Task A_body_that_trickles_is_cut_off_and_gives_its_place_back()
    {
        await using RunningServer server = await StartAsync(options =>
        {
            options.QueueLength = 0;
            options.BodyGrace = TimeSpan.FromSeconds(1.1);
        });

        // On a machine that does other work, the body may be cut off before anybody has seen that it holds the place. Then another tries.
        bool held = false;
        for (int attempt = 0; attempt < 20 && !held; attempt++)
        {
            using TcpClient slow = await server.ConnectAsync();
            NetworkStream stream = slow.GetStream();
            await stream.WriteAsync("POST /v1/maps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n7"u8.ToArray());
            Task<string> answer = RunningServer.ReadAsync(stream);
            while (!held && !answer.IsCompleted)
            {
                held = await Busy(server);
            }

            Assert.StartsWith("HTTP/1.1 408 ", await answer, StringComparison.Ordinal);
        }

        Assert.True(held, "The slow body should hold the only place.");
        await AssertAlive(server);

        static async Task<bool> Busy(RunningServer server) => (await server.SendAsync(1)).StatusCode == HttpStatusCode.TooManyRequests;
    }

    [Fact]
    public async Task A_body_that_keeps_the_rate_but_not_the_time_is_cut_off_too()
    {
        await using RunningServer server = await StartAsync(options =>
        {
            options.TimeLimit = TimeSpan.FromSeconds(1);
            options.MinimumBytesPerSecond = 0;
        });
        using TcpClient slow = await server.ConnectAsync();
        NetworkStream stream = slow.GetStream();
        await stream.WriteAsync("POST /v1/maps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n7"u8.ToArray());
        string answer = await RunningServer.ReadAsync(stream);
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("did not arrive within 1 s", answer, StringComparison.Ordinal);
        await AssertAlive(server);
    }

    [Fact]
    public async Task A_request_half_sent_and_closed_gives_its_place_back()
    {
        await using RunningServer server = await StartAsync(options => options.QueueLength = 0);
        for (int attempt = 0; attempt < 20; attempt++)
        {
            using TcpClient half = await server.ConnectAsync();
            await half.GetStream().WriteAsync("POST /v1/maps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n7"u8.ToArray());
            half.LingerState = new LingerOption(true, 0); // a reset, as when a cable is pulled
        }

        RunningServer.WaitFor(() => server.SendAsync(7).Result.StatusCode == HttpStatusCode.OK, "The place should be free again.");
        Assert.DoesNotContain(server.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Truncated_and_bloated_images_are_refused_in_the_memory_of_what_was_sent()
    {
        await using RunningServer server = await StartWithReaderAsync();
        byte[] nifti = NiftiBytes.Gzip(new NiftiBytes { Dimensions = [4, 4], Values = new double[16] }.SingleFile());
        (string What, byte[] Image)[] images =
        [
            ("truncated gzip", nifti[..(nifti.Length / 2)]),
            ("gzip of nothing", NiftiBytes.Gzip([])),
            ("gzip of zeros without end", Bomb(new byte[352])),
            ("dimensions beyond memory", new NiftiBytes { Dimensions = [32767, 32767, 32767], Values = [1] }.SingleFile()),
            ("gzip with dimensions beyond memory", Bomb(new NiftiBytes { Dimensions = [30000, 30000, 300], Values = [1] }.SingleFile())),
            ("a volume of too many slices", new NiftiBytes { Dimensions = [2, 2, 5000], Values = new double[20_000] }.SingleFile()),
            ("a picture of another size than its header", new PngBytes { Width = 30_000, Height = 30_000 }.File()),
            ("half a picture", new PngBytes().File()[..40]),
        ];
        foreach ((string what, byte[] image) in images)
        {
            long before = GC.GetTotalAllocatedBytes();
            foreach (string endpoint in (string[])["v1/maps", "v1/images"])
            {
                using var content = new ByteArrayContent(image);
                using HttpResponseMessage answer = await server.Client.PostAsync(new Uri(endpoint, UriKind.Relative), content);
                Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{what}: {(int)answer.StatusCode}");
                await RunningServer.ProblemAsync(answer, HttpStatusCode.BadRequest);
            }

            // The largest image that is allowed here takes 4 MB; a bomb would take a hundred times as much.
            Assert.True(GC.GetTotalAllocatedBytes() - before < 64 << 20, $"{what} took {(GC.GetTotalAllocatedBytes() - before) >> 20} MB.");
        }
    }

    /// <summary>The header, and then 200 MB of zeros, in 200 kB.</summary>
    private static byte[] Bomb(byte[] header)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(header);
            for (int block = 0; block < 200; block++)
            {
                gzip.Write(new byte[1 << 20]);
            }
        }

        return packed.ToArray();
    }

    private static Task<RunningServer> StartAsync(Action<ConsensusServingOptions>? configure = null) =>
        RunningServer.StartAsync(new FakeModel(), configure);

    /// <summary>A server with the fake model and the real reader of images.</summary>
    private static Task<RunningServer> StartWithReaderAsync() => RunningServer.StartAsync(
        options =>
        {
            options.ModelPath = "fake.zip";
            options.MaximumValues = 1 << 20;
        },
        services: services => services
            .AddSingleton<IMapEncoder>(new FakeModel())
            .AddSingleton<Func<ConsensusServingOptions, Func<IMapPredictor>>>(_ => new FakeModel().Load));

    private static async Task AssertAlive(RunningServer server)
    {
        using HttpResponseMessage answer = await server.SendAsync(7);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        string errors = string.Join('\n', server.Log.Where(line => line.StartsWith("Error", StringComparison.Ordinal)));
        Assert.True(errors.Length == 0, errors);
    }

    private static byte[] Post(string body, string type) => Encoding.ASCII.GetBytes(
        $"POST /v1/maps HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {type}\r\n"
        + $"Content-Length: {body.Length}\r\n\r\n{body}");
}
