using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Consensus.ML.Serving.Tests;

/// <summary>Requests and answers around a model that the test steers: options, forms, refusals.</summary>
public sealed class EndpointTests
{
    [Fact]
    public async Task Maps_are_answered_as_json_whose_numbers_a_browser_reads_without_a_library()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        JsonElement answer = await RunningServer.JsonAsync(await server.SendAsync(25, "?maps=soft,levels"));
        Assert.Equal("[1,4,4]", answer.GetProperty("shape").GetRawText());
        JsonElement soft = answer.GetProperty("maps").GetProperty("soft"), levels = answer.GetProperty("maps").GetProperty("levels");
        Assert.Equal("[1,3,4,4]", levels.GetProperty("shape").GetRawText());
        Assert.Equal(("float32", "little"), (soft.GetProperty("type").GetString(), soft.GetProperty("byteOrder").GetString()));

        // 0.25 in single precision is 3E800000.
        byte[] values = Convert.FromBase64String(soft.GetProperty("values").GetString()!);
        Assert.Equal([0, 0, 0x80, 0x3E], values[..4]);
        Assert.Equal(4 * 16, values.Length);
        Assert.Equal(4 * 3 * 16, Convert.FromBase64String(levels.GetProperty("values").GetString()!).Length);
        Assert.False(answer.GetProperty("maps").TryGetProperty("uncertainty", out _));
        Assert.Equal("[0.5,2]", answer.GetProperty("geometry").GetProperty("spacing").GetRawText());

        // 8 pixels of 0.5 × 2 mm.
        JsonElement second = answer.GetProperty("areas")[1];
        Assert.Equal((2, 8, 8.0), (
            second.GetProperty("level").GetInt32(), second.GetProperty("pixels").GetInt32(),
            second.GetProperty("squareMillimetres").GetDouble()));
    }

    [Theory]
    [InlineData("application/x-nifti", "application/x-nifti", new byte[] { 1, 2, 3 })]
    [InlineData("application/octet-stream", "application/octet-stream", new byte[] { 1, 2, 3 })]
    [InlineData("image/tiff", "image/tiff", new byte[] { 4, 5, 6 })]
    [InlineData("image/*;q=0.5, text/html", "image/tiff", new byte[] { 4, 5, 6 })]
    [InlineData("image/png, application/json;q=0.9", "image/png", new byte[] { 7, 8, 9 })]
    [InlineData("application/json;q=0, */*;q=0.1", "application/x-nifti", new byte[] { 1, 2, 3 })]
    public async Task Accept_chooses_the_form(string accept, string expected, byte[] content)
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        using HttpResponseMessage answer = await server.SendAsync("7"u8.ToArray(), accept: accept);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(expected, answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(content, await answer.Content.ReadAsByteArrayAsync());
        Assert.True(answer.Headers.CacheControl?.NoStore);
    }

    [Theory]
    [InlineData("text/html", "", "No form of answer")]
    [InlineData("image/png", "?maps=levels", "3 levels")]
    [InlineData("image/tiff", "?maps=soft,uncertainty", "several are asked for")]
    [InlineData("application/x-nifti", "?maps=soft,uncertainty", "application/zip")]
    [InlineData("/;;", "", "cannot be read")]
    public async Task What_no_form_can_hold_is_not_acceptable(string accept, string query, string said)
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        using HttpResponseMessage answer = await server.SendAsync("7"u8.ToArray(), query, accept);
        Assert.Contains(said, await RunningServer.ProblemAsync(answer, HttpStatusCode.NotAcceptable), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?generatons=3", "'generatons'")]
    [InlineData("?generations=0", "from 1 to 100")]
    [InlineData("?generations=101", "from 1 to 100")]
    [InlineData("?generations=2&generations=3", "2 times")]
    [InlineData("?tolerance=-1", "from 0 to 1")]
    [InlineData("?tolerance=0,5", "from 0 to 1")]
    [InlineData("?sampler=euler", "ddpm, ddim, dpm-solver")]
    [InlineData("?precision=int8", "float32, bfloat16, float16")]
    [InlineData("?maps=soft,hard", "'hard'")]
    [InlineData("?maps=", "''")]
    [InlineData("?size=huge", "native, model")]
    [InlineData("?axis=3", "from 0 to 2")]
    [InlineData("?structure=core", "one without a name")]
    [InlineData("?maps=raters", "draws no named raters")]
    [InlineData("?mirror=true", "on, off")]
    public async Task A_wrong_option_is_refused_by_name(string query, string said)
    {
        var fake = new FakeModel();
        await using RunningServer server = await RunningServer.StartAsync(fake);
        using HttpResponseMessage answer = await server.SendAsync(7, query);
        Assert.Contains(said, await RunningServer.ProblemAsync(answer, HttpStatusCode.BadRequest), StringComparison.Ordinal);
        Assert.Empty(fake.Begun);
    }

    [Fact]
    public async Task Of_several_structures_one_is_asked_for_by_name()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            new FakeModel { Structures = [("core", ["Ann", "Ben"]), ("outer rim", [])] });
        JsonElement model = await RunningServer.JsonAsync(await server.Client.GetAsync(new Uri("v1/model", UriKind.Relative)));
        Assert.Equal(
            ["core", "outer rim"], model.GetProperty("structures").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
        JsonElement core = await RunningServer.JsonAsync(await server.SendAsync(25, "?structure=core&maps=raters"));
        Assert.Equal("core", core.GetProperty("structure").GetString());
        Assert.Equal("""["Ann","Ben"]""", core.GetProperty("raters").GetRawText());
        JsonElement masks = core.GetProperty("maps").GetProperty("raters");
        Assert.Equal("[1,2,4,4]", masks.GetProperty("shape").GetRawText());
        Assert.Equal(4 * 2 * 16, Convert.FromBase64String(masks.GetProperty("values").GetString()!).Length);
        JsonElement rim = await RunningServer.JsonAsync(await server.SendAsync(25, "?structure=outer%20rim"));
        Assert.Equal("outer rim", rim.GetProperty("structure").GetString());
        using HttpResponseMessage picture = await server.SendAsync("7"u8.ToArray(), "?structure=core&maps=raters", "image/png");
        Assert.Contains(
            "there are 2 raters", await RunningServer.ProblemAsync(picture, HttpStatusCode.NotAcceptable), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "core, outer rim")]
    [InlineData("?structure=Core", "'Core' is not a value of 'structure'; it must be one of core, outer rim")]
    [InlineData("?structure=outer%20rim&maps=soft,raters", "draws no named raters")]
    public async Task A_structure_that_is_not_there_is_refused_before_the_image_is_read(string query, string said)
    {
        var fake = new FakeModel { Structures = [("core", ["Ann"]), ("outer rim", [])] };
        await using RunningServer server = await RunningServer.StartAsync(fake);
        using HttpResponseMessage answer = await server.SendAsync("damaged"u8.ToArray(), query);
        Assert.Contains(said, await RunningServer.ProblemAsync(answer, HttpStatusCode.BadRequest), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("damaged", HttpStatusCode.BadRequest, "'image' is damaged")]
    [InlineData("%PDF", HttpStatusCode.UnsupportedMediaType, "no known format")]
    [InlineData("", HttpStatusCode.BadRequest, "empty")]
    public async Task An_image_that_cannot_be_read_is_refused_in_the_readers_words(string image, HttpStatusCode status, string said)
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        using HttpResponseMessage answer = await server.SendAsync(System.Text.Encoding.ASCII.GetBytes(image));
        Assert.Contains(said, await RunningServer.ProblemAsync(answer, status), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_of_the_server_itself_tells_the_client_nothing_and_the_log_what_it_was()
    {
        var fake = new FakeModel { Failure = new NotImplementedException("inner workings") };
        await using RunningServer server = await RunningServer.StartAsync(fake);
        using HttpResponseMessage answer = await server.SendAsync(7);
        string detail = await RunningServer.ProblemAsync(answer, HttpStatusCode.InternalServerError);
        Assert.DoesNotContain("inner workings", detail, StringComparison.Ordinal);
        Assert.Contains(server.Log, line => line.Contains("inner workings", StringComparison.Ordinal));
        fake.Failure = null;
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync(8)).StatusCode);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("multipart/mixed; boundary=x")]
    public async Task A_body_of_another_type_is_refused_unread(string type)
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        using var content = new ByteArrayContent("7"u8.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using HttpResponseMessage answer = await server.Client.PostAsync(new Uri("v1/maps", UriKind.Relative), content);
        await RunningServer.ProblemAsync(answer, HttpStatusCode.UnsupportedMediaType);
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("application/gzip")]
    [InlineData("application/x-www-form-urlencoded")] // what curl says of any file
    [InlineData(null)]
    public async Task A_body_may_have_any_type_that_an_image_has(string? type)
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        using var content = new ByteArrayContent("7"u8.ToArray());
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        using HttpResponseMessage answer = await server.Client.PostAsync(new Uri("v1/maps", UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task The_files_of_a_form_are_the_channels_whatever_they_are_called()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent("7"u8.ToArray()), "image", "../../../etc/passwd" },
            { new ByteArrayContent("8"u8.ToArray()), "image", "Jane Doe 1970-01-01.nii.gz" },
        };
        using HttpResponseMessage answer = await server.Client.PostAsync(new Uri("v1/images", UriKind.Relative), form);
        JsonElement image = await RunningServer.JsonAsync(answer);
        Assert.Equal("[1,2,4,4]", image.GetProperty("shape").GetRawText());
        Assert.DoesNotContain("Jane", string.Concat(server.Log), StringComparison.Ordinal);
        Assert.DoesNotContain("passwd", string.Concat(server.Log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_with_another_field_or_too_many_files_is_refused()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        var maps = new Uri("v1/maps", UriKind.Relative);
        using var other = new MultipartFormDataContent { { new StringContent("3"), "generations" } };
        Assert.Contains(
            "called 'image'", await RunningServer.ProblemAsync(await server.Client.PostAsync(maps, other), HttpStatusCode.BadRequest),
            StringComparison.Ordinal);
        using var many = new MultipartFormDataContent();
        for (int file = 0; file < 9; file++)
        {
            many.Add(new ByteArrayContent("7"u8.ToArray()), "image", "a");
        }

        Assert.Contains(
            "more than 8", await RunningServer.ProblemAsync(await server.Client.PostAsync(maps, many), HttpStatusCode.BadRequest),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Paths_and_methods_that_do_not_exist_are_problems_too()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        await RunningServer.ProblemAsync(await server.Client.GetAsync(new Uri("v1/nothing", UriKind.Relative)), HttpStatusCode.NotFound);
        using HttpResponseMessage put = await server.Client.PutAsync(new Uri("v1/maps", UriKind.Relative), new ByteArrayContent([1]));
        await RunningServer.ProblemAsync(put, HttpStatusCode.MethodNotAllowed);
        Assert.Equal(["POST"], put.Content.Headers.Allow);
    }

    [Fact]
    public async Task The_model_and_the_interface_are_described()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel(), options => options.MaximumSlices = 77);
        JsonElement model = await RunningServer.JsonAsync(await server.Client.GetAsync(new Uri("v1/model", UriKind.Relative)));
        Assert.Equal("consensus", model.GetProperty("kind").GetString());
        Assert.Equal("ddpm", model.GetProperty("sampling").GetProperty("sampler").GetString());
        Assert.Equal(77, model.GetProperty("limits").GetProperty("slices").GetInt32());
        JsonElement api = await RunningServer.JsonAsync(await server.Client.GetAsync(new Uri("openapi/v1.json", UriKind.Relative)));
        JsonElement post = api.GetProperty("paths").GetProperty("/v1/maps").GetProperty("post");
        string[] options = [.. post.GetProperty("parameters").EnumerateArray().Select(option => option.GetProperty("name").GetString()!)];
        Assert.Equal(
            ["maps", "structure", "size", "axis", "generations", "tolerance", "mirror", "sampler", "steps", "seed", "precision"],
            options);
        string[] statuses = [.. post.GetProperty("responses").EnumerateObject().Select(status => status.Name)];
        Assert.Equal(["200", "400", "406", "408", "413", "415", "429", "503", "504"], statuses.Order(StringComparer.Ordinal));
        JsonElement bodies = post.GetProperty("requestBody").GetProperty("content");
        Assert.True(bodies.TryGetProperty("multipart/form-data", out _) && bodies.TryGetProperty("application/octet-stream", out _));
        Assert.Equal(["/v1/images", "/v1/maps", "/v1/model"], api.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order());
    }

    [Fact]
    public async Task Health_says_whether_requests_are_taken()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeModel());
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync(new Uri("health/live", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync(new Uri("health/ready", UriKind.Relative))).StatusCode);
    }
}
