using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.OnePass;

/// <summary>A trained one-pass network: predicts its maps, and reduces them, as its variant says.</summary>
internal sealed class UNetModel : SegmentationModel
{
    private readonly OnePassVariant _variant;

    /// <param name="variant">The kind of model and the structure of its network.</param>
    /// <param name="members">The weights of each member, which the model then owns.</param>
    /// <param name="device">Where they are.</param>
    public UNetModel(OnePassVariant variant, IReadOnlyList<WeightSet> members, Device device)
        : base(members, device, variant.Description.ImageChannels, variant.Description.Height, variant.Description.Width) =>
        _variant = variant;

    /// <summary>All that fixes the weights' names and shapes.</summary>
    public UNetDescription Description => _variant.Description;

    /// <summary>A model with the weights of a safetensors file, or an ensemble with the weights of several files.</summary>
    /// <exception cref="InvalidDataException">
    /// A file is damaged, or its names or shapes do not match the description; the message says which.
    /// </exception>
    public static UNetModel Load(UNetDescription description, IReadOnlyList<byte[]> safetensors, Device device)
    {
        NativeTorch.EnsureLoaded();
        OnePassVariant variant = description.Variant();
        return new(variant, Read(variant.Layout, safetensors, device), device);
    }

    /// <inheritdoc/>
    protected override ConsensusPrediction[] Predict(
        Tensor images,
        SamplingOptions sampling,
        IReadOnlyList<ulong> seeds,
        Mirroring mirroring,
        bool keepSamples,
        CancellationToken cancellation)
    {
        ForwardContext[] members =
        [
            .. Enumerable.Range(0, Members).Select(member => new ForwardContext(WeightsFor(sampling.Precision, member), Training: false)),
        ];
        return
        [
            .. seeds.Select((seed, slice) => _variant.Reduce(
                _variant.Maps(new(members, images.narrow(0, slice, 1), sampling, mirroring, seed, Device, cancellation)), keepSamples)),
        ];
    }
}
