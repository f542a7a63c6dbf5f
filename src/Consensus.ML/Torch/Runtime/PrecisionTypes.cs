using Consensus.ML.Options;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Runtime;

/// <summary>Torch's types of the number formats.</summary>
internal static class PrecisionTypes
{
    /// <summary>The type that heavy layers compute in.</summary>
    public static ScalarType HeavyType(this Precision precision) => precision switch
    {
        Precision.Float32 => ScalarType.Float32,
        Precision.BFloat16 => ScalarType.BFloat16,
        Precision.Float16 => ScalarType.Float16,
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "The number format must be Float32, BFloat16 or Float16."),
    };
}
