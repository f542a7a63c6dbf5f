namespace Consensus.ML.Options;

/// <summary>How the network is trained.</summary>
public sealed record TrainingOptions
{
    /// <summary>
    /// Number of optimizer steps, at least 1; null for no limit of its own (then <see cref="TimeLimit"/> must be given). Default 2000.
    /// </summary>
    public int? Steps { get; init; } = 2000;

    /// <summary>
    /// Wall time after which training ends, validation included. Null (the default) for no limit. The learning-rate schedule runs over
    /// whichever of the two limits comes first.
    /// </summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Images in a step, at least 1. Default 4, the paper's.</summary>
    public int BatchSize { get; init; } = 4;

    /// <summary>
    /// How many images of a step pass through the network at once, at least 1; their gradients add up to those of the batch. Null (the
    /// default) for all of them. It bounds memory, and changes results by rounding only (with <see cref="NetworkOptions.Dropout"/>,
    /// other units are dropped).
    /// </summary>
    public int? MicroBatchSize { get; init; }

    /// <summary>
    /// Whether the image encoder's activations are computed again for its gradient instead of being kept (gradient checkpointing, Chen et
    /// al. 2016). It saves most of the encoder's memory for one more pass of the encoder in each step, and changes results by rounding
    /// only. Without an encoder it changes nothing. Default false.
    /// </summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>
    /// (level, time) pairs drawn for each image of a step, at least 1: the image is encoded once for all of them. With
    /// <see cref="LevelConditioning.Channels"/> each is a time with all levels. Default 1, the paper's.
    /// </summary>
    public int PairsPerImage { get; init; } = 1;

    /// <summary>
    /// How much noisy times are preferred, 0 to 100: the density of time t is proportional to (t/T)^power. Default 0, the paper's: every
    /// time equally often. At noisy times the map must come from the image, so predictions of x_0 learn faster with 1 and more.
    /// </summary>
    public double TimePower { get; init; }

    /// <summary>AdamW learning rate, above 0. Default 2e-5, the paper's.</summary>
    public double LearningRate { get; init; } = 2e-5;

    /// <summary>AdamW weight decay, at least 0. Default 0, the paper's.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Steps over which the learning rate rises from 0, at least 0. Default 0, as published.</summary>
    public int WarmUpSteps { get; init; }

    /// <summary>Whether the learning rate falls to 0 along a half cosine. Default false, as published.</summary>
    public bool CosineDecay { get; init; }

    /// <summary>
    /// Largest L2 norm of the gradient over all parameters; larger ones are scaled down. Null (the default, as published) for none.
    /// </summary>
    public double? GradientClipping { get; init; }

    /// <summary>
    /// Largest root mean square, over all parameters, of the gradient by AdamW's estimate of its size; where it is larger, the step's
    /// learning rate is smaller by as much, above 0. In calm training it is about 0.5. Gradients that grow faster than the estimate
    /// follows make steps that are too long, which make gradients grow: without a bound such a training can lose within fifty steps what
    /// it had learned (Shazeer and Stern 2018, "Adafactor", section 6; Wortsman et al. 2023, "Stable and low-precision training for
    /// large-scale vision-language models", section 3, whose bound is 1). Null (the default, as published) for none.
    /// </summary>
    public double? UpdateClipping { get; init; }

    /// <summary>
    /// Decay of the exponential moving average (EMA) of the weights, in [0, 1). Default 0.9999, the paper's; the first k steps use at
    /// most (1 + k) / (10 + k).
    /// </summary>
    public double EmaDecay { get; init; } = 0.9999;

    /// <summary>
    /// Weight of a soft Dice loss on x_0 beside the main loss, at least 0; for predictions of x_0 only (XStart and XStartLogit). Default 0.
    /// </summary>
    public double DiceLossWeight { get; init; }

    /// <summary>
    /// γ of the min-SNR loss weights (Hang et al. 2023; there 5), above 0: an error of x_0 at time t counts min(SNR_t, γ) with SNR = ᾱ/(1
    /// − ᾱ). Null (the default, as published) counts every time alike.
    /// </summary>
    public double? MinSnrGamma { get; init; }

    /// <summary>Number format. Default <see cref="Consensus.ML.Options.Precision.Float32"/>.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>
    /// Share of the training cases set aside to choose the best weights by, in [0, 0.5]; 0 keeps the last weights. Default
    /// 0.1, at least one case.
    /// </summary>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>Number of validations, evenly spread over the run, at least 1. Default 10.</summary>
    public int Validations { get; init; } = 10;

    /// <summary>
    /// Ends training early once so many validations in a row, at least 1, have brought no better soft Dice; null (the default, as
    /// published) for never. With it, more <see cref="Validations"/> than the default end the run sooner after the best.
    /// </summary>
    public int? Patience { get; init; }

    /// <summary>
    /// How validation samples. Default two DDIM steps and one generation: enough to rank weights that predict x_0; those that predict ε
    /// need 20 steps and more.
    /// </summary>
    public SamplingOptions ValidationSampling { get; init; } = new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 2 };

    /// <summary>
    /// CPU threads that compute a step; null (the default) for torch's own choice or, where <see cref="TimeLimit"/> alone ends training,
    /// for as many of those as other processes leave processors free, looked at every few seconds. The number changes rounding, so a run
    /// of so many <see cref="Steps"/> keeps to one. Beside other work that lasts, a run is faster with fewer. Afterwards torch has the
    /// number that it had. While they compute, one more thread draws the samples of the next step, for some hundredth of the time.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>The same for a wall time alone; null for these options as they are.</summary>
    internal TrainingOptions Within(TimeSpan? timeLimit) => timeLimit is null ? this : this with { Steps = null, TimeLimit = timeLimit };
}
