using Consensus.ML.Options;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Models;

/// <summary>A one-pass U-Net: predicts its maps, and reduces them according to its kind.</summary>
internal sealed class UNetModel : SegmentationModel
{
    private readonly UNet _network;

    /// <param name="description">The description of the model.</param>
    /// <param name="network">The network of the description.</param>
    /// <param name="members">The weights of each member, which the model then owns.</param>
    /// <param name="device">Where they are.</param>
    public UNetModel(UNetDescription description, UNet network, IReadOnlyList<WeightSet> members, Device device)
        : base(members, device, description.ImageChannels, description.Height, description.Width)
    {
        Description = description;
        _network = network;
    }

    /// <summary>All that fixes the weights' names and shapes.</summary>
    public UNetDescription Description { get; }

    /// <summary>A model with the weights of a safetensors file, or an ensemble with the weights of several files.</summary>
    /// <exception cref="InvalidDataException">
    /// A file is damaged, or its names or shapes do not match the description; the message says which.
    /// </exception>
    public static UNetModel Load(UNetDescription description, IReadOnlyList<byte[]> safetensors, Device device)
    {
        NativeTorch.EnsureLoaded();
        (UNet network, WeightLayout layout) = description.CreateNetwork();
        return new(description, network, Read(layout, safetensors, device), device);
    }

    /// <inheritdoc/>
    protected override ConsensusPrediction Predict(
        Tensor image,
        SamplingOptions sampling,
        ulong seed,
        Mirroring mirroring,
        bool keepSamples,
        CancellationToken cancellation)
    {
        ForwardContext[] contexts =
        [
            .. Enumerable.Range(0, Members).Select(member => new ForwardContext(WeightsFor(sampling.Precision, member), Training: false)),
        ];
        Mirrored[] views = mirroring.ViewsFor(sampling);
        Tensor maps = Description.Kind == UNetKind.MonteCarloDropout
            ? Passes(contexts, image, sampling, mirroring, views, seed, cancellation)
            : stack(contexts.SelectMany(context => views.Select(view => Pass(context, image, mirroring, view, cancellation)))).mean([0]);
        return MapReduction.Reduce(maps, Description.Kind, Description.Levels, Description.Rounded, keepSamples);
    }

    /// <summary>One pass over a view of the image: heads×H×W in [0, 1], mirrored back, on the CPU.</summary>
    private Tensor Pass(ForwardContext context, Tensor image, Mirroring mirroring, Mirrored view, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        Tensor output = _network.Forward(context, _network.Enter(context, mirroring.View(image, view)), embedding: null);
        EnsureFinite(output);
        Tensor maps = output.sigmoid().squeeze(0).ToHost();
        return Mirroring.Flip(maps, view).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Passes with dropout, passes×H×W, which take turns at the members and the views. They run one after another, so that the first passes
    /// do not depend on how many follow.
    /// </summary>
    private Tensor Passes(
        ForwardContext[] contexts,
        Tensor image,
        SamplingOptions sampling,
        Mirroring mirroring,
        Mirrored[] views,
        ulong seed,
        CancellationToken cancellation)
    {
        using var generator = new Generator(seed, Device);
        ForwardContext[] dropping =
        [
            .. contexts.Select(context => context with { Dropout = Description.PassDropout, DropoutGenerator = generator }),
        ];
        int taken = 0;
        return RunningMean.Generate(checked(dropping.Length * sampling.Generations), sampling.Tolerance, PassInTurn, map => map[0]);

        Tensor PassInTurn()
        {
            (int before, int member) = Math.DivRem(taken++, dropping.Length);
            return Pass(dropping[member], image, mirroring, views[before % views.Length], cancellation);
        }
    }
}
