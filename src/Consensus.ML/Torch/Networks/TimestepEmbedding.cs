using Consensus.ML.Graphs;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>Sinusoidal embedding of diffusion times (Vaswani et al. 2017), cosines first.</summary>
internal static class TimestepEmbedding
{
    /// <param name="times">B times, any number type.</param>
    /// <param name="width">Number of values of an embedding, even.</param>
    /// <returns>B×width: cosines, then sines, of t·exp(−ln(10000)·i/half) for i in 0..half−1.</returns>
    public static Tensor Create(Tensor times, int width)
    {
        using var scope = NewDisposeScope();
        int half = width / 2;
        Tensor frequencies = TensorArithmetic.Range(0, half, ScalarType.Float32, times.device).TimesInPlace(-Math.Log(10000) / half).exp_();
        Tensor angles = times.to_type(ScalarType.Float32).unsqueeze(1) * frequencies.unsqueeze(0);
        return cat([angles.cos(), angles.sin()], 1).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="Create"/> of one time that is known when the graph is made: a constant of 1×width.</summary>
    public static GraphValue Emit(GraphBuilder graph, int time, int width)
    {
        int half = width / 2;
        var values = new float[width];
        for (int i = 0; i < half; i++)
        {
            float angle = time * MathF.Exp(i * (float)(-Math.Log(10000) / half));
            (values[i], values[half + i]) = (MathF.Cos(angle), MathF.Sin(angle));
        }

        return graph.Constant(values, 1, width);
    }
}
