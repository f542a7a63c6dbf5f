using System.Text.Json;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Networks;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Networks;

/// <summary>A network of the published implementation, with one recorded pass through all of it.</summary>
internal sealed class PublishedNetwork : IDisposable
{
    private readonly Safetensors _file;
    private readonly Dictionary<string, SafetensorsEntry> _entries;

    public PublishedNetwork(string name)
    {
        Bytes = File.ReadAllBytes(TestVectors.PathOf(name));
        _file = Safetensors.Parse(Bytes);
        _entries = _file.Entries.ToDictionary(entry => entry.Name);
        Side = Number("image_size");
        Options = new NetworkOptions
        {
            ModelChannels = Number("model_channels"),
            ChannelMultipliers = Numbers("channel_mult"),
            ResidualBlocks = Number("num_res_blocks"),
            AttentionResolutions = Numbers("attention"),
            AttentionHeads = Number("heads"),
            EncoderBlocks = Number("rrdb_blocks"),
        };
        bool embedded = Text("levels") != "None" && Text("mode") is not ("no-annotator" or "soft-label");
        Diffusion = new DiffusionOptions { Steps = Number("steps"), LearnedVariance = Text("learn_sigma") == "True" };
        Network = new ConsensusNetwork(
            Options, Side, Number("image_channels"), embedded ? Number("levels") : null, Diffusion.LearnedVariance);
        Weights = Checkpoint.Read(Network.Layout, Bytes, CPU);
        Process = new DiffusionProcess(Diffusion, NoiseSchedule.Create(NoiseScheduleKind.Linear, Diffusion.Steps), CPU);
    }

    public byte[] Bytes { get; }

    public int Side { get; }

    public NetworkOptions Options { get; }

    public DiffusionOptions Diffusion { get; }

    public ConsensusNetwork Network { get; }

    public WeightSet Weights { get; }

    public DiffusionProcess Process { get; }

    /// <summary>A recorded tensor as float32. Whole numbers (t, level) are int64. The surrounding scope owns it.</summary>
    public Tensor Recorded(string name)
    {
        SafetensorsEntry entry = _entries[$"io.{name}"];
        using Tensor values = _file.Read(entry);
        return entry.Type.StartsWith('I') ? values.to_type(ScalarType.Int64) : values.alias();
    }

    public bool Has(string name) => _entries.ContainsKey($"io.{name}");

    public void Dispose()
    {
        Weights.Dispose();
        Process.Dispose();
    }

    private string Text(string key) => _file.Metadata[key];

    private int Number(string key) => int.Parse(Text(key));

    private int[] Numbers(string key) => JsonSerializer.Deserialize<int[]>(Text(key))!;
}
