using Consensus.ML.Graphs;
using Consensus.ML.Options;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>The network as a sampler in a graph sees it.</summary>
/// <param name="current">x_t, B×M×H×W for M maps a pass.</param>
/// <param name="time">t of all samples.</param>
/// <returns>The network's output, B×M×H×W, or B×2M×H×W where it predicts the variance.</returns>
internal delegate GraphValue GraphDenoiser(GraphValue current, int time);

/// <summary>
/// The arithmetic of <see cref="DiffusionProcess"/> that deterministic sampling needs, in a graph: each step is a constant.
/// </summary>
/// <param name="Options">What the network predicts.</param>
/// <param name="Schedule">The steps to take.</param>
internal sealed record GraphProcess(DiffusionOptions Options, NoiseSchedule Schedule)
{
    /// <summary>x_0 from the network's output at a step, limited to [−1, 1], as <see cref="DiffusionProcess.Interpret"/> does.</summary>
    public GraphValue Start(GraphValue output, GraphValue current, int step)
    {
        // The channels after the predictions hold the variance, which deterministic sampling does not use.
        GraphValue first = Options.LearnedVariance ? output.Part(1, 0, output.Shape[1] / 2) : output;
        double alpha = Schedule.AlphasCumulative[step];
        GraphValue start = Options.Prediction switch
        {
            PredictionType.Epsilon => current.Times(Math.Sqrt(1 / alpha)).Minus(first.Times(Math.Sqrt((1 / alpha) - 1))),
            PredictionType.XStart => first,
            PredictionType.Velocity => current.Times(Math.Sqrt(alpha)).Minus(first.Times(Math.Sqrt(1 - alpha))),
            PredictionType.XStartLogit => first.Times(0.5).Tanh(),
            _ => throw new InvalidOperationException($"Prediction type {Options.Prediction} is unknown."),
        };
        return start.Clamped(-1, 1);
    }

    /// <summary>One deterministic step, as <see cref="DiffusionProcess.DdimPrevious"/> does.</summary>
    public GraphValue DdimPrevious(GraphValue start, GraphValue current, int step)
    {
        // The last step leads to x_0 itself.
        if (step == 0)
        {
            return start;
        }

        double alpha = Schedule.AlphasCumulative[step], before = Schedule.AlphaCumulativeBefore(step);
        GraphValue noise = current.Times(Math.Sqrt(1 / alpha)).Minus(start).Times(1 / Math.Sqrt((1 / alpha) - 1));
        return start.Times(Math.Sqrt(before)).Plus(noise.Times(Math.Sqrt(1 - before)));
    }

    /// <summary>Runs all steps; <paramref name="previous"/> makes x_{t−1} from x_0, x_t and the step.</summary>
    public GraphValue Run(GraphDenoiser denoise, GraphValue noise, Func<GraphValue, GraphValue, int, GraphValue> previous)
    {
        GraphValue current = noise;
        for (int step = Schedule.Steps - 1; step >= 0; step--)
        {
            current = previous(Start(denoise(current, Schedule.Times[step]), current, step), current, step);
        }

        return current;
    }
}
