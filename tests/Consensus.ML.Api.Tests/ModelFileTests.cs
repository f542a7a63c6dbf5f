using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms;
using Microsoft.ML;

namespace Consensus.ML.Api.Tests;

/// <summary>The model zip: its content, how it moves to other places, and that a damaged zip is refused.</summary>
[Collection(nameof(TinyModel))]
public sealed class ModelFileTests : IDisposable
{
    private readonly TinyModel _tiny;
    private readonly TemporaryFolder _folder = new();
    private readonly string _zip;

    public ModelFileTests(TinyModel tiny)
    {
        _tiny = tiny;
        _zip = _folder["model.zip"];
        tiny.Context.Model.Save(tiny.Model, tiny.Data.Schema, _zip);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_loaded_model_gives_the_same_maps_and_facts()
    {
        var context = new MLContext(seed: 77);
        ITransformer loaded = context.Model.Load(_zip, out _);
        using ConsensusSegmentationTransformer segmentation = DeterminismTests.Segmentation(loaded);
        ConsensusSegmentationTransformer original = DeterminismTests.Segmentation(_tiny.Model);
        Assert.Equal(TinyModel.SoftMaps(_tiny.Model, _tiny.Data), TinyModel.SoftMaps(loaded, _tiny.Data));
        Assert.Equal(original.Training, segmentation.Training);
        Assert.Equal(original.Sampling, segmentation.Sampling);
        Assert.Equal((16, 16, 1, 3), (segmentation.Height, segmentation.Width, segmentation.ImageChannels, segmentation.Levels));
        Assert.Equal((2, 3, 1), (segmentation.Training.Steps, segmentation.Training.TrainingCases, segmentation.Training.ValidationCases));
    }

    [Fact]
    public void A_model_saved_again_is_the_same_model()
    {
        var context = new MLContext();
        ITransformer loaded = context.Model.Load(_zip, out DataViewSchema schema);
        using ConsensusSegmentationTransformer segmentation = DeterminismTests.Segmentation(loaded);
        context.Model.Save(loaded, schema, _folder["again.zip"]);
        Assert.Equal(ModelZip.Entry(_zip, "weights.safetensors"), ModelZip.Entry(_folder["again.zip"], "weights.safetensors"));
        Assert.Equal(
            Encoding.UTF8.GetString(ModelZip.Entry(_zip, "manifest.json")),
            Encoding.UTF8.GetString(ModelZip.Entry(_folder["again.zip"], "manifest.json")));
    }

    [Fact]
    public async Task A_fresh_process_that_never_mentions_the_library_loads_the_model()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Consensus.ML.Api.Tests.FreshProcess.dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments = ["exec", program, _zip, .. _tiny.Cases.Select(row => row.ImagePath)];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using ChildProcess process = ChildProcess.Start(start);
        (int code, string output, string errors) = await process.FinishAsync();
        Assert.True(code == 0, errors);
        string[] printed = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(
            TinyModel.SoftMaps(_tiny.Model, _tiny.Data)
                .Select(map => Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(map.AsSpan())))),
            printed);
    }

    /// <summary>
    /// Makes a version of ML.NET with another internal member from the installed one. The name is replaced wherever ML.NET has it.
    /// </summary>
    [Fact]
    public async Task An_MLNet_with_other_internals_is_refused_in_one_sentence()
    {
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory)
            .Where(file => Path.GetExtension(file) is ".dll" or ".json"))
        {
            byte[] bytes = File.ReadAllBytes(file);
            if (Path.GetFileName(file).StartsWith("Microsoft.ML", StringComparison.Ordinal))
            {
                ReadOnlySpan<byte> name = "get_GpuDeviceId"u8;
                for (int at = bytes.AsSpan().IndexOf(name); at >= 0; at = bytes.AsSpan().IndexOf(name))
                {
                    bytes[at + name.Length - 1] = (byte)'X';
                }
            }

            File.WriteAllBytes(_folder[Path.GetFileName(file)], bytes);
        }

        Directory.CreateSymbolicLink(_folder["runtimes"], Path.Combine(AppContext.BaseDirectory, "runtimes"));
        var start = new ProcessStartInfo("dotnet", ["exec", _folder["Consensus.ML.Api.Tests.FreshProcess.dll"], _zip])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using ChildProcess process = ChildProcess.Start(start);
        (int code, _, string errors) = await process.FinishAsync();
        Assert.NotEqual(0, code);
        Assert.Contains(
            "ML.NET 5.0.1 is loaded, but this version of Consensus.ML works with ML.NET 5.0.1, whose internals it needs "
            + "(here there is no Microsoft.ML.Runtime.IHostEnvironmentInternal.get_GpuDeviceId()): "
            + "reference the package Microsoft.ML in version 5.0.1.",
            errors,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_manifest_follows_its_schema()
    {
        JsonSchema schema = JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "model-manifest.schema.json"));
        using JsonDocument manifest = JsonDocument.Parse(ModelZip.Entry(_zip, "manifest.json"));
        Assert.Empty(schema.Violations(manifest.RootElement));

        // Proof that the validator finds mistakes.
        string wrong = Encoding.UTF8.GetString(ModelZip.Entry(_zip, "manifest.json"))
            .Replace("\"raters\": 3", "\"raters\": 0")
            .Replace("\"sampler\": \"ddpm\"", "\"sampler\": \"other\"");
        using JsonDocument damaged = JsonDocument.Parse(wrong);
        Assert.Equal(2, schema.Violations(damaged.RootElement).Count);
    }

    [Fact]
    public void The_weights_are_a_safetensors_file()
    {
        byte[] weights = ModelZip.Entry(_zip, "weights.safetensors");
        long length = BitConverter.ToInt64(weights, 0);
        using JsonDocument header = JsonDocument.Parse(weights.AsMemory(8, (int)length));
        Assert.Contains(header.RootElement.EnumerateObject(), tensor => tensor.Name.StartsWith("time_embed", StringComparison.Ordinal));
    }

    [Fact]
    public void A_checkpoint_written_and_read_gives_the_same_maps()
    {
        ConsensusSegmentationTransformer original = DeterminismTests.Segmentation(_tiny.Model);
        original.SaveCheckpoint(_folder["weights.safetensors"]);
        Assert.Equal(ModelZip.Entry(_zip, "weights.safetensors"), File.ReadAllBytes(_folder["weights.safetensors"]));

        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        using ConsensusSegmentationTransformer read = new MLContext(seed: 5).Transforms
            .ConsensusSegmentFromCheckpoint(_folder["weights.safetensors"], 16, 16, 1, 3, options);
        IDataView features = _tiny.Model.Transform(_tiny.Data);
        Assert.Equal(TinyModel.SoftMaps(_tiny.Model, _tiny.Data), TinyModel.SoftMaps(read, features));
    }

    [Fact]
    public void A_checkpoint_of_another_network_is_refused_by_file_and_weight()
    {
        DeterminismTests.Segmentation(_tiny.Model).SaveCheckpoint(_folder["weights.safetensors"]);
        var exception = Assert.Throws<InvalidDataException>(() => new MLContext().Transforms
            .ConsensusSegmentFromCheckpoint(_folder["weights.safetensors"], 16, 16, 1, 4, TinyModel.Options()));
        Assert.Contains("weights.safetensors", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'label_emb.weight'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_zip_holds_no_paths_and_no_names_of_cases()
    {
        using ZipArchive archive = ZipFile.OpenRead(_zip);
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            byte[] bytes = ModelZip.Bytes(entry);
            foreach (Encoding encoding in (Encoding[])[Encoding.UTF8, Encoding.Unicode])
            {
                string text = encoding.GetString(bytes);
                Assert.DoesNotContain("case0", text);
                Assert.DoesNotContain(Path.GetDirectoryName(Path.GetDirectoryName(_tiny.Cases[0].ImagePath))!, text);
                Assert.DoesNotContain(".nii", text);
            }
        }
    }

    [Theory]
    [InlineData("weights.safetensors", 0.0)]
    [InlineData("weights.safetensors", 0.5)]
    [InlineData("weights.safetensors", 0.99)]
    [InlineData("manifest.json", 0.3)]
    [InlineData("manifest.json", 0.9)]
    public void A_flipped_byte_is_refused(string entry, double where)
    {
        Rewrite(entry, bytes =>
        {
            bytes[(int)(where * bytes.Length)] ^= 1;
            return bytes;
        });
        InvalidDataException exception = Refused();
        Assert.Contains("damaged", exception.Message);
        Assert.Contains(entry, exception.Message);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public void A_flipped_byte_of_the_stored_zip_is_refused_or_changes_nothing()
    {
        float[][] expected = TinyModel.SoftMaps(_tiny.Model, _tiny.Data);
        byte[] whole = File.ReadAllBytes(_zip);
        var random = new Random(1);
        int refused = 0;
        for (int i = 0; i < 40; i++)
        {
            byte[] bytes = [.. whole];
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(_folder["flipped.zip"], bytes);
            ITransformer loaded;
            try
            {
                loaded = new MLContext().Model.Load(_folder["flipped.zip"], out _);
            }
            catch (Exception exception) when (exception is not (AccessViolationException or OutOfMemoryException))
            {
                refused++;
                continue;
            }

            using ConsensusSegmentationTransformer segmentation = DeterminismTests.Segmentation(loaded);
            Assert.Equal(expected, TinyModel.SoftMaps(loaded, _tiny.Data));
        }

        Assert.True(refused > 20, $"only {refused} of 40 were refused");
    }

    [Theory]
    [InlineData("weights.safetensors")]
    [InlineData("manifest.json")]
    public void A_truncated_entry_is_refused(string entry)
    {
        Rewrite(entry, bytes => bytes[..(bytes.Length / 2)]);
        Assert.Contains(entry, Refused().Message);
    }

    [Theory]
    [InlineData("weights.safetensors")]
    [InlineData("manifest.json")]
    public void A_missing_entry_is_refused(string entry)
    {
        using (ZipArchive archive = ZipFile.Open(_zip, ZipArchiveMode.Update))
        {
            archive.Entries.Single(other => other.Name == entry).Delete();
        }

        Assert.Contains($"{entry} is missing", Refused().Message);
    }

    [Fact]
    public void A_step_before_the_model_with_a_changed_number_is_refused()
    {
        using (ZipArchive archive = ZipFile.Open(_zip, ZipArchiveMode.Update))
        {
            ZipArchiveEntry entry = archive.Entries.Single(
                other => other.FullName.Replace('\\', '/').EndsWith("Transform_002/Model.key", StringComparison.Ordinal));
            byte[] bytes = ModelZip.Bytes(entry);
            int at = bytes.AsSpan().IndexOf(
                BitConverter.GetBytes(((SliceNormalizingTransformer)((IEnumerable<ITransformer>)_tiny.Model).ElementAt(2)).Means[0]));
            Assert.True(at > 0);
            bytes[at] ^= 1;
            Replace(archive, entry, bytes);
        }

        Assert.Contains("NormalizeSlices", Refused().Message);
    }

    [Fact]
    public void Weights_of_another_shape_are_refused_by_name_though_their_hash_is_right()
    {
        // A bias of 128 values becomes a matrix of 2×64 of the same values. Spaces keep the header's length.
        byte[] weights = ModelZip.Entry(_zip, "weights.safetensors");
        string header = Encoding.UTF8.GetString(weights, 8, (int)BitConverter.ToInt64(weights));
        string other = header.Replace(
            "\"time_embed.0.bias\":{\"dtype\":\"F32\",\"shape\":[128]",
            "\"time_embed.0.bias\":{\"dtype\":\"F32\",\"shape\":[2,64]",
            StringComparison.Ordinal).TrimEnd();
        Assert.NotEqual(header.TrimEnd(), other);
        Assert.InRange(other.Length, 1, header.Length);
        Encoding.UTF8.GetBytes(other.PadRight(header.Length)).CopyTo(weights, 8);
        Rewrite("weights.safetensors", _ => weights);
        Reseal(json => System.Text.RegularExpressions.Regex.Replace(
            json, "\"sha256\": \"[0-9a-f]{64}\"", $"\"sha256\": \"{Convert.ToHexStringLower(SHA256.HashData(weights))}\""));
        Assert.Equal("Weight 'time_embed.0.bias' has shape [2, 64] in the checkpoint, but the network's is [128].", Refused().Message);
    }

    [Fact]
    public void A_model_of_a_newer_format_says_which_and_what_to_do()
    {
        Reseal(json => json.Replace("\"formatVersion\": 1", "\"formatVersion\": 7", StringComparison.Ordinal));
        Assert.Equal(
            "The model file has format version 7; this version of Consensus.ML reads up to 3. Update the Consensus.ML package.",
            Refused().Message);
    }

    /// <summary>Changes the manifest, and its hash in the state of the step.</summary>
    private void Reseal(Func<string, string> change)
    {
        byte[] before = ModelZip.Entry(_zip, "manifest.json"), after = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(before)));
        Assert.NotEqual(before, after);
        Reseal(_zip, after);
    }

    /// <summary>Puts another manifest into a zip, and its hash into the state of its step.</summary>
    internal static void Reseal(string zip, byte[] manifest)
    {
        byte[] oldState = SHA256.HashData(ModelZip.Entry(zip, "manifest.json")), newState = SHA256.HashData(manifest);
        using ZipArchive archive = ZipFile.Open(zip, ZipArchiveMode.Update);
        Replace(archive, archive.Entries.Single(other => other.Name == "manifest.json"), manifest);
        foreach (ZipArchiveEntry entry in archive.Entries.Where(entry => entry.Name == "Model.key").ToArray())
        {
            byte[] bytes = ModelZip.Bytes(entry);
            int state = bytes.AsSpan().IndexOf(oldState), hash = bytes.AsSpan().IndexOf(SHA256.HashData(oldState));
            if (state >= 0)
            {
                newState.CopyTo(bytes, state);
                SHA256.HashData(newState).CopyTo(bytes, hash);
                Replace(archive, entry, bytes);
            }
        }
    }

    private InvalidDataException Refused() =>
        Assert.IsType<InvalidDataException>(
            Assert.ThrowsAny<TargetInvocationException>(() => new MLContext().Model.Load(_zip, out _)).GetBaseException());

    private void Rewrite(string name, Func<byte[], byte[]> change) => Rewrite(_zip, name, change);

    /// <summary>Changes an entry of a zip.</summary>
    internal static void Rewrite(string zip, string name, Func<byte[], byte[]> change)
    {
        using ZipArchive archive = ZipFile.Open(zip, ZipArchiveMode.Update);
        ZipArchiveEntry entry = archive.Entries.Single(other => other.Name == name);
        Replace(archive, entry, change(ModelZip.Bytes(entry)));
    }

    private static void Replace(ZipArchive archive, ZipArchiveEntry entry, byte[] bytes)
    {
        string name = entry.FullName;
        entry.Delete();
        using Stream stream = archive.CreateEntry(name).Open();
        stream.Write(bytes);
    }
}
