using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Consensus.ML.Torch.Diffusion;

/// <summary>What a network's output predicts for the step from x_t to x_{t−1}. Owned by the surrounding dispose scope.</summary>
/// <param name="Start">Predicted x_0, B×M×H×W for M maps a pass.</param>
/// <param name="Mean">Mean of p(x_{t−1} | x_t).</param>
/// <param name="LogVariance">Logarithm of its variance; one value for each sample if the variance is not learned.</param>
internal sealed record StepPrediction(Tensor Start, Tensor Mean, Tensor LogVariance);

/// <summary>A step of a sampler as it happens. Its tensors live until the step is done.</summary>
/// <param name="Time">The time t that the network received, from the process's full T steps.</param>
/// <param name="Current">x_t, B×M×H×W.</param>
/// <param name="Start">The x_0 that the network predicts from it, clamped to [−1, 1].</param>
internal sealed record SampledStep(int Time, Tensor Current, Tensor Start);

/// <summary>The losses of a batch, one value for each sample. Owned by the surrounding dispose scope.</summary>
/// <param name="Total">The loss that training minimises, averaged over the batch.</param>
/// <param name="Main">Its main part: mean squared error of the predicted quantity, or cross-entropy for logits.</param>
/// <param name="VariationalBound">The bound in bits per pixel, which trains the variance; null if the variance is fixed.</param>
internal sealed record DiffusionLoss(Tensor Total, Tensor Main, Tensor? VariationalBound);

/// <summary>
/// The arithmetic of diffusion on tensors: the forward process, what the network's output means, losses (Ho et al. 2020;
/// Nichol and Dhariwal 2021). Holds the schedule's tables on one device.
/// </summary>
internal sealed class DiffusionProcess : IDisposable
{
    // One level of 8-bit grey in [-1, 1] is 2/255 wide: half of it to either side.
    private const double HalfBin = 1.0 / 255;
    private const double LogFloor = 1e-12;
    private static readonly double BitsPerNat = 1 / Math.Log(2);

    private readonly List<Tensor> _tables = [];
    private readonly Tensor _times, _sqrtAlpha, _sqrtOneMinusAlpha, _sqrtReciprocalAlpha, _sqrtReciprocalAlphaMinusOne;
    private readonly Tensor _meanStart, _meanCurrent, _posteriorLogVariance, _logBeta, _fixedLogVariance, _alphaBefore;

    public DiffusionProcess(DiffusionOptions options, NoiseSchedule schedule, Device device)
    {
        Options = options;
        Schedule = schedule;
        using var scope = NewDisposeScope();
        double[] alpha = schedule.AlphasCumulative;
        _times = Own(schedule.Times.Select(t => (long)t).ToArray().ToTensor(device));
        IEnumerable<double>[] tables =
        [
            alpha.Select(a => Math.Sqrt(a)),
            alpha.Select(a => Math.Sqrt(1 - a)),
            alpha.Select(a => Math.Sqrt(1 / a)),
            alpha.Select(a => Math.Sqrt((1 / a) - 1)),
            schedule.PosteriorMeanStart,
            schedule.PosteriorMeanCurrent,
            schedule.PosteriorLogVarianceClipped,
            schedule.Betas.Select(beta => Math.Log(beta)),

            // The fixed large variance: β_t, and at t = 0 the posterior variance at t = 1.
            schedule.Betas.Select((beta, t) => t == 0 ? schedule.PosteriorLogVarianceClipped[0] : Math.Log(beta)),
            Enumerable.Range(0, schedule.Steps).Select(schedule.AlphaCumulativeBefore),
        ];

        // All tables are sent together.
        float[] values = [.. tables.SelectMany(table => table).Select(value => (float)value)];
        Tensor[] rows = values.ToTensor(device, tables.Length, schedule.Steps).unbind(0);
        Array.ForEach(rows, row => Own(row));
        (_sqrtAlpha, _sqrtOneMinusAlpha, _sqrtReciprocalAlpha, _sqrtReciprocalAlphaMinusOne) = (rows[0], rows[1], rows[2], rows[3]);
        (_meanStart, _meanCurrent, _posteriorLogVariance) = (rows[4], rows[5], rows[6]);
        (_logBeta, _fixedLogVariance, _alphaBefore) = (rows[7], rows[8], rows[9]);
    }

    /// <summary>The options it was made from.</summary>
    public DiffusionOptions Options { get; }

    /// <summary>The schedule, full or a subsequence.</summary>
    public NoiseSchedule Schedule { get; }

    /// <summary>The times that the network receives for steps (B int64).</summary>
    public Tensor NetworkTimes(Tensor steps) => _times.index_select(0, steps);

    /// <summary>x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε.</summary>
    public Tensor AddNoise(Tensor start, Tensor steps, Tensor noise)
    {
        using var scope = NewDisposeScope();
        return (At(_sqrtAlpha, steps) * start).Plus(At(_sqrtOneMinusAlpha, steps) * noise).MoveToOuterDisposeScope();
    }

    /// <summary>Reads the network's output at a step.</summary>
    /// <param name="output">B×M or 2M×H×W float32, for M maps a pass.</param>
    /// <param name="current">x_t.</param>
    /// <param name="steps">B int64.</param>
    /// <param name="clamp">Whether to clamp x_0 to [−1, 1]. Sampling does; the variational bound does not.</param>
    public StepPrediction Interpret(Tensor output, Tensor current, Tensor steps, bool clamp)
    {
        using var scope = NewDisposeScope();
        Tensor start = StartFrom(Prediction(output), current, steps);
        if (clamp)
        {
            start = start.Clamped(-1, 1);
        }

        Tensor mean = PosteriorMean(start, current, steps);
        Tensor logVariance;
        if (Options.LearnedVariance)
        {
            Tensor share = Variance(output).Plus(1).Over(2);
            logVariance = (share * At(_logBeta, steps)).Plus(share.SubtractedFrom(1) * At(_posteriorLogVariance, steps));
        }
        else
        {
            logVariance = At(_fixedLogVariance, steps);
        }

        return new(start.MoveToOuterDisposeScope(), mean.MoveToOuterDisposeScope(), logVariance.MoveToOuterDisposeScope());
    }

    /// <summary>One ancestral step: the mean plus noise, and the mean alone at the last step.</summary>
    public static Tensor DdpmPrevious(StepPrediction prediction, Tensor steps, Tensor noise)
    {
        using var scope = NewDisposeScope();
        Tensor notLast = steps.EqualTo(0).logical_not().to_type(ScalarType.Float32).view(-1, 1, 1, 1);
        return prediction.Mean.Plus(notLast * prediction.LogVariance.Times(0.5).exp() * noise).MoveToOuterDisposeScope();
    }

    /// <summary>One deterministic step (η = 0); ε is derived again from the clamped x_0.</summary>
    public Tensor DdimPrevious(StepPrediction prediction, Tensor current, Tensor steps)
    {
        using var scope = NewDisposeScope();
        Tensor noise = ((At(_sqrtReciprocalAlpha, steps) * current) - prediction.Start) / At(_sqrtReciprocalAlphaMinusOne, steps);
        Tensor before = At(_alphaBefore, steps);
        return (prediction.Start * before.sqrt()).Plus(before.SubtractedFrom(1).sqrt() * noise).MoveToOuterDisposeScope();
    }

    /// <summary>The training loss of each sample.</summary>
    /// <param name="output">The network's output at x_t.</param>
    /// <param name="start">x_0, B×M×H×W in [−1, 1].</param>
    /// <param name="current">x_t.</param>
    /// <param name="steps">B int64.</param>
    /// <param name="noise">The ε that x_t was made with.</param>
    /// <param name="minSnrGamma">γ of the min-SNR weights of the main part; null for equal weights.</param>
    /// <param name="present">The maps that count, as B×M of 0 and 1, with at least one 1 for each sample; null for all.</param>
    public DiffusionLoss Loss(
        Tensor output,
        Tensor start,
        Tensor current,
        Tensor steps,
        Tensor noise,
        double? minSnrGamma = null,
        Tensor? present = null)
    {
        using var scope = NewDisposeScope();
        Tensor first = Prediction(output);
        Tensor main = Options.Prediction switch
        {
            PredictionType.Epsilon => MeanOverMaps((noise - first).Power(2), present),
            PredictionType.XStart => MeanOverMaps((start - first).Power(2), present),
            PredictionType.Velocity =>
                MeanOverMaps(((At(_sqrtAlpha, steps) * noise) - (At(_sqrtOneMinusAlpha, steps) * start) - first).Power(2), present),
            PredictionType.XStartLogit =>
                MeanOverMaps(functional.binary_cross_entropy_with_logits(first, start.Plus(1).Over(2), reduction: Reduction.None), present),
            _ => throw new InvalidOperationException($"Prediction type {Options.Prediction} is unknown."),
        };
        if (minSnrGamma is double gamma)
        {
            main = main * MinSnrWeights(steps, gamma);
        }

        if (!Options.LearnedVariance)
        {
            return new(main.MoveToOuterDisposeScope(), main, null);
        }

        Tensor bound = VariationalBound(output, start, current, steps, present);
        return new(main.Plus(bound).MoveToOuterDisposeScope(), main.MoveToOuterDisposeScope(), bound.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Soft Dice loss (<see cref="SoftDiceLoss"/>) of the predicted x_0 of each sample, 0 to 1; for predictions of x_0 (ε says too little
    /// about x_0 at noisy times, and v at clean times).
    /// </summary>
    public Tensor DiceLoss(Tensor output, Tensor start, Tensor? present = null)
    {
        using var scope = NewDisposeScope();
        Tensor first = Prediction(output);
        Tensor share = (Options.Prediction == PredictionType.XStartLogit ? first.sigmoid() : first.Plus(1).Over(2).Clamped(0, 1)).flatten(
            2);
        Tensor truth = start.Plus(1).Over(2).flatten(2);
        return MeanOfPresent(SoftDiceLoss.Of(share, truth), present).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The variational bound's term in bits per pixel: the KL divergence between the true and the predicted posterior, or the negative log
    /// likelihood at t = 0. The first channel is detached, so that only the variance learns from this term.
    /// </summary>
    private Tensor VariationalBound(Tensor output, Tensor start, Tensor current, Tensor steps, Tensor? present)
    {
        using var scope = NewDisposeScope();
        Tensor frozen = cat([Prediction(output).detach(), Variance(output)], 1);
        StepPrediction predicted = Interpret(frozen, current, steps, clamp: false);
        Tensor trueMean = PosteriorMean(start, current, steps);
        Tensor trueLogVariance = At(_posteriorLogVariance, steps);

        Tensor distance = (trueMean - predicted.Mean).Power(2) * (-predicted.LogVariance).exp();
        Tensor divergence = (predicted.LogVariance.Minus(1.0) - trueLogVariance)
            .Plus((trueLogVariance - predicted.LogVariance).exp())
            .Plus(distance)
            .Times(0.5);
        Tensor likelihood = -DiscretizedLogLikelihood(start, predicted.Mean, predicted.LogVariance.Times(0.5));
        Tensor bits = where(steps.EqualTo(0).view(-1, 1, 1, 1), likelihood, divergence);
        return MeanOverMaps(bits, present).Times(BitsPerNat).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Log-likelihood of an 8-bit value under a Gaussian: CDF(x + 1/255) − CDF(x − 1/255), with open tails beyond ±0.999.
    /// </summary>
    private static Tensor DiscretizedLogLikelihood(Tensor value, Tensor mean, Tensor logScale)
    {
        Tensor centred = value - mean, inverse = (-logScale).exp();
        Tensor above = NormalCumulative(inverse * centred.Plus(HalfBin));
        Tensor below = NormalCumulative(inverse * centred.Minus(HalfBin));
        Tensor logAbove = above.Clamped(LogFloor, null).log();
        Tensor logRest = below.SubtractedFrom(1).Clamped(LogFloor, null).log();
        Tensor logBin = (above - below).Clamped(LogFloor, null).log();
        return where(value.Below(-0.999), logAbove, where(value.Above(0.999), logRest, logBin));
    }

    /// <summary>The tanh approximation of the standard normal's cumulative distribution.</summary>
    private static Tensor NormalCumulative(Tensor x) =>
        x.Plus(x.Power(3).Times(0.044715)).Times(Math.Sqrt(2 / Math.PI)).tanh().Plus(1).Times(0.5);

    private Tensor StartFrom(Tensor first, Tensor current, Tensor steps) => Options.Prediction switch
    {
        PredictionType.Epsilon => (At(_sqrtReciprocalAlpha, steps) * current) - (At(_sqrtReciprocalAlphaMinusOne, steps) * first),
        PredictionType.XStart => first,
        PredictionType.Velocity => (At(_sqrtAlpha, steps) * current) - (At(_sqrtOneMinusAlpha, steps) * first),
        PredictionType.XStartLogit => first.Times(0.5).tanh(),
        _ => throw new InvalidOperationException($"Prediction type {Options.Prediction} is unknown."),
    };

    /// <summary>
    /// The weight min(SNR, γ) of the squared error of x_0, converted to a weight of the predicted quantity (Hang et al. 2023, section 3.4);
    /// B values.
    /// </summary>
    private Tensor MinSnrWeights(Tensor steps, double gamma)
    {
        Tensor alpha = _sqrtAlpha.index_select(0, steps).Power(2), ratio = alpha / alpha.SubtractedFrom(1),
            clamped = ratio.Clamped(null, gamma);
        return Options.Prediction switch
        {
            PredictionType.Epsilon => clamped / ratio,
            PredictionType.Velocity => clamped / ratio.Plus(1),
            _ => clamped,
        };
    }

    private Tensor PosteriorMean(Tensor start, Tensor current, Tensor steps) =>
        (At(_meanStart, steps) * start).Plus(At(_meanCurrent, steps) * current);

    /// <summary>The channels of the network's output with its predictions, one for each map.</summary>
    private Tensor Prediction(Tensor output) => output.narrow(1, 0, Maps(output));

    /// <summary>The channels after the predictions, which hold the variance.</summary>
    private Tensor Variance(Tensor output) => output.narrow(1, Maps(output), Maps(output));

    private long Maps(Tensor output) => Options.LearnedVariance ? output.shape[1] / 2 : output.shape[1];

    /// <summary>Means over pixels and then over the present maps: B×M×H×W to B.</summary>
    private static Tensor MeanOverMaps(Tensor values, Tensor? present) => MeanOfPresent(values.flatten(2).mean([2]), present);

    private static Tensor MeanOfPresent(Tensor values, Tensor? present) =>
        present is null ? values.mean([1]) : (values * present).sum(1) / present.sum(1);

    private static Tensor At(Tensor table, Tensor steps) => table.index_select(0, steps).view(-1, 1, 1, 1);

    private Tensor Own(Tensor table)
    {
        _tables.Add(table.DetachFromDisposeScope());
        return table;
    }

    /// <inheritdoc/>
    public void Dispose() => _tables.ForEach(table => table.Dispose());
}
