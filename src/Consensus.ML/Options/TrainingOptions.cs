namespace Consensus.ML.Options;

/// <summary>How the network is trained.</summary>
public sealed record TrainingOptions
{
    // Measured on sets of 23 to 34 cases, in trainings of 900 and 2,900 steps (tests/Consensus.ML.Benchmarks/RESULTS.md).
    private const int FewGroups = 50, FewSteps = 3000;
    private const double UsualShare = 0.1;
    private static readonly TimeSpan _shortTime = TimeSpan.FromMinutes(20);

    /// <summary>
    /// Number of optimizer steps, at least 1; null for no limit by steps (then <see cref="TimeLimit"/> must be given). Default 2000.
    /// </summary>
    public int? Steps { get; init; } = 2000;

    /// <summary>
    /// Wall time after which training ends, validation included. Null (the default) for no limit. The learning-rate schedule follows the
    /// limit that comes first.
    /// </summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Images in a step, at least 1. Default 4, the paper's.</summary>
    public int BatchSize { get; init; } = 4;

    /// <summary>
    /// Number of images of a step that pass through the network at once, at least 1. Their gradients add up to the batch's gradient. Null
    /// (the default) for all of them. It bounds memory, and changes results by rounding only. With
    /// <see cref="NetworkOptions.Dropout"/>, each slice draws the numbers of the whole step, which takes time.
    /// </summary>
    public int? MicroBatchSize { get; init; }

    /// <summary>
    /// Whether training computes the image encoder's activations again for its gradient instead of keeping them (gradient checkpointing,
    /// Chen et al. 2016). It saves most of the encoder's memory, and costs one more pass of the encoder in each step. It changes results by
    /// rounding only. Without an encoder it has no effect. Default false.
    /// </summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>
    /// Number of (level, time) pairs for each image of a step, at least 1. The image is encoded once for all of them. With
    /// <see cref="LevelConditioning.Channels"/> each pair is a time with all levels. Default 1, the paper's.
    /// </summary>
    public int PairsPerImage { get; init; } = 1;

    /// <summary>
    /// How strongly training prefers noisy times, 0 to 100: the density of time t is proportional to (t/T)^power. Default 0, the paper's:
    /// every time equally often. At noisy times the map must come from the image, so predictions of x_0 learn faster with 1 or more.
    /// </summary>
    public double TimePower { get; init; }

    /// <summary>How a step follows from gradients. Default <see cref="OptimizerKind.AdamW"/>, the paper's.</summary>
    public OptimizerKind Optimizer { get; init; }

    /// <summary>Learning rate, above 0. Default 2e-5, the paper's.</summary>
    public double LearningRate { get; init; } = 2e-5;

    /// <summary>Weight decay, apart from the gradient's step as in AdamW; at least 0. Default 0, the paper's.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Steps over which the learning rate rises from 0, at least 0. Default 0, as published.</summary>
    public int WarmUpSteps { get; init; }

    /// <summary>Whether the learning rate falls to 0 along a half cosine. Default false, as published.</summary>
    public bool CosineDecay { get; init; }

    /// <summary>
    /// Largest L2 norm of the gradient over all parameters; a larger gradient is scaled down to it. Null (the default, as published) for
    /// none.
    /// </summary>
    public double? GradientClipping { get; init; }

    /// <summary>
    /// Largest root mean square, over all weights that AdamW moves, of the gradient divided by AdamW's estimate of its size; above 0. Where
    /// it is larger, AdamW's learning rate shrinks by the same factor in that step. In calm training it is about 0.5. When gradients grow
    /// faster than the estimate follows, steps become too long, and long steps make gradients grow. Without a bound, training can then lose
    /// within fifty steps what it had learned (Shazeer and Stern 2018, "Adafactor", section 6; Wortsman et al. 2023, "Stable and
    /// low-precision training for large-scale vision-language models", section 3, whose bound is 1). Steps of
    /// <see cref="OptimizerKind.Muon"/> always have one length. Null (the default, as published) for none.
    /// </summary>
    public double? UpdateClipping { get; init; }

    /// <summary>
    /// Decay of the exponential moving average (EMA) of the weights, in [0, 1). Default 0.9999, the paper's; the first k steps use at
    /// most (1 + k) / (10 + k).
    /// </summary>
    public double EmaDecay { get; init; } = 0.9999;

    /// <summary>
    /// Weight of a soft Dice loss on x_0 that is added to the main loss, at least 0. Only for predictions of x_0 (XStart and XStartLogit).
    /// Default 0.
    /// </summary>
    public double DiceLossWeight { get; init; }

    /// <summary>
    /// γ of the min-SNR loss weights, above 0 (Hang et al. 2023, who use 5): an error of x_0 at time t has the weight min(SNR_t, γ), with
    /// SNR = ᾱ/(1 − ᾱ). Null (the default, as published) weights every time equally.
    /// </summary>
    public double? MinSnrGamma { get; init; }

    /// <summary>Number format. Default <see cref="Consensus.ML.Options.Precision.Float32"/>.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>
    /// Share of the training cases that are set aside to choose the best weights, in [0, 0.5], at least one case; 0 trains on all cases and
    /// keeps the last weights. Null lets the number of cases and the length of the run decide (<see cref="ShareSetAside"/>), as
    /// <c>ConsensusSegmentationEstimator.Options.Compact</c> does. Default 0.1.
    /// </summary>
    public double? ValidationFraction { get; init; } = UsualShare;

    /// <summary>Number of validations, evenly spread over the run, at least 1. Default 10.</summary>
    public int Validations { get; init; } = 10;

    /// <summary>
    /// Ends training early after this number of validations in a row, at least 1, without a better soft Dice; null (the default, as
    /// published) for never. More <see cref="Validations"/> than the default then end the run sooner after its best weights.
    /// </summary>
    public int? Patience { get; init; }

    /// <summary>
    /// How validation samples. Default two DDIM steps and one generation. That is enough to rank weights that predict x_0; weights that
    /// predict ε need 20 steps or more.
    /// </summary>
    public SamplingOptions ValidationSampling { get; init; } = new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 2 };

    /// <summary>
    /// CPU threads that compute a step; null (the default) for torch's own choice. If only <see cref="TimeLimit"/> ends training, null
    /// takes at most as many as there are free processors, counted again every few seconds. The number of threads changes rounding, so a
    /// run with a limit of <see cref="Steps"/> never changes it. If other programs keep the processors busy, fewer threads are faster.
    /// Of several processes on a machine that train together, null gives each its share of the processors. After training, torch has its
    /// previous number again. While they compute, one more thread draws the samples of the next step; it works about a hundredth of the
    /// time.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>
    /// The share of the training cases that a run sets aside, in [0, 0.5]: <see cref="ValidationFraction"/>, or where it is null 0.1, and 0
    /// in a short training on few cases. There, each case that is trained on counts for more than the choice of the weights. Few are up to
    /// 50 groups; short are up to 3,000 steps, or up to 20 minutes on a CPU, without <see cref="Patience"/>.
    /// </summary>
    /// <param name="groups">Number of groups of training cases, such as patients; a case without a group is one of its own.</param>
    /// <param name="onGpu">Whether a GPU trains, which makes more steps in a minute.</param>
    public double ShareSetAside(int groups, bool onGpu) => ValidationFraction
        ?? (groups <= FewGroups && Patience is null && (Steps <= FewSteps || (!onGpu && TimeLimit <= _shortTime)) ? 0 : UsualShare);

    /// <summary>The same options with a wall time as the only limit; null keeps these options.</summary>
    internal TrainingOptions Within(TimeSpan? timeLimit) => timeLimit is null ? this : this with { Steps = null, TimeLimit = timeLimit };
}
