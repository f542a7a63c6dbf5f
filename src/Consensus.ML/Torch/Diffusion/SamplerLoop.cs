using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>The loop of every sampler: from the noisiest step to the last, with one network output for each step.</summary>
internal static class SamplerLoop
{
    /// <summary>
    /// Runs the steps; <paramref name="previous"/> makes x_{t−1} from the prediction, x_t and the step. It gets the step as a tensor (B
    /// int64) and as a number, since reading the tensor would make a GPU wait.
    /// </summary>
    public static Tensor Run(
        DiffusionProcess process,
        Denoiser denoise,
        Tensor noise,
        Func<StepPrediction, Tensor, Tensor, int, Tensor> previous,
        Action<SampledStep>? watch,
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
            watch?.Invoke(new(process.Schedule.Times[step], current, prediction.Start));
            Tensor next = previous(prediction, current, steps, step).MoveToOuterDisposeScope();
            current.Dispose();
            current = next;
        }

        return current.MoveToOuterDisposeScope();
    }
}
