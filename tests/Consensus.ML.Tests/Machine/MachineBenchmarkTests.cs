using Consensus.ML.Machine;
using Consensus.ML.Options;

namespace Consensus.ML.Tests.Machine;

/// <summary>What is measured is the network that was asked for: its operations, which are counted, say so; times are not tested.</summary>
public sealed class MachineBenchmarkTests
{
    private static readonly MachineBenchmark Smallest = new()
    {
        Size = 8, Levels = 2, BatchSize = 1, TimeEach = TimeSpan.Zero,
        Network = new()
        {
            ModelChannels = 32, ChannelMultipliers = [1], ResidualBlocks = 1, EncoderBlocks = 1, EncoderWidth = 4, EncoderGrowth = 2,
            LevelConditioning = LevelConditioning.Embedding, PatchSize = 1,
        },
    };

    private static readonly Lazy<double> Plain = new(() => Operations(Smallest));

    // Two levels take two passes one way; the other way only the first and the last convolution are wider.
    [Fact]
    public void All_levels_in_one_pass_take_little_more_than_one_level() => Assert.InRange(
        Plain.Value / Operations(With(network => network with { LevelConditioning = LevelConditioning.Channels })), 1.9, 2.0);

    // A quarter of the convolutions' work, but for the first and the last, which are four times as wide; and of attention's, by pairs of
    // pixels, a sixteenth.
    [Fact]
    public void Patches_leave_a_quarter_of_the_pixels_to_the_network() =>
        Assert.InRange(Plain.Value / Operations(With(network => network with { PatchSize = 2 })), 3, 6);

    private static MachineBenchmark With(Func<NetworkOptions, NetworkOptions> change) =>
        Smallest with { Network = change(Smallest.Network) };

    /// <summary>Millions of operations of a pass.</summary>
    private static double Operations(MachineBenchmark benchmark)
    {
        MachineMeasurement measured = benchmark.Measure(Precision.Float32);
        return measured.UnetGflops * measured.UnetMs;
    }
}
