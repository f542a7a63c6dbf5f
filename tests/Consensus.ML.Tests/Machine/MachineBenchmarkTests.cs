using Consensus.ML.Machine;
using Consensus.ML.Options;

namespace Consensus.ML.Tests.Machine;

/// <summary>The benchmark measures the network that was asked for. The counted operations show it. Times are not tested.</summary>
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

    // With one level in each pass, two levels take two passes. With all levels in one pass, only the first and the last convolution are
    // wider.
    [Fact]
    public void All_levels_in_one_pass_take_little_more_than_one_level() => Assert.InRange(
        Plain.Value / Operations(With(network => network with { LevelConditioning = LevelConditioning.Channels })), 1.9, 2.0);

    // Convolutions have a quarter of the work. Only the first and the last do not, because they are four times as wide. Attention works on
    // pairs of pixels and has a sixteenth.
    [Fact]
    public void Patches_leave_a_quarter_of_the_pixels_to_the_network() =>
        Assert.InRange(Plain.Value / Operations(With(network => network with { PatchSize = 2 })), 3, 6);

    private static MachineBenchmark With(Func<NetworkOptions, NetworkOptions> change) =>
        Smallest with { Network = change(Smallest.Network) };

    /// <summary>Millions of operations in one pass.</summary>
    private static double Operations(MachineBenchmark benchmark)
    {
        MachineMeasurement measured = benchmark.Measure(Precision.Float32);
        return measured.UnetGflops * measured.UnetMs;
    }
}
