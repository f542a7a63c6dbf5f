using Consensus.ML.Machine;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Benchmarks;

/// <summary>A network to measure, at one size of slices.</summary>
/// <param name="Name">Its name in the tables and on the command line.</param>
/// <param name="Machine">What is measured.</param>
/// <param name="Rounds">The number of rounds. Each round has a fresh network.</param>
internal sealed record Configuration(string Name, MachineBenchmark Machine, int Rounds = 3)
{
    private static ConsensusSegmentationEstimator.Options Compact { get; } = ConsensusSegmentationEstimator.Options.Compact();

    /// <summary>The published layers at the sizes at which the published implementation was timed, and the Compact preset.</summary>
    public static IReadOnlyList<Configuration> All { get; } =
    [
        Published("S64-L32-3", 64, 32, 3),
        Published("S64-L32-7", 64, 32, 7),
        Published("S64-L64-7", 64, 64, 7),
        Published("S128-L32-3", 128, 32, 3),
        new("compact-64", new() { Size = 64, Levels = 7, Network = Compact.Network, Diffusion = Compact.Diffusion }),
        new("compact-128", new() { Size = 128, Levels = 7, Network = Compact.Network, Diffusion = Compact.Diffusion }),
        new(
            "compact-128-whole",
            new() { Size = 128, Levels = 7, Network = Compact.Network with { PatchSize = 1 }, Diffusion = Compact.Diffusion }),
        Paper("paper", checkpointing: true),
        Paper("paper-kept", checkpointing: false),
    ];

    private static Configuration Published(string name, int size, int channels, int levels) =>
        new(name, new() { Size = size, Levels = levels, Network = new NetworkOptions { ModelChannels = channels } });

    // One image at a time, as the preset trains. paper-kept keeps the activations of the encoder, which needs above 11 GB.
    private static Configuration Paper(string name, bool checkpointing) =>
        new(
            name,
            new()
            {
                Size = 256,
                Levels = 3,
                BatchSize = 1,
                Network = ConsensusSegmentationEstimator.Options.Paper().Network,
                GradientCheckpointing = checkpointing,
            },
            Rounds: 1);
}
