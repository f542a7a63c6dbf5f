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
    public Tensor Sample(DiffusionProcess process, Denoiser denoise, Tensor noise, Generator generator, CancellationToken cancellation)
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

            double alpha = schedule.AlphaCumulativeBefore(step), alphaHere = schedule.AlphasCumulative[step],
                stride = LogRatio(alpha) - LogRatio(alphaHere);
            Tensor aim = start;
            if (before is not null)
            {
                double strideBefore = LogRatio(alphaHere) - LogRatio(schedule.AlphasCumulative[step + 1]);
                aim = start.Plus((start - before).Times(Math.Min(stride / (2 * strideBefore), 0.5)));
            }

            Tensor next = current.Times(Math.Sqrt((1 - alpha) / (1 - alphaHere))) - aim.Times(Math.Sqrt(alpha) * (Math.Exp(-stride) - 1));

            // The step's dispose scope ends before the next step needs this tensor.
            before?.Dispose();
            before = start.alias().MoveToOuterDisposeScope();
            return next;
        }, cancellation);

        // λ = log(√ᾱ / √(1 − ᾱ)).
        static double LogRatio(double alpha) => 0.5 * Math.Log(alpha / (1 - alpha));
    }
}
