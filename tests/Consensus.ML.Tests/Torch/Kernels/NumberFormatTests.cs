using System.Globalization;
using Consensus.ML.Torch.Kernels;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Kernels;

/// <summary>Numbers are read and written as torch does.</summary>
public sealed unsafe class NumberFormatTests
{
    [Fact]
    public void BFloat16_is_rounded_as_torch_rounds_it()
    {
        // Ties to both sides, the largest numbers, the smallest, and what is not a number; then numbers of all sizes.
        List<float> values =
        [
            0, -0f, 1, -1, 1 + (1 / 256f), 1 + (3 / 256f), 1 + (1 / 256f) + (1 / 8192f), 3.4e38f, float.MaxValue, -float.MaxValue,
            float.Epsilon, -1e-40f, float.PositiveInfinity, float.NegativeInfinity, float.NaN,
            BitConverter.UInt32BitsToSingle(0x7FFFFFFF), BitConverter.UInt32BitsToSingle(0xFF800001),
        ];
        var random = new Random(1);
        while (values.Count % NumberFormat.Block != 0 || values.Count < 4000)
        {
            values.Add(BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32)));
        }

        float[] given = [.. values], written = new float[given.Length];
        ushort[] halves = new ushort[given.Length];
        fixed (float* from = given, back = written)
        fixed (ushort* to = halves)
        {
            for (int i = 0; i < given.Length; i += NumberFormat.Block)
            {
                Float32Format.Read(from + i, out var first, out var second);
                BFloat16Format.Write(to + i, first, second);
                BFloat16Format.Read(to + i, out first, out second);
                Float32Format.Write(back + i, first, second);
            }
        }

        using var scope = NewDisposeScope();
        float[] expected = tensor(given).to_type(ScalarType.BFloat16).to_type(ScalarType.Float32).data<float>().ToArray();
        Assert.Equal(expected.Select(Comparable), written.Select(Comparable));

        // All numbers that are none are equal; 0 and −0 are not.
        static string Comparable(float value) =>
            float.IsNaN(value) ? "NaN" : BitConverter.SingleToUInt32Bits(value).ToString("X8", CultureInfo.InvariantCulture);
    }
}
