using Consensus.ML.Options;
using Consensus.ML.Torch.Models;

namespace Consensus.ML.Segmentation.Models;

/// <summary>What the manifests of all segmentation models have in common.</summary>
internal interface ISegmentationManifest
{
    int FormatVersion { get; }

    ManifestColumns Columns { get; }

    int Height { get; }

    int Width { get; }

    int ImageChannels { get; }

    /// <summary>The number of levels C, which is the number of raters unless another was asked for.</summary>
    int Raters { get; }

    NetworkOptions Network { get; }

    SamplingOptions Sampling { get; }

    /// <summary>The seed of training, and of what is random in predictions where sampling has none of its own.</summary>
    int Seed { get; }

    ManifestTraining Training { get; }

    /// <summary>What network it is.</summary>
    INetworkDescription Description { get; }

    /// <summary>Null in memory; always there in a file.</summary>
    ManifestWeights? Weights { get; }

    /// <summary>The other members of an ensemble, whose first is this model; null where it is alone.</summary>
    IReadOnlyList<ManifestMember>? FurtherMembers { get; }

    /// <summary>The manifest of a file with these weights beside it, one of each member.</summary>
    ISegmentationManifest With(IReadOnlyList<ManifestWeights> weights);

    /// <summary>Refuses what no model can be, before anything is made by what the manifest says.</summary>
    /// <exception cref="InvalidDataException">A value is out of range, or the weights have another size than the network's.</exception>
    void Check();

    byte[] ToJson();
}
