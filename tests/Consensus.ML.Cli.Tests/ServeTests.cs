using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary><c>consensus serve</c>: what it refuses to start with, and a server from its first request to its end.</summary>
public sealed partial class ServeTests(TrainedModel model) : IClassFixture<TrainedModel>
{
    [Fact]
    public void It_refuses_to_be_open_to_other_machines_without_a_clear_word()
    {
        CommandRun run = CommandRun.InProcess("serve", "--model", model.Path, "--urls", "http://0.0.0.0:5080");
        run.AssertFailed(2, "http://0.0.0.0:5080", "--api-key-file", "CONSENSUS_API_KEY", "--allow-anonymous");
        Assert.Empty(run.Out);
    }

    [Fact]
    public void It_refuses_a_weak_key_and_says_nothing_of_it()
    {
        using var workspace = new Workspace();
        File.WriteAllText(workspace["key.txt"], "hunter2\n");
        CommandRun run = CommandRun.InProcess(
            "serve", "--model", model.Path, "--urls", "http://0.0.0.0:5080", "--api-key-file", workspace["key.txt"]);
        run.AssertFailed(2, "at least 16 characters", "it has 7");
        Assert.DoesNotContain("hunter2", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://*:5080")]
    [InlineData("https://127.0.0.1:5080")]
    [InlineData("127.0.0.1")]
    public void It_refuses_what_is_no_address(string url) =>
        CommandRun.InProcess("serve", "--model", model.Path, "--urls", url).AssertFailed(2, url);

    [Fact]
    public void It_says_which_file_is_missing_or_no_model()
    {
        using var workspace = new Workspace();
        File.WriteAllText(workspace["no.zip"], "no model");
        CommandRun.InProcess("serve", "--model", workspace["none.zip"]).AssertFailed(1, "none.zip");
        CommandRun.InProcess("serve", "--model", workspace["no.zip"], "--urls", "http://127.0.0.1:0")
            .AssertFailed(1, "no.zip", "is not a model");
        CommandRun.InProcess("serve", "--model", model.Path, "--api-key-file", workspace["nokey"]).AssertFailed(1, "nokey");
    }

    [Fact]
    public void It_says_that_an_address_is_taken()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        CommandRun.InProcess("serve", "--model", model.Path, "--urls", $"http://127.0.0.1:{port}")
            .AssertFailed(1, $"127.0.0.1:{port}", "in use");
    }

    [Fact]
    public async Task It_serves_an_ONNX_model_with_the_maps_of_the_zip()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The signal is sent with the kill command.");
        using var workspace = new Workspace();
        CommandRun.InProcess("export", "--model", model.Path, "--out", workspace["model.onnx"]).AssertSucceeded();
        byte[] image = await File.ReadAllBytesAsync(model.ValidationImage);
        var maps = new List<float[]>();
        foreach (string path in (string[])[model.Path, workspace["model.onnx"]])
        {
            using ChildProcess server = CommandRun.Start("serve", "--model", path, "--urls", "http://127.0.0.1:0", "--workers", "1");
            string first = await server.Process.StandardOutput.ReadLineAsync() ?? await server.Process.StandardError.ReadToEndAsync();
            Assert.StartsWith("Serving ", first, StringComparison.Ordinal);
            using var client = new HttpClient { BaseAddress = new Uri(Address().Match(first).Value) };
            client.DefaultRequestHeaders.Add("Accept", "application/octet-stream");
            using HttpResponseMessage answer = await client.PostAsync(new Uri("v1/maps", UriKind.Relative), new ByteArrayContent(image));
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            string map = workspace[$"{maps.Count}.nii"];
            await File.WriteAllBytesAsync(map, await answer.Content.ReadAsByteArrayAsync());
            maps.Add(NiftiFile.ReadSlice(map).Pixels);
        }

        // Another library adds up in another order; a soft map of rounded levels moves by a whole level where one is near one half.
        Assert.Equal(maps[0].Length, maps[1].Length);
        Assert.True(maps[0].Zip(maps[1]).Count(pair => Math.Abs(pair.First - pair.Second) > 1e-4f) <= maps[0].Length / 100);
    }

    [Fact]
    public async Task It_serves_counts_and_when_it_is_ended_finishes_what_has_begun()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The signal is sent with the kill command.");
        const string key = "a-key-of-this-test-alone";
        using var workspace = new Workspace();
        string temporary = Directory.CreateDirectory(workspace["tmp"]).FullName;
        ProcessStartInfo start = CommandRun.StartInfo("serve", "--model", model.Path, "--urls", "http://127.0.0.1:0");
        start.Environment["CONSENSUS_API_KEY"] = key;
        start.Environment["TMPDIR"] = temporary;
        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // the runtime's own pipes lie there otherwise
        start.WorkingDirectory = workspace.Root;
        using ChildProcess server = ChildProcess.Start(start, TimeSpan.FromMinutes(5));
        string first = (await server.Process.StandardOutput.ReadLineAsync())!;
        Assert.Matches(@"^Serving .*model\.zip at http://127\.0\.0\.1:[0-9]+\. For research; not a medical device\.", first);
        using var client = new HttpClient { BaseAddress = new Uri(Address().Match(first).Value) };
        byte[] image = await File.ReadAllBytesAsync(model.ValidationImage);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("v1/maps")).StatusCode);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync("v1/maps")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync("v1/maps?steps=0")).StatusCode);
        string metrics = await client.GetStringAsync(new Uri("metrics", UriKind.Relative));
        Assert.Contains("service_name=\"consensus\"", metrics, StringComparison.Ordinal);
        Assert.Matches(@"consensus_requests_total\{[^}]*endpoint=""maps"",status=""200""\} 1\s", metrics);
        Assert.Matches(@"consensus_refusals_total\{[^}]*reason=""bad-option""\} 1\s", metrics);
        Assert.Matches(@"consensus_refusals_total\{[^}]*reason=""no-key""\} 1\s", metrics);
        Assert.Matches(@"consensus_queue_length\{[^}]*\} 0\s", metrics);
        Assert.Matches(@"consensus_map_duration_seconds_count\{[^}]*\} 1\s", metrics);

        // Many generations: long enough to be under way when the signal comes.
        Task<HttpResponseMessage> running = SendAsync("v1/maps?generations=100");
        while (!Running().IsMatch(await client.GetStringAsync(new Uri("metrics", UriKind.Relative))))
        {
        }

        ChildProcess.Run("kill", "-TERM", server.Process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(HttpStatusCode.OK, (await running).StatusCode);
        (int code, string output, string error) = await server.FinishAsync();
        Assert.True(code == 0, $"Exit code {code}: {error}");
        Assert.Contains("Stopping", output, StringComparison.Ordinal);
        Assert.DoesNotContain(key, first + output + error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary));
        Assert.Equal([temporary], workspace.Contents());

        async Task<HttpResponseMessage> SendAsync(string path)
        {
            using var form = new MultipartFormDataContent { { new ByteArrayContent(image), "image", "Jane Doe.nii.gz" } };
            return await client.PostAsync(new Uri(path, UriKind.Relative), form);
        }
    }

    [GeneratedRegex(@"http://[0-9.:]+[0-9]")]
    private static partial Regex Address();

    [GeneratedRegex(@"consensus_requests_running\{[^}]*\} 1\s")]
    private static partial Regex Running();
}
