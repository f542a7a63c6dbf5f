using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>The network as a sampler sees it: x_t (B×M×H×W, for M maps a pass) and the times to tell it (B int64) to its output.</summary>
internal delegate Tensor Denoiser(Tensor current, Tensor times);

/// <summary>Takes noise to maps.</summary>
internal interface ISampler
{
    /// <summary>Samples.</summary>
    /// <param name="process">The process over the steps to take.</param>
    /// <param name="denoise">The network.</param>
    /// <param name="noise">Starting noise B×M×H×W; not changed.</param>
    /// <param name="generator">Source of further noise, on the process's device.</param>
    /// <param name="cancellation">Ends sampling between two steps.</param>
    /// <returns>x_0 in [−1, 1], B×M×H×W; owned by the surrounding dispose scope.</returns>
    Tensor Sample(DiffusionProcess process, Denoiser denoise, Tensor noise, Generator generator, CancellationToken cancellation);
}

/// <summary>Ancestral sampling (Ho et al. 2020, Algorithm 2).</summary>
internal sealed class DdpmSampler : ISampler
{
    /// <inheritdoc/>
    public Tensor Sample(DiffusionProcess process, Denoiser denoise, Tensor noise, Generator generator, CancellationToken cancellation) =>
        SamplerLoop.Run(process, denoise, noise, (prediction, _, steps, step) =>
        {
            // No noise is drawn at the last step, which would not use it.
            Tensor fresh = step == 0
                ? zeros_like(prediction.Mean)
                : randn(prediction.Mean.shape, device: noise.device, generator: generator);
            return DiffusionProcess.DdpmPrevious(prediction, steps, fresh);
        }, cancellation);
}

/// <summary>Deterministic sampling with η = 0 (Song et al. 2021).</summary>
internal sealed class DdimSampler : ISampler
{
    /// <inheritdoc/>
    public Tensor Sample(DiffusionProcess process, Denoiser denoise, Tensor noise, Generator generator, CancellationToken cancellation) =>
        SamplerLoop.Run(
            process, denoise, noise, (prediction, current, steps, _) => process.DdimPrevious(prediction, current, steps), cancellation);
}

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

/// <summary>What every sampler does: from the noisiest step to the last, one network output a step.</summary>
internal static class SamplerLoop
{
    /// <summary>The samplers by name.</summary>
    public static ISampler Create(SamplerKind kind) => kind switch
    {
        SamplerKind.Ddpm => new DdpmSampler(),
        SamplerKind.Ddim => new DdimSampler(),
        SamplerKind.DpmSolver => new DpmSolverSampler(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "The sampler must be Ddpm, Ddim or DpmSolver."),
    };

    /// <summary>
    /// Runs the steps; <paramref name="previous"/> makes x_{t−1} from the prediction, x_t and the step, given B times (int64) and as a
    /// number, since asking the tensor would make a GPU wait.
    /// </summary>
    public static Tensor Run(
        DiffusionProcess process,
        Denoiser denoise,
        Tensor noise,
        Func<StepPrediction, Tensor, Tensor, int, Tensor> previous,
        CancellationToken cancellation)
    {
        using var outer = NewDisposeScope();
        Tensor current = noise.alias();
        for (int step = process.Schedule.Steps - 1; step >= 0; step--)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Tensor steps = TensorArithmetic.Repeated(noise.shape[0], step, noise.device);
            Tensor output = denoise(current, process.NetworkTimes(steps));
            StepPrediction prediction = process.Interpret(output, current, steps, clamp: true);
            process.Watch?.Invoke(new(process.Schedule.Times[step], current, prediction.Start));
            Tensor next = previous(prediction, current, steps, step).MoveToOuterDisposeScope();
            current.Dispose();
            current = next;
        }

        return current.MoveToOuterDisposeScope();
    }
}
