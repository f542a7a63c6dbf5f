using System.Diagnostics;
using System.Globalization;
using Consensus.ML.Torch.Kernels;
using Consensus.ML.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Benchmarks;

/// <summary>
/// What it gains to keep the channels of a pixel side by side: convolutions, and normalisation with what follows it, forwards and
/// backwards, as torch has them plane by plane and as the networks compute them. Batches of four, one thread.
/// </summary>
internal static class Layouts
{
    private const long Images = 4;
    private const int Groups = 32;
    private const double Epsilon = 1e-5;

    // .NET compiles a kernel again once it was used often. This many numbers of maps are enough for that.
    private const long WarmUp = 50_000_000;

    private static readonly (long Inputs, long Outputs, long Side)[] Convolutions =
        [(32, 32, 64), (32, 16, 64), (96, 32, 64), (64, 64, 32), (96, 96, 16)];

    private static readonly (long Channels, long Side)[] Norms = [(32, 64), (96, 64), (64, 32), (128, 8)];

    /// <summary>Prints a row for each operation: the shortest time of each way.</summary>
    /// <param name="rounds">How many times each way is measured. The ways take turns.</param>
    public static void Measure(int rounds)
    {
        TorchRuntime.Load();
        using var used = TorchThreads.Use(1);
        Console.WriteLine("| operation | plane by plane, torch, ms | channels last, ms | ratio |");
        Console.WriteLine("| --- | --- | --- | --- |");
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            foreach ((long inputs, long outputs, long side) in Convolutions)
            {
                using var scope = NewDisposeScope();
                Tensor maps = Numbers(type, Images, inputs, side, side), given = Numbers(type, Images, outputs, side, side);
                Tensor weight = Leaf(Numbers(type, outputs, inputs, 3, 3)), bias = Leaf(Numbers(type, outputs));
                Print(rounds, $"3×3 convolution, {inputs} → {outputs} channels, {side} px, {type}", maps, given, Convolved, Convolved);

                Tensor Convolved(Tensor leaf) => functional.conv2d(leaf, weight, bias, padding: [1, 1]);
            }

            foreach ((long channels, long side) in Norms)
            {
                using var scope = NewDisposeScope();
                Tensor maps = Numbers(type, Images, channels, side, side), given = Numbers(type, Images, channels, side, side);
                Tensor scale = Leaf(Numbers(ScalarType.Float32, Images, channels));
                Tensor shift = Leaf(Numbers(ScalarType.Float32, Images, channels));
                Tensor ones = Leaf(torch.ones(channels)), zeros = Leaf(torch.zeros(channels));
                Print(
                    rounds, $"norm, scale and shift, SiLU, {channels} channels, {side} px, {type}", maps, given,
                    leaf => functional.silu((Normed(leaf) * PerPixel(scale, type)).Plus(PerPixel(shift, type))),
                    leaf => GroupNormFunction.Apply(leaf, ones * scale, shift, Groups, Epsilon, Activation.Silu, isTraining: true));
                Print(
                    rounds, $"norm and SiLU, {channels} channels, {side} px, {type}", maps, given,
                    leaf => functional.silu(Normed(leaf)),
                    leaf => GroupNormFunction.Apply(leaf, ones, zeros, Groups, Epsilon, Activation.Silu, isTraining: true));

                Tensor Normed(Tensor leaf) => functional.group_norm(leaf, Groups, ones, zeros, Epsilon);
            }
        }
    }

    private static void Print(
        int rounds, string operation, Tensor maps, Tensor given, Func<Tensor, Tensor> planes, Func<Tensor, Tensor> pixels)
    {
        Tensor ofPlanes = Leaf(maps), ofPixels = Leaf(ChannelsLast.Of(maps)), last = ChannelsLast.Of(given);
        double before = double.PositiveInfinity, now = double.PositiveInfinity;
        for (long round = -WarmUp / maps.numel(); round < rounds; round++)
        {
            double one = Time(planes, ofPlanes, given), other = Time(pixels, ofPixels, last);
            (before, now) = round < 0 ? (before, now) : (Math.Min(before, one), Math.Min(now, other));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {operation} | {before:0.00} | {now:0.00} | {now / before:0.00} |"));
    }

    private static double Time(Func<Tensor, Tensor> operation, Tensor leaf, Tensor given)
    {
        using var scope = NewDisposeScope();
        long start = Stopwatch.GetTimestamp();
        operation(leaf).backward([given]);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static Tensor Numbers(ScalarType type, params long[] shape)
    {
        using var generator = new Generator(1, CPU);
        return randn(shape, generator: generator).to_type(type);
    }

    private static Tensor Leaf(Tensor values) => values.detach().requires_grad_();

    private static Tensor PerPixel(Tensor perChannel, ScalarType type) => perChannel.unsqueeze(-1).unsqueeze(-1).to_type(type);
}
