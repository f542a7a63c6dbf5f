using System.Collections.Concurrent;
using Consensus.ML.Options;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Models;

/// <summary>
/// A network with its diffusion process: samples the maps of a slice, and reduces them according to its training target (the paper's Table
/// 2).
/// </summary>
internal sealed class ConsensusModel : SegmentationModel
{
    private readonly ConsensusNetwork _network;
    // Their images and maps take memory of the host, however many passes a batch has room for.
    private const int MostSlices = 64;

    private readonly NoiseSchedule _schedule;

    // By number of steps, at most T. Predictions at a time share them.
    private readonly ConcurrentDictionary<int, Lazy<DiffusionProcess>> _processes = [];

    private ConsensusModel(ModelDescription description, ConsensusNetwork network, IReadOnlyList<WeightSet> members, Device device)
        : base(members, device, description.ImageChannels, description.Height, description.Width)
    {
        Description = description;
        _network = network;
        _schedule = NoiseSchedule.Create(description.Diffusion.Schedule, description.Diffusion.Steps);
    }

    /// <summary>All that fixes the weights' names and shapes.</summary>
    public ModelDescription Description { get; }

    /// <summary>A model with seeded initial weights.</summary>
    public static ConsensusModel Create(ModelDescription description, Device device, int seed)
    {
        NativeTorch.EnsureLoaded();
        ConsensusNetwork network = description.CreateNetwork();
        return new(description, network, [WeightSet.Initialize(network.Layout, device, seed)], device);
    }

    /// <summary>A model with the given weights, one set for each member; the model then owns them.</summary>
    public static ConsensusModel FromWeights(
        ModelDescription description,
        ConsensusNetwork network,
        IReadOnlyList<WeightSet> weights,
        Device device) => new(description, network, weights, device);

    /// <summary>
    /// A model with the weights of a safetensors file in the published checkpoint format, or an ensemble with the weights of several files.
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// A file is damaged, or its names or shapes do not match the description; the message says which.
    /// </exception>
    public static ConsensusModel Load(ModelDescription description, IReadOnlyList<byte[]> safetensors, Device device)
    {
        NativeTorch.EnsureLoaded();
        ConsensusNetwork network = description.CreateNetwork();
        return new(description, network, Read(network.Layout, safetensors, device), device);
    }

    /// <summary>A model with the weights of one such file. It reads only the weights from the stream.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or does not match the description; the message says how.</exception>
    public static ConsensusModel Load(ModelDescription description, Stream safetensors, Device device)
    {
        NativeTorch.EnsureLoaded();
        ConsensusNetwork network = description.CreateNetwork();
        return FromWeights(description, network, [Checkpoint.Read(network.Layout, safetensors, device)], device);
    }

    /// <summary>
    /// Every step of one generation of a slice, from noise to maps (the paper's Figure 4). An ensemble uses its first member.
    /// </summary>
    /// <param name="features">Normalised image, C×H×W.</param>
    /// <param name="sampling">How to sample; its Generations, Tolerance and Seed are not used here.</param>
    /// <param name="seed">Seed of the noise of this slice.</param>
    /// <param name="cancellation">Ends waiting for other predictions, or sampling between two passes of the network.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<TracedStep> Trace(
        float[] features,
        SamplingOptions sampling,
        ulong seed,
        CancellationToken cancellation = default) =>
        InTurn([features], image =>
        {
            var steps = new List<TracedStep>();
            Sample(image, sampling with { Generations = 1, Tolerance = null }, Mirroring.None, members: 1, [seed], cancellation, step =>
            {
                using var scope = NewDisposeScope();
                steps.Add(new(step.Time, step.Current.ToHost().ToArray(), step.Start.ToHost().ToArray()));
            });
            return steps;
        }, cancellation);

    /// <inheritdoc/>
    /// <remarks>
    /// A slice has some passes at each step, for its levels and generations, and <see cref="SamplingOptions.BatchSize"/> bounds how many
    /// are computed at once. Whether a slice needs another generation (<see cref="SamplingOptions.Tolerance"/>) is decided for it alone.
    /// </remarks>
    public override int SlicesAtOnce(SamplingOptions sampling) => sampling.Tolerance is null
        ? (int)Math.Clamp(sampling.BatchSize / ((long)sampling.Generations * Description.Passes), 1, MostSlices)
        : 1;

    /// <inheritdoc/>
    protected override ConsensusPrediction[] Predict(
        Tensor images,
        SamplingOptions sampling,
        IReadOnlyList<ulong> seeds,
        Mirroring mirroring,
        bool keepSamples,
        CancellationToken cancellation) =>
        [
            .. Sample(images, sampling, mirroring, Members, seeds, cancellation)
                .Select(samples => ConditionReduction.Reduce(samples, Description, keepSamples)),
        ];

    /// <inheritdoc/>
    protected override void Free()
    {
        foreach (Lazy<DiffusionProcess> process in _processes.Values.Where(process => process.IsValueCreated))
        {
            process.Value.Dispose();
        }
    }

    private DiffusionProcess ProcessOf(int steps) => _processes.GetOrAdd(
        steps, count => new(() => new(Description.Diffusion, _schedule.Subsequence(count), Device))).Value;

    /// <summary>All samples of each slice, member after member: generations × conditions × H × W in [0, 1], on the CPU.</summary>
    private Tensor[] Sample(
        Tensor images,
        SamplingOptions sampling,
        Mirroring mirroring,
        int members,
        IReadOnlyList<ulong> seeds,
        CancellationToken cancellation,
        Action<SampledStep>? watch = null)
    {
        ModelDescription model = Description;
        int conditions = model.Conditions.Count;
        ForwardContext[] contexts =
        [
            .. Enumerable.Range(0, members).Select(member => new ForwardContext(WeightsFor(sampling.Precision, member), Training: false)),
        ];

        // Each member encodes each view of each image once, for any number of steps, levels and generations. The views of an image follow
        // one another.
        Mirrored[] views = mirroring.ViewsFor(sampling);
        Tensor seen = stack(views.Select(view => mirroring.View(images, view, sampling)), 1).flatten(0, 1);
        Tensor[] imageFeatures = [.. contexts.Select(context => _network.EncodeImage(context, seen))];

        int slices = seeds.Count;
        Generator[] generators = [.. seeds.Select(SeededNumbers.Begin)];
        var source = new NoiseSource(generators);
        DiffusionProcess process = ProcessOf(Math.Min(sampling.Steps ?? int.MaxValue, _schedule.Steps));
        ISampler sampler = Samplers.Get(sampling.Sampler);
        Tensor finite = ones([], ScalarType.Bool, Device);
        int taken = 0;
        try
        {
            if (sampling.Tolerance is double tolerance)
            {
                return slices == 1
                    ? [RunningMean.Generate(
                        checked(members * sampling.Generations), tolerance, GenerateInTurn, sample => sample.mean([0, 1]))]
                    : throw new NotSupportedException($"{nameof(sampling.Tolerance)} needs a prediction for each slice.");
            }

            Tensor[] ofMembers = [.. Enumerable.Range(0, members).Select(member => Generate(member, 0, sampling.Generations))];
            return
            [
                .. Enumerable.Range(0, slices).Select(slice => cat(
                    [.. ofMembers.Select(all => all.narrow(0, (long)slice * sampling.Generations, sampling.Generations))], 0)),
            ];
        }
        finally
        {
            Array.ForEach(generators, generator => generator.Dispose());
        }

        Tensor GenerateInTurn()
        {
            (int before, int member) = Math.DivRem(taken++, members);
            return Generate(member, before, 1);
        }

        Tensor Generate(int member, int before, int generations)
        {
            using var scope = NewDisposeScope();
            int ofSlice = checked(generations * model.Passes);
            long passes = (long)slices * ofSlice;
            Tensor? levels = model.HasLevelEmbedding
                ? TensorArithmetic.Range(1, conditions + 1, ScalarType.Int64, Device).repeat(slices * generations)
                : null;

            // One call draws the noise of all maps of a slice, so that the batch size only changes rounding.
            Tensor noise = source.Draw([passes, model.MapsPerPass, model.Height, model.Width], Device);
            int[] turns = [.. Enumerable.Range(before, generations).Select(generation => generation % views.Length)];
            int[]? seenByPass = views.Length == 1 && slices == 1
                ? null
                : [.. Enumerable.Range(0, (int)passes).Select(pass =>
                    (pass / ofSlice * views.Length) + turns[pass % ofSlice / model.Passes])];
            Tensor start = sampler.Sample(
                process, (current, times) => Denoise(member, current, times, levels, seenByPass), noise, source, cancellation, watch);
            Tensor shares = start.PlusInPlace(1).TimesInPlace(0.5).ClampInPlace(0, 1);
            Tensor samples = ReadMaps(shares.view(slices * generations, conditions, model.Height, model.Width), finite);
            return (views.Length == 1
                ? samples
                : cat(
                [
                    .. Enumerable.Range(0, slices * generations)
                        .Select(i => Mirroring.Flip(samples.narrow(0, i, 1), views[turns[i % generations]])),
                ], 0)).MoveToOuterDisposeScope();
        }

        Tensor Denoise(int member, Tensor current, Tensor times, Tensor? levels, int[]? seenByPass)
        {
            using var scope = NewDisposeScope();
            long passes = current.shape[0];
            var outputs = new List<Tensor>();
            for (long first = 0; first < passes; first += sampling.BatchSize)
            {
                cancellation.ThrowIfCancellationRequested();
                long count = Math.Min(sampling.BatchSize, passes - first);
                outputs.Add(_network.Forward(
                    contexts[member], current.narrow(0, first, count), imageFeatures[member], times.narrow(0, first, count),
                    levels?.narrow(0, first, count), seenByPass?.AsMemory((int)first, (int)count)));
            }

            // Rounding and clamping would turn NaN into an empty map. Nobody waits here: the maps tell it when they are read.
            Tensor output = outputs.Count == 1 ? outputs[0] : cat(outputs, 0);
            finite.logical_and_(output.isfinite().all());
            return output.MoveToOuterDisposeScope();
        }
    }
}
