using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>
/// DPM-Solver++ (2M) (Lu et al. 2022, Algorithm 2): DDIM's step towards a prediction of x_0 that is carried on along its change
/// since the step before.
/// </summary>
/// <remarks>
/// The algorithm carries it on by h/2h' of that change, with h and h' this stride and the last one in λ. Evenly spaced times end with
/// strides several times as long as those before, where that overshoots (on Gaussian data by more than DDIM errs): half of the change is
/// the most that is taken here.
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
                // The last step leads to x_0 itself, infinitely far in λ: no slope carries there.
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

            // The scope of the step ends before the next one needs this.
            before?.Dispose();
            before = start.alias().MoveToOuterDisposeScope();
            return next;
        }, cancellation);

        // λ = log(√ᾱ / √(1 − ᾱ)).
        static double LogRatio(double alpha) => 0.5 * Math.Log(alpha / (1 - alpha));
    }
}
