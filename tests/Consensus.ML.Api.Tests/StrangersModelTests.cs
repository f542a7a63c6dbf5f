using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;

namespace Consensus.ML.Api.Tests;

/// <summary>
/// Model zips that somebody made up. Little of them may be unpacked, and nothing may be made that their bytes do not contain.
/// </summary>
[Collection(nameof(TinyModel))]
public sealed class StrangersModelTests : IDisposable
{
    private const string Manifest = "manifest.json", Weights = "weights.safetensors";

    // A quarter of a gigabyte of zeros takes 260 kB in a zip.
    private const int Bomb = 1 << 28;

    // What ML.NET itself and our own buffers need for a model of 1 MB.
    private const long MostAllocated = 64_000_000;

    private readonly TemporaryFolder _folder = new();
    private readonly string _zip;

    public StrangersModelTests(TinyModel tiny)
    {
        _zip = _folder["model.zip"];
        tiny.Context.Model.Save(tiny.Model, tiny.Data.Schema, _zip);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Weights_that_unpack_to_more_than_the_manifest_promises_are_not_unpacked()
    {
        int promised = ModelZip.Entry(_zip, Weights).Length;
        ReplaceByZeros(Weights, Bomb);
        Assert.InRange(new FileInfo(_zip).Length, 1, 4_000_000);
        ExpectRefusal($"{Weights} has {Bomb} bytes where {Manifest} says {promised}.");
    }

    [Fact]
    public void A_manifest_may_promise_no_more_than_the_network_takes()
    {
        int taken = ModelZip.Entry(_zip, Weights).Length;
        Reseal("\"bytes\": [0-9]+", $"\"bytes\": {Bomb}");
        ReplaceByZeros(Weights, Bomb);
        ExpectRefusal($"in {Manifest}, {Weights} is said to have {Bomb} bytes; the weights of the network it describes take {taken}.");
    }

    [Fact]
    public void A_manifest_of_many_megabytes_is_not_unpacked()
    {
        ReplaceByZeros(Manifest, Bomb);
        ExpectRefusal($"{Manifest} has {Bomb} bytes where a manifest has at most {1 << 24}.");
    }

    /// <summary>The zip's directory is checked before ML.NET unpacks an entry. This zip has nothing to unpack.</summary>
    [Fact]
    public void A_length_that_the_zip_only_claims_is_refused_before_anything_is_unpacked()
    {
        int promised = ModelZip.Entry(_zip, Weights).Length;
        ClaimLength(Weights, 4_000_000_000);
        ExpectRefusal($"{Weights} has 4000000000 bytes where {Manifest} says {promised}.");
    }

    [Fact]
    public void An_entry_that_unpacks_to_more_than_the_zip_claims_ends_there()
    {
        int promised = ModelZip.Entry(_zip, Weights).Length;
        ReplaceByZeros(Weights, Bomb);
        ClaimLength(Weights, (uint)promised);
        ExpectRefusal($"{Weights} ");
    }

    [Theory]
    [InlineData("\"modelChannels\": 32", "\"modelChannels\": 4096", "the weights of the network it describes take")]
    [InlineData("\"encoderBlocks\": 1", "\"encoderBlocks\": 256", "the weights of the network it describes take")]
    [InlineData("\"encoderBlocks\": 1", "\"encoderBlocks\": 1000000000", "Network.EncoderBlocks is 1000000000; it must be from 1 to 256")]
    [InlineData("\"height\": 16", "\"height\": 1000000000", "Height is 1000000000; it must be from 1 to 16384 pixels")]
    [InlineData("\"raters\": 3", "\"raters\": 2147483647", "Raters is 2147483647; it must be from 1 to 255")]
    [InlineData("\"generations\": 2", "\"generations\": 1000000000", "Sampling.Generations is 1000000000; it must be from 1 to 1000")]
    public void A_network_larger_than_its_weights_is_refused_before_it_is_made(string pattern, string changed, string expected)
    {
        Reseal(pattern, changed);
        ExpectRefusal(expected);
    }

    [Theory]
    [InlineData(0, int.MaxValue, "ImageChannels is 2147483647")]
    [InlineData(1, -16, "Height is -16; it must be from 1 to 16384 pixels")]
    [InlineData(2, 1_000_000_000, "Width is 1000000000; it must be from 1 to 16384 pixels")]
    public void A_step_that_would_make_slices_of_an_impossible_size_is_refused(int number, int value, string expected)
    {
        // The state of ResizeSlices: names of two columns, then channels, height and width, and whether it is without aliasing. Before it
        // come its length and its SHA-256.
        byte[] names = [8, .. "Features"u8, 5, .. "Image"u8];
        byte[] before = [.. names, .. Whole(1), .. Whole(TinyModel.Side), .. Whole(TinyModel.Side), 1];
        byte[] after = [.. before];
        Whole(value).CopyTo(after, names.Length + (number * sizeof(int)));
        using (ZipArchive archive = ZipFile.Open(_zip, ZipArchiveMode.Update))
        {
            int changed = 0;
            foreach (ZipArchiveEntry entry in archive.Entries.Where(entry => entry.Name == "Model.key").ToArray())
            {
                using Stream stream = entry.Open();
                using var memory = new MemoryStream();
                stream.CopyTo(memory);
                byte[] bytes = memory.ToArray();
                int state = bytes.AsSpan().IndexOf(before), hash = bytes.AsSpan().IndexOf(SHA256.HashData(before));
                if (state >= 0 && hash >= 0)
                {
                    after.CopyTo(bytes, state);
                    SHA256.HashData(after).CopyTo(bytes, hash);
                    stream.Position = 0;
                    stream.Write(bytes);
                    changed++;
                }
            }

            Assert.Equal(1, changed);
        }

        ExpectRefusal($"the state of ResizeSlices is none that it can have ({expected}");

        static byte[] Whole(int number) => BitConverter.GetBytes(number);
    }

    private void Reseal(string pattern, string changed)
    {
        string manifest = Encoding.UTF8.GetString(ModelZip.Entry(_zip, Manifest));
        ModelFileTests.Reseal(_zip, Encoding.UTF8.GetBytes(new Regex(pattern).Replace(manifest, changed, count: 1)));
    }

    private void ExpectRefusal(string expected)
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        var wrapped = Assert.ThrowsAny<TargetInvocationException>(() => new MLContext().Model.Load(_zip, out _));
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        InvalidDataException exception = Assert.IsType<InvalidDataException>(wrapped.GetBaseException());
        Assert.StartsWith("The model file is damaged: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
        Assert.InRange(allocated, 0, MostAllocated);
    }

    private void ReplaceByZeros(string name, long length)
    {
        using ZipArchive archive = ZipFile.Open(_zip, ZipArchiveMode.Update);
        ZipArchiveEntry entry = archive.Entries.Single(other => other.Name == name);
        string path = entry.FullName;
        entry.Delete();
        using Stream stream = archive.CreateEntry(path, CompressionLevel.Fastest).Open();
        var zeros = new byte[1 << 20];
        for (long written = 0; written < length; written += zeros.Length)
        {
            stream.Write(zeros);
        }
    }

    /// <summary>Writes another unpacked length into the zip's directory (APPNOTE.TXT 6.3.10, section 4.3.12).</summary>
    private void ClaimLength(string name, uint length)
    {
        const int LengthAt = 24, NameLengthAt = 28, NameAt = 46;
        byte[] zip = File.ReadAllBytes(_zip);
        int changed = 0;
        for (int at = zip.AsSpan().IndexOf("PK\u0001\u0002"u8); at >= 0;)
        {
            string path = Encoding.UTF8.GetString(zip, at + NameAt, BinaryPrimitives.ReadUInt16LittleEndian(zip.AsSpan(at + NameLengthAt)));
            if (path.EndsWith(name, StringComparison.Ordinal))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(zip.AsSpan(at + LengthAt), length);
                changed++;
            }

            int next = zip.AsSpan(at + NameAt).IndexOf("PK\u0001\u0002"u8);
            at = next < 0 ? -1 : at + NameAt + next;
        }

        Assert.Equal(1, changed);
        File.WriteAllBytes(_zip, zip);
    }
}
