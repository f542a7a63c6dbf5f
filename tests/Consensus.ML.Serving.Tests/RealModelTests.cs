using System.IO.Compression;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Serving.Tests;

/// <summary>Images go over a real connection to a real model, and the maps are those that the library predicts from their files.</summary>
public sealed class RealModelTests(TrainedZip zip) : IClassFixture<TrainedZip>, IDisposable
{
    private static readonly SliceGeometry Oblique = new(0.5, 0.75, [0, 0.75, 0, -10, 0.5, 0, 0, 20, 0, 0, 2, 30, 0, 0, 0, 1]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_image_gets_the_maps_that_the_library_predicts_from_its_file()
    {
        string path = Image("scan.nii.gz");
        (float[] soft, float[] levels, float[] uncertainty) = Expected([path]).Single();
        await using RunningServer server = await StartAsync();
        JsonElement answer = await RunningServer.JsonAsync(await server.SendAsync(
            await File.ReadAllBytesAsync(path), "?maps=soft,levels,uncertainty"));
        Assert.Equal(soft, Values(answer, "soft"));
        Assert.Equal(levels, Values(answer, "levels"));
        Assert.Equal(uncertainty, Values(answer, "uncertainty"));
        Assert.Equal("[1,24,20]", answer.GetProperty("shape").GetRawText());
        Assert.Equal("[1,3,24,20]", answer.GetProperty("maps").GetProperty("levels").GetProperty("shape").GetRawText());
        Assert.Equal("[0.5,0.75]", answer.GetProperty("geometry").GetProperty("spacing").GetRawText());
        JsonElement affine = answer.GetProperty("geometry").GetProperty("affine");
        Assert.Equal(Oblique.Affine, affine.EnumerateArray().Select(value => value.GetDouble()));
        for (int level = 0; level < TrainedZip.Raters; level++)
        {
            int pixels = levels.Skip(level * 480).Take(480).Count(value => value > 0.5f);
            JsonElement area = answer.GetProperty("areas")[level];
            Assert.Equal(pixels, area.GetProperty("pixels").GetInt32());
            Assert.Equal(pixels * 0.5 * 0.75, area.GetProperty("squareMillimetres").GetDouble(), 1e-9);
        }
    }

    [Fact]
    public async Task Each_structure_and_each_named_rater_has_the_maps_that_the_library_predicts()
    {
        string path = _folder["prostate.zip"], image = TrainedZip.TrainOnProstate(_folder["data"], path);
        var ml = new MLContext();
        ITransformer model = ml.Model.Load(path, out _);
        using var owned = (IDisposable)model;
        byte[] bytes = await File.ReadAllBytesAsync(image);
        await using (RunningServer server = await RunningServer.StartAsync(options => options.ModelPath = path))
        {
            await AssertServedAsync(server, model, Assert.Equal);
            using HttpResponseMessage file = await server.SendAsync(bytes, "?structure=prostate-2&maps=raters", "application/gzip");
            File.WriteAllBytes(_folder["raters.nii.gz"], await file.Content.ReadAsByteArrayAsync());
            Assert.Equal([20L, 20, 1, 6], NiftiFile.ReadHeader(_folder["raters.nii.gz"]).Shape);
        }

        // A graph has no noise after the first step. As an input, the noise of a slice is the one that torch draws.
        SamplingOptions own = model.GetSteps().OfType<Segmentation.SegmentationTransformer>().Single().Sampling;
        ITransformer quick = model.WithSampling(own with { Sampler = SamplerKind.Ddim, Steps = 2 });
        using var second = (IDisposable)quick;
        quick.SaveOnnx(_folder["prostate.onnx"], new OnnxOptions { Noise = OnnxNoise.Input });
        await using RunningServer graph = await RunningServer.StartAsync(options => options.ModelPath = _folder["prostate.onnx"]);

        // ONNX Runtime adds up in another order. A soft map moves by a whole level where a level is near one half.
        await AssertServedAsync(graph, quick, (expected, found) =>
        {
            Assert.Equal(expected.Length, found.Length);
            Assert.InRange(expected.Zip(found).Count(pair => Math.Abs(pair.First - pair.Second) > 1e-4f), 0, expected.Length / 100);
        });

        async Task AssertServedAsync(RunningServer server, ITransformer predictor, Action<float[], float[]> equal)
        {
            IDataView maps = predictor.Transform(ml.Data.LoadFromEnumerable([new { ImagePath = image }]));
            foreach (string name in (string[])["prostate-1", "prostate-2"])
            {
                JsonElement answer = await RunningServer.JsonAsync(await server.SendAsync(
                    bytes, $"?structure={name}&size=model&maps=soft,levels,uncertainty,raters"));
                equal(Column($"SoftMap.{name}"), Values(answer, "soft"));
                equal(Column($"ConsensusMaps.{name}"), Values(answer, "levels"));
                equal(Column($"Uncertainty.{name}"), Values(answer, "uncertainty"));
                string[] raters = [.. answer.GetProperty("raters").EnumerateArray().Select(rater => rater.GetString()!)];
                Assert.Equal(6, raters.Length);
                equal([.. raters.SelectMany(rater => Column($"RaterMap.{name}.{rater}"))], Values(answer, "raters"));
            }

            float[] Column(string name) => maps.GetColumn<float[]>(name).Single();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_volume_comes_back_as_a_volume_that_lies_where_it_lay(int axis)
    {
        // 10×12×9 voxels, far from the identity.
        string path = _folder["volume.nii"];
        File.WriteAllBytes(path, new NiftiBytes
        {
            Dimensions = [10, 12, 9],
            Values = [.. Enumerable.Range(0, 1080).Select(at => (double)((at * 7) % 251))],
            PixelDimensions = [1, 0.5, 0.75, 3, 1, 1, 1, 1],
            Sform = 1,
            Rows = [0, 0.75, 0, -10, 0.5, 0, 0, 20, 0, 0, 3, 30],
        }.SingleFile());
        var expected = Expected([.. NiftiFile.ListSlices(path, axis).Select(slice => slice.ToString())]);
        await using RunningServer server = await StartAsync();
        byte[] bytes = await File.ReadAllBytesAsync(path);
        foreach ((string query, bool isLevels) in ((string, bool)[])[($"?axis={axis}", false), ($"?axis={axis}&maps=levels", true)])
        {
            using HttpResponseMessage answer = await server.SendAsync(bytes, query, "application/gzip");
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            string map = _folder["map.nii.gz"];
            File.WriteAllBytes(map, await answer.Content.ReadAsByteArrayAsync());
            NiftiHeader header = NiftiFile.ReadHeader(map), input = NiftiFile.ReadHeader(path);
            Assert.Equal(isLevels ? [10L, 12, 9, 3] : [10L, 12, 9], header.Shape);
            Assert.Equal(input.Affine, header.Affine);
            Assert.Equal((input.SformCode, input.QformCode, input.Units), (header.SformCode, header.QformCode, header.Units));
            Slice[] slices = [.. NiftiFile.ReadSlices(map, axis)];
            Assert.Equal(expected.Count, slices.Length);
            for (int slice = 0; slice < slices.Length; slice++)
            {
                Assert.Equal(isLevels ? expected[slice].Levels : expected[slice].Soft, slices[slice].Pixels);
            }
        }
    }

    [Fact]
    public async Task A_picture_comes_back_as_a_picture()
    {
        // 8-bit greys, and rows with their filter byte 0.
        Slice disc = TrainedZip.Disc(3);
        byte[] png = new PngBytes
        {
            Width = 20,
            Height = 20,
            Rows = [.. disc.Pixels.Select(value => (byte)value).Chunk(20).SelectMany(row => row.Prepend((byte)0))],
        }.File();
        string path = _folder["photo.png"];
        File.WriteAllBytes(path, png);
        float[] soft = Expected([path]).Single().Soft;
        await using RunningServer server = await StartAsync();
        Slice tiff = await MapAsync("image/tiff", "map.tif"), grey = await MapAsync("image/png", "map.png");
        Assert.Equal(soft, tiff.Pixels);

        // Half a step of 16 bits.
        Assert.All(soft.Zip(grey.Pixels), pair => Assert.Equal(pair.First, pair.Second / 65535, 0.5 / 65535));
        JsonElement answer = await RunningServer.JsonAsync(await server.SendAsync(png));
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("geometry").GetProperty("spacing").ValueKind);
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("areas")[0].GetProperty("squareMillimetres").ValueKind);

        async Task<Slice> MapAsync(string accept, string file)
        {
            using HttpResponseMessage map = await server.SendAsync(png, accept: accept);
            Assert.True(map.IsSuccessStatusCode, await map.Content.ReadAsStringAsync());
            File.WriteAllBytes(_folder[file], await map.Content.ReadAsByteArrayAsync());
            return SliceReader.Read(_folder[file]);
        }
    }

    [Fact]
    public async Task Several_maps_come_as_a_zip_and_equal_requests_get_equal_bytes()
    {
        byte[] image = await File.ReadAllBytesAsync(Image("scan.nii.gz"));
        await using RunningServer server = await StartAsync();
        byte[] first = await ZipAsync(), second = await ZipAsync();
        Assert.Equal(first, second);
        using var archive = new ZipArchive(new MemoryStream(first));
        Assert.Equal(["soft.nii.gz", "levels.nii.gz", "uncertainty.nii.gz"], archive.Entries.Select(entry => entry.Name));

        async Task<byte[]> ZipAsync()
        {
            using HttpResponseMessage answer = await server.SendAsync(image, "?maps=soft,uncertainty,levels", "application/zip");
            return await answer.Content.ReadAsByteArrayAsync();
        }
    }

    [Fact]
    public async Task Options_of_sampling_are_those_of_the_library()
    {
        string path = Image("scan.nii.gz");
        byte[] image = await File.ReadAllBytesAsync(path);
        float[] expected = Expected([path], own => own with { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 2, Seed = 77 })
            .Single().Soft;
        await using RunningServer server = await StartAsync();
        float[] asked = await SoftAsync("?generations=1&sampler=ddim&steps=2&seed=77");
        Assert.Equal(expected, asked);
        Assert.NotEqual(asked, await SoftAsync("?generations=1&sampler=ddim&steps=2&seed=78"));
        Assert.NotEqual(asked, await SoftAsync(""));

        async Task<float[]> SoftAsync(string query) => Values(await RunningServer.JsonAsync(await server.SendAsync(image, query)), "soft");
    }

    [Theory]
    [InlineData("?steps=9", "1 to 8")]
    [InlineData("?precision=float16", "float16")]
    public async Task What_the_model_refuses_is_refused_in_its_words(string query, string said)
    {
        await using RunningServer server = await StartAsync();
        using HttpResponseMessage answer = await server.SendAsync(await File.ReadAllBytesAsync(Image("scan.nii.gz")), query);
        string detail = await RunningServer.ProblemAsync(answer, HttpStatusCode.BadRequest);
        Assert.Contains(said, detail, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Parameter '", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_with_other_channels_or_of_another_format_is_refused()
    {
        await using RunningServer server = await StartAsync();
        byte[] image = await File.ReadAllBytesAsync(Image("scan.nii.gz"));
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(image), "image", "a" },
            { new ByteArrayContent(image), "image", "b" },
        };
        using HttpResponseMessage two = await server.Client.PostAsync(new Uri("v1/maps", UriKind.Relative), form);
        Assert.Contains("2 channel(s)", await RunningServer.ProblemAsync(two, HttpStatusCode.BadRequest), StringComparison.Ordinal);
        using HttpResponseMessage pdf = await server.SendAsync("%PDF-1.7 and more"u8.ToArray());
        Assert.Contains("NIfTI, PNG", await RunningServer.ProblemAsync(pdf, HttpStatusCode.UnsupportedMediaType), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Channels_on_different_grids_are_refused()
    {
        await using RunningServer server = await StartAsync();
        SliceGeometry moved = Oblique with { Affine = [.. Oblique.Affine.Select((value, at) => at == 3 ? value + 1 : value)] };
        foreach ((Slice other, string said) in ((Slice, string)[])
            [(TrainedZip.Disc(1, 24, 20, moved), "elsewhere"), (TrainedZip.Disc(1, 20, 20, Oblique), "one grid")])
        {
            NiftiFile.WriteSlice(_folder["other.nii"], other);
            using var form = new MultipartFormDataContent
            {
                { new ByteArrayContent(await File.ReadAllBytesAsync(Image("scan.nii"))), "image", "a" },
                { new ByteArrayContent(await File.ReadAllBytesAsync(_folder["other.nii"])), "image", "b" },
            };
            using HttpResponseMessage answer = await server.Client.PostAsync(new Uri("v1/images", UriKind.Relative), form);
            Assert.Contains(said, await RunningServer.ProblemAsync(answer, HttpStatusCode.BadRequest), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_image_is_decoded_for_programs_that_cannot_read_it()
    {
        await using RunningServer server = await StartAsync();
        string path = Image("scan.nii.gz");
        using var content = new ByteArrayContent(await File.ReadAllBytesAsync(path));
        JsonElement answer = await RunningServer.JsonAsync(await server.Client.PostAsync(new Uri("v1/images", UriKind.Relative), content));
        Assert.Equal("[1,1,24,20]", answer.GetProperty("shape").GetRawText());
        Assert.Equal("[50,206]", answer.GetProperty("range").GetRawText());
        byte[] values = Convert.FromBase64String(answer.GetProperty("values").GetProperty("values").GetString()!);
        Assert.Equal(SliceReader.Read(path).Pixels, MemoryMarshal.Cast<byte, float>(values).ToArray());
    }

    /// <summary>Half a megabyte comes in many pieces, each of another size.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_large_image_comes_in_whole(bool isForm)
    {
        await using RunningServer server = await StartAsync();
        var random = new Random(7);
        Slice image = new(1, 300, 410, [.. Enumerable.Range(0, 300 * 410).Select(_ => random.NextSingle())]);
        NiftiFile.WriteSlice(_folder["large.nii"], image);
        using var file = new ByteArrayContent(await File.ReadAllBytesAsync(_folder["large.nii"]));
        using HttpContent body = isForm ? new MultipartFormDataContent { { file, "image", "a" } } : file;
        JsonElement answer = await RunningServer.JsonAsync(await server.Client.PostAsync(new Uri("v1/images", UriKind.Relative), body));
        byte[] values = Convert.FromBase64String(answer.GetProperty("values").GetProperty("values").GetString()!);
        Assert.Equal(image.Pixels, MemoryMarshal.Cast<byte, float>(values).ToArray());
    }

    [Fact]
    public async Task Two_workers_under_eight_clients_give_the_maps_of_one()
    {
        byte[][] images = [.. Enumerable.Range(1, 4).Select(number => File.ReadAllBytes(Image($"scan{number}.nii.gz", number)))];
        float[][] expected = new float[images.Length][];
        await using (RunningServer alone = await StartAsync())
        {
            for (int image = 0; image < images.Length; image++)
            {
                expected[image] = Values(await RunningServer.JsonAsync(await alone.SendAsync(images[image])), "soft");
            }
        }

        await using RunningServer server = await RunningServer.StartAsync(options =>
        {
            options.ModelPath = zip.Path;
            options.Workers = 2;
        });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async client =>
        {
            for (int request = 0; request < 6; request++)
            {
                int image = (client + request) % images.Length;
                float[] soft = Values(await RunningServer.JsonAsync(await server.SendAsync(images[image])), "soft");

                // Another number of threads adds up in another order.
                Assert.All(expected[image].Zip(soft), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
            }
        }));
    }

    [Fact]
    public async Task A_server_does_not_start_with_what_is_no_model()
    {
        File.WriteAllText(_folder["no.zip"], "no model");
        InvalidDataException damaged = await Assert.ThrowsAsync<InvalidDataException>(
            () => RunningServer.StartAsync(options => options.ModelPath = _folder["no.zip"]));
        Assert.Contains("is not a model", damaged.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FileNotFoundException>(() => RunningServer.StartAsync(options => options.ModelPath = _folder["none.zip"]));
    }

    private Task<RunningServer> StartAsync() => RunningServer.StartAsync(options => options.ModelPath = zip.Path);

    private string Image(string name, int number = 1)
    {
        NiftiFile.WriteSlice(_folder[name], TrainedZip.Disc(number, 24, 20, Oblique));
        return _folder[name];
    }

    /// <summary>What a program that uses the library gets from the same files.</summary>
    private List<(float[] Soft, float[] Levels, float[] Uncertainty)> Expected(
        string[] paths,
        Func<SamplingOptions, SamplingOptions>? sampling = null)
    {
        var ml = new MLContext();
        ITransformer model = ml.Model.Load(zip.Path, out _);
        using var owned = (IDisposable)model;
        SamplingOptions own = model.GetSteps().OfType<Segmentation.SegmentationTransformer>().Single().Sampling;
        ITransformer sampled = model.WithSampling(sampling?.Invoke(own) ?? own);
        using var second = (IDisposable)sampled;
        IDataView maps = sampled.Transform(ml.Data.LoadFromEnumerable(paths.Select(path => new { ImagePath = path })));
        foreach (string column in (string[])["SoftMap", "ConsensusMaps", "Uncertainty"])
        {
            maps = ml.Transforms.RestoreSlices("Native" + column, column, "Image").Fit(maps).Transform(maps);
        }

        return [.. Pixels("NativeSoftMap").Zip(Pixels("NativeConsensusMaps"), Pixels("NativeUncertainty"))];

        float[][] Pixels(string column) => [.. maps.GetColumn<Slice>(column).Select(slice => slice.Pixels)];
    }

    private static float[] Values(JsonElement answer, string map) => MemoryMarshal.Cast<byte, float>(
        Convert.FromBase64String(answer.GetProperty("maps").GetProperty(map).GetProperty("values").GetString()!)).ToArray();
}
