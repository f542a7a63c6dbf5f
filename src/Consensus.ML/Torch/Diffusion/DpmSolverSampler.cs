using Consensus.ML.Graphs;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>
/// DPM-Solver++ (2M) (Lu et al. 2022, Algorithm 2): a DDIM step towards an extrapolated prediction of x_0. The extrapolation continues the
/// change of the prediction since the previous step.
/// </summary>
/// <remarks>
/// The algorithm adds h/2h' of that change, where h and h' are this stride and the previous stride in λ. With evenly spaced times, the last
/// strides are several times as long as those before. The algorithm overshoots there (on Gaussian data, by more than DDIM's error). So this
/// class adds at most half of the change.
/// </remarks>
internal sealed class DpmSolverSampler : ISampler
{
    /// <inheritdoc/>
    public Tensor Sample(
        DiffusionProcess process,
        Denoiser denoise,
        Tensor noise,
        NoiseSource source,
        CancellationToken cancellation,
        Action<SampledStep>? watch = null)
    {
        NoiseSchedule schedule = process.Schedule;
        Tensor? before = null;
        return SamplerLoop.Run(process, denoise, noise, (prediction, current, _, step) =>
        {
            Tensor start = prediction.Start;

            if (step == 0)
            {
                // The last step leads to x_0 itself, infinitely far in λ, so there is no extrapolation.
                return start.alias();
            }

            Factors factors = FactorsOf(schedule, step, before is not null);
            Tensor aim = before is null ? start : start.Plus((start - before).Times(factors.Change));
            Tensor next = current.Times(factors.Current) - aim.Times(factors.Aim);

            // The step's dispose scope ends before the next step needs this tensor.
            before?.Dispose();
            before = start.alias().MoveToOuterDisposeScope();
            return next;
        }, watch, cancellation);
    }

    /// <inheritdoc/>
    public GraphValue Emit(GraphProcess process, GraphDenoiser denoise, GraphValue noise)
    {
        GraphValue? before = null;
        return process.Run(denoise, noise, (start, current, step) =>
        {
            if (step == 0)
            {
                return start;
            }

            Factors factors = FactorsOf(process.Schedule, step, before is not null);
            GraphValue aim = before is null ? start : start.Plus(start.Minus(before).Times(factors.Change));
            before = start;
            return current.Times(factors.Current).Minus(aim.Times(factors.Aim));
        });
    }

    /// <summary>The numbers of a step before the last.</summary>
    private static Factors FactorsOf(NoiseSchedule schedule, int step, bool extrapolates)
    {
        double alpha = schedule.AlphaCumulativeBefore(step), alphaHere = schedule.AlphasCumulative[step],
            stride = LogRatio(alpha) - LogRatio(alphaHere),
            change = extrapolates
                ? Math.Min(stride / (2 * (LogRatio(alphaHere) - LogRatio(schedule.AlphasCumulative[step + 1]))), 0.5)
                : 0;
        return new(Math.Sqrt((1 - alpha) / (1 - alphaHere)), Math.Sqrt(alpha) * (Math.Exp(-stride) - 1), change);

        // λ = log(√ᾱ / √(1 − ᾱ)).
        static double LogRatio(double alpha) => 0.5 * Math.Log(alpha / (1 - alpha));
    }

    /// <param name="Current">Factor of x_t.</param>
    /// <param name="Aim">Factor of the extrapolated x_0.</param>
    /// <param name="Change">Share of the last change of x_0 that is added to it.</param>
    private sealed record Factors(double Current, double Aim, double Change);
}
