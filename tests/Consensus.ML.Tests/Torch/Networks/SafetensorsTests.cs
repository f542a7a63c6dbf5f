using System.Buffers.Binary;
using System.Text;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Networks;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>
/// Safetensors files that somebody made up. Each is refused in one line, and nothing is made that its bytes do not contain.
/// </summary>
public sealed class SafetensorsTests
{
    private const long MostAllocated = 8_000_000;

    public static TheoryData<string, int, string> WrongHeaders => new()
    {
        { Two("\"a\"", "[0,8]", "\"a\"", "[8,16]"), 16, "names tensor 'a' twice" },
        {
            Two("\"a\"", "[0,8]", "\"b\"", "[4,12]"), 12,
            "Tensor 'b' of the safetensors file begins at byte 4 of the values, where the one before it ends at 8"
        },
        { Two("\"a\"", "[0,8]", "\"b\"", "[0,8]"), 8, "begins at byte 0 of the values, where the one before it ends at 8" },
        { Two("\"a\"", "[0,8]", "\"b\"", "[12,20]"), 20, "begins at byte 12 of the values, where the one before it ends at 8" },
        { Two("\"a\"", "[0,8]", "\"b\"", "[8,16]"), 20, "has 20 bytes of values, but its tensors end at 16" },
        { Two("\"a\"", "[4,12]", "\"b\"", "[12,20]"), 20, "Tensor 'a' of the safetensors file begins at byte 4" },
        { One("F32", "[2]", "[0,8]"), 4, "cut short: tensor 'a' takes bytes 0 to 8 of the values, but there are 4" },
        { One("F32", "[2]", "[-8,0]"), 8, "cut short: tensor 'a' takes bytes -8 to 0" },
        { One("F32", "[2]", "[8,0]"), 8, "cut short: tensor 'a' takes bytes 8 to 0" },
        { One("F32", "[3]", "[0,8]"), 8, "Tensor 'a' of type F32 and shape [3] takes 12 bytes, but the file gives it 8" },
        { One("F32", "[-2]", "[0,8]"), 8, "impossible shape [-2]" },
        { One("F32", "[4611686018427387904,4]", "[0,8]"), 8, "impossible shape [4611686018427387904, 4]" },
        { One("F32", "[4294967296,4294967296,0]", "[0,0]"), 0, "impossible shape" },
        { One("F32", "[1e30]", "[0,8]"), 8, "is damaged" },
        { One("F32", "[99999999999999999999]", "[0,8]"), 8, "is damaged" },
        { One("F32", "[2]", "[0]"), 8, "has no first and last byte" },
        { One("F32", "[2]", "[0,8,8]"), 8, "has no first and last byte" },
        { One("F32", "[2]", "[0.5,8.5]"), 8, "is damaged" },
        { One("Q7", "[2]", "[0,8]"), 8, "the unknown type 'Q7'" },
        { One("", "[8]", "[0,8]"), 8, "the unknown type ''" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "is damaged" },
        { "{\"a\":{\"dtype\":null,\"shape\":null,\"data_offsets\":null}}", 8, "is damaged" },
        { "{\"a\":[]}", 0, "is damaged" },
        { "{\"__metadata__\":[]}", 0, "is damaged" },
        { "{\"__metadata__\":{\"a\":1}}", 0, "is damaged" },
        { "[]", 0, "is damaged" },
        { "7", 0, "is damaged" },
        { "", 0, "is damaged" },
        { new string('[', 10_000), 0, "is damaged" },
        { Two("\"a\\n\\u001b[2Jb\"", "[0,8]", "\"a\\n\\u001b[2Jb\"", "[8,16]"), 16, "names tensor 'a\uFFFD\uFFFD[2Jb' twice" },
    };

    [Theory]
    [MemberData(nameof(WrongHeaders))]
    public void A_header_that_no_library_writes_is_refused_in_one_line(string header, int values, string expected)
    {
        byte[] file = File(header, values);
        ExpectRefusal(() => Safetensors.Parse(file), expected);
        ExpectRefusal(() => SafetensorsStream.Open(new MemoryStream(file)), expected);
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(100ul)]
    [InlineData(99_999_999ul)]
    [InlineData(100_000_001ul)]
    [InlineData(ulong.MaxValue)]
    [InlineData((ulong)long.MaxValue)]
    public void A_header_that_claims_to_be_longer_than_the_file_is_not_made_room_for(ulong length)
    {
        byte[] file = File(One("F32", "[2]", "[0,8]"), 8);
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        ExpectRefusal(() => Safetensors.Parse(file), "afetensors file");
        ExpectRefusal(() => SafetensorsStream.Open(new MemoryStream(file)), "afetensors file");
    }

    [Fact]
    public void Tensors_may_stand_in_any_order_and_be_empty()
    {
        byte[] file = File(Two("\"a\"", "[8,16]", "\"b\"", "[0,8]"), 16);
        Assert.Equal(["a", "b"], Safetensors.Parse(file).Entries.Select(entry => entry.Name));
        Assert.Equal([0], Assert.Single(Safetensors.Parse(File(One("F32", "[0]", "[0,0]"), 0)).Entries).Shape);
    }

    /// <summary>The requested network takes gigabytes. The file that should hold it has a few bytes.</summary>
    [Fact]
    public void A_network_is_not_made_before_its_file_is_known_to_hold_it()
    {
        var options = new NetworkOptions { ModelChannels = 4096, ChannelMultipliers = [1, 64], ResidualBlocks = 8 };
        WeightLayout layout = new ConsensusNetwork(options, 16, 1, 3, learnedVariance: false).Layout;
        Assert.InRange(layout.ParameterCount, 1L << 40, long.MaxValue);
        byte[] file = File(One("F32", "[2]", "[0,8]"), 8);
        ExpectRefusal(() => Checkpoint.Read(layout, file, CPU), "The checkpoint has no weight 'time_embed.0.weight'");
        ExpectRefusal(() => Checkpoint.Read(layout, new MemoryStream(file), CPU), "The checkpoint has no weight 'time_embed.0.weight'");
    }

    [Fact]
    public void A_stream_gives_the_weights_that_memory_gives_in_every_type()
    {
        var layout = new WeightLayout();
        foreach (string type in (string[])["F64", "F32", "F16", "BF16", "I32", "I64"])
        {
            layout.Add(type, [2], Initialization.Zeros);
        }

        // 1 and −2 in each type, little-endian.
        const string Header = """
            {"F64":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"F32":{"dtype":"F32","shape":[2],"data_offsets":[16,24]},
            "F16":{"dtype":"F16","shape":[2],"data_offsets":[24,28]},"BF16":{"dtype":"BF16","shape":[2],"data_offsets":[28,32]},
            "I32":{"dtype":"I32","shape":[2],"data_offsets":[32,40]},"I64":{"dtype":"I64","shape":[2],"data_offsets":[40,56]}}
            """;
        byte[] values = Convert.FromHexString(
            "000000000000F03F00000000000000C0" + "0000803F000000C0" + "003C00C0" + "803F00C0" + "01000000FEFFFFFF"
            + "0100000000000000FEFFFFFFFFFFFFFF");
        byte[] file = [.. File(Header, 0), .. values];
        using WeightSet memory = Checkpoint.Read(layout, file, CPU), stream = Checkpoint.Read(layout, new MemoryStream(file), CPU);
        foreach (WeightSet weights in (WeightSet[])[memory, stream])
        {
            Assert.All(weights.Weights, weight => Assert.Equal([1f, -2f], weight.data<float>().ToArray()));
        }
    }

    [Fact]
    public void Any_flipped_bit_and_any_truncation_of_a_header_is_refused_in_one_line_or_harmless()
    {
        byte[] whole = File(Two("\"a\"", "[0,8]", "\"b\"", "[8,16]"), 16);
        IEnumerable<byte[]> flipped = Enumerable.Range(0, 8 * (whole.Length - 16)).Select(bit =>
        {
            byte[] bytes = [.. whole];
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            return bytes;
        });
        int refused = 0;
        foreach (byte[] file in flipped.Concat(Enumerable.Range(0, whole.Length).Select(length => whole[..length])))
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Safetensors.Parse(file);
            }
            catch (InvalidDataException exception)
            {
                Assert.DoesNotContain('\n', exception.Message);
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
        }

        Assert.True(refused > whole.Length);
    }

    private static string One(string type, string shape, string offsets) =>
        $"{{\"a\":{{\"dtype\":\"{type}\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}";

    private static string Two(string first, string offsets, string second, string others) =>
        $"{{{first}:{{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":{offsets}}},{second}"
        + $":{{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":{others}}}}}";

    private static byte[] File(string header, int values)
    {
        byte[] text = Encoding.UTF8.GetBytes(header), file = new byte[8 + text.Length + values];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)text.Length);
        text.CopyTo(file, 8);
        return file;
    }

    private static void ExpectRefusal(Action read, string expected)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Complaint.Expect<InvalidDataException>(read, expected);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
    }
}
