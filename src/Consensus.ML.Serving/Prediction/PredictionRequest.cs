using Consensus.ML.Options;

namespace Consensus.ML.Serving.Prediction;

/// <summary>What a request wants to be predicted, and how. Null leaves an option of sampling as the model has it.</summary>
internal sealed record PredictionRequest
{
    public MapKinds Maps { get; init; } = MapKinds.Soft;

    /// <summary>What maps are wanted of.</summary>
    public required ServedStructure Structure { get; init; }

    public MapSize Size { get; init; } = MapSize.Native;

    /// <summary>The axis that a volume is cut along; null to choose it as the model was trained.</summary>
    public int? Axis { get; init; }

    public int? Generations { get; init; }

    /// <summary>0 takes all generations.</summary>
    public double? Tolerance { get; init; }

    public bool? Mirror { get; init; }

    public SamplerKind? Sampler { get; init; }

    public int? Steps { get; init; }

    public int? Seed { get; init; }

    public Precision? Precision { get; init; }

    /// <summary>A model's own way to sample, changed as asked.</summary>
    public SamplingOptions Apply(SamplingOptions own) => own with
    {
        Generations = Generations ?? own.Generations,
        Tolerance = Tolerance switch { null => own.Tolerance, 0 => null, double tolerance => tolerance },
        Mirror = Mirror ?? own.Mirror,
        Sampler = Sampler ?? own.Sampler,

        // A number of steps was chosen for a sampler. Another sampler takes all of them unless the request says otherwise.
        Steps = Steps ?? (Sampler is null || Sampler == own.Sampler ? own.Steps : null),
        Seed = Seed ?? own.Seed,
        Precision = Precision ?? own.Precision,
    };
}
