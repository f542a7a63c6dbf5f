using Consensus.ML.Options;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.OnePass;

/// <summary>An image to predict, and passes over its mirrored views with the members of a model.</summary>
/// <param name="members">The weights of each member.</param>
/// <param name="image">Normalised image, 1×C×H×W.</param>
/// <param name="sampling">How to sample.</param>
/// <param name="mirroring">The views that sampling may take.</param>
/// <param name="seed">Seed of everything random in the prediction of this image.</param>
/// <param name="device">Where it is computed.</param>
/// <param name="cancellation">Ends the prediction between two passes.</param>
internal sealed class OnePassPasses(
    IReadOnlyList<ForwardContext> members,
    Tensor image,
    SamplingOptions sampling,
    Mirroring mirroring,
    ulong seed,
    Device device,
    CancellationToken cancellation)
{
    private readonly Mirrored[] _views = mirroring.ViewsFor(sampling);

    /// <summary>Number of passes of a prediction that draws at random: the generations of each member.</summary>
    public int Count => checked(members.Count * sampling.Generations);

    /// <summary>The mean over all views and members, which is one pass over all views for each member: maps×H×W.</summary>
    /// <param name="logits">A pass: from V×C×H×W to V×maps×H×W before the sigmoid.</param>
    public Tensor Mean(Func<ForwardContext, Tensor, Tensor> logits) =>
        cat([.. members.Select(member => Pass(member, _views, logits))], 0).mean([0]);

    /// <summary>
    /// Random passes, passes·maps×H×W, which take turns at the members and the views, until their mean hardly changes
    /// (<see cref="SamplingOptions.Tolerance"/>). They run one after another, so that the first passes do not depend on how many follow.
    /// </summary>
    /// <param name="logits">A pass; random numbers come from the generator of its context.</param>
    /// <param name="dropout">Dropout probability of the passes.</param>
    public Tensor InTurn(Func<ForwardContext, Tensor, Tensor> logits, double dropout = 0)
    {
        using Generator generator = SeededNumbers.Begin(seed);
        ForwardContext[] random = [.. members.Select(member => member with { Dropout = dropout, DropoutGenerator = generator })];
        int taken = 0;
        return RunningMean.Generate(Count, sampling.Tolerance, PassInTurn, maps => maps[0]);

        Tensor PassInTurn()
        {
            (int before, int member) = Math.DivRem(taken++, random.Length);
            return Pass(random[member], [_views[before % _views.Length]], logits).squeeze(0);
        }
    }

    /// <summary>
    /// Samples of a network that draws whole masks, samples×H×W, which take turns at the members and the views, until their mean hardly
    /// changes. Each member looks at each view once. Samples follow one another, so that the first do not depend on how many follow.
    /// </summary>
    /// <param name="network">The network.</param>
    public Tensor Draw(ISampledNetwork network)
    {
        using Generator generator = SeededNumbers.Begin(seed);
        var conditions = new Dictionary<(int Member, Mirrored View), IReadOnlyList<Tensor>>();
        int taken = 0;
        return RunningMean.Generate(Count, sampling.Tolerance, DrawInTurn, maps => maps[0]);

        Tensor DrawInTurn()
        {
            cancellation.ThrowIfCancellationRequested();
            (int before, int member) = Math.DivRem(taken++, members.Count);
            Mirrored view = _views[before % _views.Length];

            // Owned by the scope of all samples, not by that of the first sample that needs it.
            if (!conditions.TryGetValue((member, view), out IReadOnlyList<Tensor>? condition))
            {
                condition = network.Condition(members[member], mirroring.View(image, view, sampling));
                conditions.Add((member, view), condition);
            }

            using var scope = NewDisposeScope();
            Tensor noise = SeededNumbers.Normal([1, network.NoiseSize], device, generator);
            Tensor logits = network.Sample(members[member], condition, noise);
            Tensor map = SegmentationModel.ReadMaps(logits.sigmoid(), logits.isfinite().all());
            return Mirroring.Flip(map, view).MoveToOuterDisposeScope();
        }
    }

    /// <summary>One pass over V views of the image: V×maps×H×W in [0, 1], mirrored back, on the CPU.</summary>
    public Tensor Pass(ForwardContext member, IReadOnlyList<Mirrored> views, Func<ForwardContext, Tensor, Tensor> logits)
    {
        cancellation.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        Tensor output = logits(member, cat([.. views.Select(view => mirroring.View(image, view, sampling))], 0));
        Tensor maps = SegmentationModel.ReadMaps(output.sigmoid(), output.isfinite().all());
        return cat([.. views.Select((view, i) => Mirroring.Flip(maps.narrow(0, i, 1), view))], 0).MoveToOuterDisposeScope();
    }
}
