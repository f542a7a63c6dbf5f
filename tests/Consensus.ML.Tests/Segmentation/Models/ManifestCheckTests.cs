using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Training;

namespace Consensus.ML.Tests.Segmentation.Models;

/// <summary>A model's manifest may come from a stranger. Everything in it is checked before anything is made from it.</summary>
public sealed class ManifestCheckTests
{
    private const string Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string OtherHash = "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    // More than a layout takes, and far less than any of the numbers below would take.
    private const long MostAllocated = 32_000_000;

    // JSON allows this number, but no double is as large.
    private const string TooLarge = "1e999";

    private static readonly NetworkOptions Network = new()
    {
        ChannelMultipliers = [1, 1], ResidualBlocks = 1, EncoderBlocks = 1, EncoderWidth = 4, EncoderGrowth = 2,
    };

    private static readonly ManifestTraining Training = new(
        new TrainingOptions(), new AugmentationPolicy(), new TrainingHistory(10, 5, 0.5, 1.5, 4, 1, false, [new(5, 0.25, 0.5)]))
    {
        MaskOffset = new(-0.25, -0.25),
        MaskScale = new(2, 2),
    };

    public static TheoryData<string, string, string> WrongValues => new()
    {
        { "formatVersion", "0", "FormatVersion is 0; it must be at least 1" },
        { "columns/features", "\"\"", "Features is empty" },
        { "columns/softMap", "\"Samples\"", "they must differ" },
        { "height", "0", "Height is 0; it must be from 1 to 16384" },
        { "height", "-16", "Height is -16" },
        { "height", "1073741824", "Height is 1073741824" },
        { "height", "17", "must be a multiple of 2" },
        { "width", "16386", "Width is 16386" },
        { "imageChannels", "0", "ImageChannels is 0" },
        { "imageChannels", "2147483647", "ImageChannels is 2147483647" },
        { "raters", "0", "Raters is 0; it must be from 1 to 255" },
        { "raters", "1000000000", "Raters is 1000000000" },
        { "network/modelChannels", "33", "Network.ModelChannels is 33" },
        { "network/modelChannels", "2147483616", "it must be a multiple of 32, from 32 to 4096" },
        { "network/channelMultipliers", "[]", "Network.ChannelMultipliers is []" },
        { "network/channelMultipliers", "[1, 65]", "[1, 65]" },
        { "network/channelMultipliers", "[1,1,1,1,1,1,1,1,1,1,1,1,1]", "1 to 12 numbers from 1 to 64" },
        { "network/patchSize", "3", "Network.PatchSize is 3" },
        { "network/patchSize", "null", "Network.PatchSize is null" },
        { "network/residualBlocks", "1000000000", "Network.ResidualBlocks is 1000000000" },
        { "network/attentionResolutions", "[0]", "Network.AttentionResolutions is [0]" },
        { "network/attentionHeads", "0", "Network.AttentionHeads is 0" },
        { "network/attentionHeads", "5", "divide the channels of every level (32, 32)" },
        { "network/encoderBlocks", "1000000000", "Network.EncoderBlocks is 1000000000" },
        { "network/encoderWidth", "0", "Network.EncoderWidth is 0" },
        { "network/encoderGrowth", "1000000000", "Network.EncoderGrowth is 1000000000" },
        { "network/dropout", "1", "Network.Dropout is 1" },
        { "network/dropout", TooLarge, "Network.Dropout is" },
        { "sampling/generations", "0", "Sampling.Generations is 0; it must be from 1 to 1000" },
        { "sampling/generations", "1000000000", "Sampling.Generations is 1000000000" },
        { "sampling/tolerance", "-1", "Sampling.Tolerance is -1" },
        { "sampling/batchSize", "0", "Sampling.BatchSize is 0" },
        { "training/options/steps", "-1", "Training.Steps is -1" },
        { "training/options/batchSize", "0", "Training.BatchSize is 0" },
        { "training/options/learningRate", TooLarge, "Training.LearningRate is" },
        { "training/options/emaDecay", "1", "Training.EmaDecay is 1" },
        { "training/options/validationSampling/generations", "1001", "Training.ValidationSampling.Generations is 1001" },
        { "training/options/threads", "1000000", "Training.Threads is 1000000" },
        { "training/augmentation/horizontalFlip", "2", "HorizontalFlip is 2" },
        { "training/augmentation/maximumScale", TooLarge, "MaximumScale is" },
        { "training/maskOffset/rows", "1.5", "MaskOffset.Rows is 1.5; it must be from -1 to 1" },
        { "training/maskOffset/columns", TooLarge, "MaskOffset.Columns is Infinity" },
        { "training/maskScale/rows", "0", "MaskScale.Rows is 0; it must be from" },
        { "training/maskScale/columns", TooLarge, "MaskScale.Columns is Infinity" },
        { "training/history/steps", "-1", "History.Steps is -1" },
        { "training/history/bestStep", "11", "History.BestStep is 11; it must be from 0 to 10" },
        { "training/history/bestValidationScore", "1.5", "History.BestValidationScore is 1.5" },
        { "training/history/seconds", "1e300", "History.Seconds is 1E+300" },
        { "training/history/trainingCases", "-1", "History.TrainingCases is -1" },
        { "training/history/validationCases", "-1", "History.ValidationCases is -1" },
        { "training/history/validations", "[null]", "History.Validations is null" },
        { "training/history/validations/0/step", "11", "History.Validations.Step is 11" },
        { "training/history/validations/0/loss", TooLarge, "History.Validations.Loss is no finite number" },
        { "training/history/validations/0/softDice", "-0.5", "History.Validations.SoftDice is -0.5" },
        { "weights", "null", "says nothing of the weights" },
        { "weights/file", "\"../weights.safetensors\"", "'../weights.safetensors'; they must be in weights.safetensors" },
        { "weights/bytes", "-1", "weights.safetensors is said to have -1 bytes" },
        { "weights/bytes", "1900000000", "is said to have 1900000000 bytes; the weights of the network it describes take" },
        { "weights/sha256", "\"\"", "is not 64 hexadecimal digits" },
        { "weights/sha256", $"\"{new string('Z', 64)}\"", "is not 64 hexadecimal digits" },
        { "furtherMembers", "[null]", "says nothing of the weights" },
    };

    public static TheoryData<string, string, string> WrongValuesOfDiffusion => new()
    {
        { "diffusion/steps", "1", "Diffusion.Steps is 1; it must be from 2 to 4000" },
        { "diffusion/steps", "1000000000", "Diffusion.Steps is 1000000000" },
        { "sampling/steps", "101", "Sampling.Steps is 101; it must be from 1 to 100" },
        { "target", "\"other\"", "cannot be read" },
        { "target", "0", "cannot be read" },
        { "diffusion/schedule", "\"square\"", "cannot be read" },
        { "sampling/precision", "\"float8\"", "cannot be read" },
    };

    [Fact]
    public void A_manifest_as_it_is_saved_is_taken()
    {
        Assert.Equal(16, Read(ManifestJson.Write(Consensus())).Height);
        Assert.Equal(16, ReadOnePass(ManifestJson.Write(OnePass())).Height);
    }

    [Theory]
    [MemberData(nameof(WrongValues))]
    public void A_value_that_no_model_has_is_refused_by_name(string path, string value, string expected)
    {
        ExpectRefusal(() => Read(Changed(ManifestJson.Write(Consensus()), path, value)), expected);
        ExpectRefusal(() => ReadOnePass(Changed(ManifestJson.Write(OnePass()), path, value)), expected);
    }

    [Theory]
    [MemberData(nameof(WrongValuesOfDiffusion))]
    public void A_value_that_no_diffusion_model_has_is_refused(string path, string value, string expected) =>
        ExpectRefusal(() => Read(Changed(ManifestJson.Write(Consensus()), path, value)), expected);

    [Theory]
    [InlineData("passDropout", "0", "PassDropout is 0")]
    [InlineData("passDropout", "1", "PassDropout is 1")]
    [InlineData("kind", "\"other\"", "cannot be read")]
    public void A_value_that_no_one_pass_model_has_is_refused(string path, string value, string expected) =>
        ExpectRefusal(() => ReadOnePass(Changed(ManifestJson.Write(OnePass()), path, value)), expected);

    [Fact]
    public void Members_have_their_own_weights_and_no_more_than_a_thousand_are_read()
    {
        long bytes = Consensus().Weights!.Bytes;
        byte[] Ensemble(int further, Func<int, string> hash) => ManifestJson.Write(Consensus() with
        {
            FormatVersion = 2,
            FurtherMembers = [.. Enumerable.Range(2, further).Select(member =>
                new ManifestMember(member, Training) { Weights = new($"weights-{member}.safetensors", bytes, hash(member)) })],
        });
        string Numbered(int member) => member.ToString("x64", CultureInfo.InvariantCulture);

        Assert.Equal(2, Read(Ensemble(2, Numbered)).FurtherMembers!.Count);
        byte[] same = Ensemble(1, _ => Hash), many = Ensemble(1000, Numbered);
        ExpectRefusal(() => Read(same), "weights-2.safetensors has the SHA-256 of another member");
        ExpectRefusal(() => Read(many), "Members is 1001; it must be from 1 to 1000");
        byte[] history = Changed(Ensemble(1, _ => OtherHash), "furtherMembers/0/training/history/seconds", "-1");
        ExpectRefusal(() => Read(history), "History.Seconds is -1");
    }

    [Fact]
    public void Weights_are_promised_to_the_byte()
    {
        WeightLayout layout = Consensus().Description.Layout();
        using WeightSet weights = WeightSet.Initialize(layout, TorchSharp.torch.CPU, seed: 1);
        int length = Checkpoint.Write(weights).Length;
        string Promised(int bytes) => bytes.ToString(CultureInfo.InvariantCulture);
        Assert.Equal(length, Read(Changed(ManifestJson.Write(Consensus()), "weights/bytes", Promised(length))).Weights!.Bytes);
        ExpectRefusal(() => Read(Changed(ManifestJson.Write(Consensus()), "weights/bytes", Promised(length + 1))), $"take {length}");

        // Compares the values themselves, because another writer's header may be shorter.
        int values = (int)(4 * layout.ParameterCount);
        Assert.Equal(values, Read(Changed(ManifestJson.Write(Consensus()), "weights/bytes", Promised(values))).Weights!.Bytes);
        ExpectRefusal(() => Read(Changed(ManifestJson.Write(Consensus()), "weights/bytes", Promised(values - 1))), $"take {length}");
    }

    /// <summary>
    /// Each number of both manifests in turn becomes a number that is probably wrong. If it is not refused, what it makes must be small.
    /// </summary>
    [Theory]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("2147483647")]
    [InlineData("-2147483648")]
    [InlineData("4294967296")]
    [InlineData("0.5")]
    [InlineData("1e300")]
    [InlineData(TooLarge)]
    [InlineData("\"1\"")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void Any_member_that_is_changed_is_refused_in_one_line_or_harmless(string value)
    {
        int refused = 0, all = 0;
        foreach ((byte[] json, Func<byte[], ModelManifest> read) in
            new (byte[], Func<byte[], ModelManifest>)[]
            {
                (ManifestJson.Write(Consensus()), Read), (ManifestJson.Write(OnePass()), ReadOnePass),
            })
        {
            foreach (string path in Paths(JsonNode.Parse(json)!, ""))
            {
                all++;
                byte[] changed = Changed(json, path, value);
                long before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    read(changed);
                }
                catch (InvalidDataException exception)
                {
                    Assert.DoesNotContain('\n', exception.Message);
                    refused++;
                }

                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
            }
        }

        Assert.InRange(refused, all / 4, all);
    }

    [Fact]
    public void Every_truncation_and_many_flipped_bits_are_refused_in_one_line_or_harmless()
    {
        byte[] whole = ManifestJson.Write(Consensus());
        var random = new Random(1);
        IEnumerable<byte[]> cut = Enumerable.Range(0, whole.Length / 7).Select(i => whole[..(7 * i)]);
        IEnumerable<byte[]> flipped = Enumerable.Range(0, 1000).Select(_ =>
        {
            byte[] bytes = [.. whole];
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            return bytes;
        });
        int refused = 0;
        foreach (byte[] json in cut.Concat(flipped))
        {
            try
            {
                Read(json);
            }
            catch (InvalidDataException exception)
            {
                Assert.DoesNotContain('\n', exception.Message);
                refused++;
            }
        }

        Assert.True(refused > whole.Length / 7);
    }

    [Fact]
    public void A_member_that_is_named_twice_is_refused()
    {
        string json = Encoding.UTF8.GetString(ManifestJson.Write(Consensus()));
        string twice = json.Replace("\"height\": 16,", "\"height\": 16, \"height\": 16,");
        ExpectRefusal(() => Read(Encoding.UTF8.GetBytes(twice)), "cannot be read");
    }

    [Fact]
    public void A_manifest_that_is_nested_without_end_is_refused()
    {
        string deep = new string('[', 100_000);
        ExpectRefusal(() => Read(Encoding.UTF8.GetBytes(deep)), "cannot be read");
    }

    private static DiffusionManifest Read(byte[] json)
    {
        DiffusionManifest manifest = ManifestJson.Read<DiffusionManifest>(json);
        ManifestCheck.Check(manifest);
        return manifest;
    }

    private static OnePassManifest ReadOnePass(byte[] json)
    {
        OnePassManifest manifest = ManifestJson.Read<OnePassManifest>(json);
        ManifestCheck.Check(manifest);
        return manifest;
    }

    private static DiffusionManifest Consensus() => Promising(new DiffusionManifest()
    {
        Columns = new("Features", "SoftMap", "ConsensusMaps", "Uncertainty"),
        Height = 16,
        Width = 16,
        ImageChannels = 1,
        Levels = 3,
        Target = TrainingTarget.Consensus,
        Network = Network,
        Diffusion = new(),
        Sampling = new(),
        Seed = 1,
        Training = Training,
    });

    private static OnePassManifest OnePass() => Promising(new OnePassManifest()
    {
        Columns = new("Features", "SoftMap", "ConsensusMaps", "Uncertainty"),
        Height = 16,
        Width = 16,
        ImageChannels = 1,
        Levels = 3,
        Kind = UNetKind.Levels,
        Rounded = true,
        PassDropout = 0.5,
        Network = Network,
        Sampling = new(),
        Seed = 1,
        Training = Training,
    });

    /// <summary>The manifest as in a file, with the weights of its network beside it.</summary>
    private static T Promising<T>(T manifest)
        where T : ModelManifest
    {
        long bytes = Checkpoint.Length(manifest.Description.Layout()).File;
        return (T)manifest.WithWeights([new(ModelFile.WeightsName, bytes, Hash)]);
    }

    /// <summary>The paths of everything below a node. Places in lists are numbers.</summary>
    private static IEnumerable<string> Paths(JsonNode node, string path)
    {
        IEnumerable<(string Name, JsonNode? Value)> children = node switch
        {
            JsonObject members => members.Select(member => (member.Key, member.Value)),
            JsonArray items => items.Select((item, i) => (i.ToString(CultureInfo.InvariantCulture), item)),
            _ => [],
        };
        foreach ((string name, JsonNode? value) in children.ToArray())
        {
            string at = path.Length == 0 ? name : $"{path}/{name}";
            yield return at;
            foreach (string below in value is null ? [] : Paths(value, at))
            {
                yield return below;
            }
        }
    }

    /// <summary>The JSON with another value at a path. A placeholder stands for values that no JSON library writes.</summary>
    private static byte[] Changed(byte[] json, string path, string value)
    {
        const string Placeholder = "\"*placeholder*\"";
        JsonNode root = JsonNode.Parse(json)!;
        string[] names = path.Split('/');
        JsonNode parent = names[..^1].Aggregate(root, (node, name) => Child(node, name)!);
        if (parent is JsonArray items)
        {
            items[int.Parse(names[^1], CultureInfo.InvariantCulture)] = "*placeholder*";
        }
        else
        {
            Assert.True(parent.AsObject().ContainsKey(names[^1]) || names[^1] == "furtherMembers", $"there is no {path}");
            parent[names[^1]] = "*placeholder*";
        }

        return Encoding.UTF8.GetBytes(root.ToJsonString().Replace(Placeholder, value, StringComparison.Ordinal));

        static JsonNode? Child(JsonNode node, string name) =>
            node is JsonArray items ? items[int.Parse(name, CultureInfo.InvariantCulture)] : node[name];
    }

    private static void ExpectRefusal(Action read, string expected)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Complaint.Expect<InvalidDataException>(read, "The model file is damaged", ModelFile.ManifestName, expected);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
    }
}
