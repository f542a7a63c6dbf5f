using Consensus.ML.Options;
using Consensus.ML.Segmentation.Exporting;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Torch.Diffusion;
using Consensus.ML.Torch.Models;

namespace Consensus.ML.Onnx;

/// <summary>
/// Predicts with ONNX Runtime. Where the noise is an input, it draws the noise that torch would draw, takes the generations in groups, and
/// reduces their maps by a second, small graph.
/// </summary>
internal sealed class OnnxModel : IMapModel
{
    private readonly ReadOnnxFile _file;
    private readonly NetworkSession _network;

    // From the samples of all conditions to all maps, and from those of the levels alone to a soft map.
    private readonly Lazy<NetworkSession> _reduction, _ofLevels;

    public OnnxModel(ReadOnnxFile file, OnnxRuntimeOptions options)
    {
        // The session has a copy of the graph.
        _file = file with { Network = [] };
        _network = new(file.Network, options);
        _reduction = Reducing(file.Manifest);
        _ofLevels = file.Manifest is DiffusionManifest { Structures: not null } several
            ? Reducing(several with { Structures = null })
            : _reduction;

        static Lazy<NetworkSession> Reducing(ModelManifest manifest) =>
            new(() => new(ReductionGraph.Create(manifest), new() { Threads = 1 }));
    }

    /// <summary>Sets of weights in the file.</summary>
    public int Members => 1 + (_file.Manifest.FurtherMembers?.Count ?? 0);

    /// <inheritdoc/>
    public ConsensusPrediction Predict(
        ReadOnlySpan<float> features,
        SamplingOptions sampling,
        ulong seed,
        Mirroring? mirroring = null,
        bool keepSamples = false,
        CancellationToken cancellation = default)
    {
        ModelManifest manifest = _file.Manifest;
        var image = new NamedTensor(
            OnnxFile.Features, features.ToArray(), [1, manifest.ImageChannels, manifest.Height, manifest.Width]);
        return manifest is DiffusionManifest diffusion && _file.HasNoiseInput
            ? Sample(image, diffusion.Description, sampling, new CpuNoise(seed), keepSamples, cancellation)
            : Maps(_network.Run([image], Outputs(keepSamples), cancellation));
    }

    /// <summary>The soft map of samples, count × maps × height × width; beside named raters the samples are those of the levels.</summary>
    public float[] SoftMap(float[] samples, int count) =>
        _ofLevels.Value.Run([SamplesTensor(samples, count)], [OnnxFile.SoftMap], CancellationToken.None)[OnnxFile.SoftMap];

    /// <inheritdoc/>
    public void Dispose()
    {
        _network.Dispose();
        foreach (Lazy<NetworkSession> session in new[] { _reduction, _ofLevels }.Where(session => session.IsValueCreated))
        {
            session.Value.Dispose();
        }
    }

    private string[] Outputs(bool keepSamples)
    {
        IEnumerable<string> maps = _file.Manifest.EveryStructure.SelectMany(OnnxFile.OutputsOf);
        return keepSamples ? [.. maps, OnnxFile.Samples] : [.. maps];
    }

    /// <summary>The prediction that outputs of a graph are: with samples, where they are among them.</summary>
    private ConsensusPrediction Maps(Dictionary<string, float[]> maps)
    {
        IReadOnlyList<SegmentedStructure> structures = _file.Manifest.EveryStructure;

        // The graph makes all maps NaN where a value of the network's output is not finite.
        EnsureFinite(maps[structures[0].ColumnName(OnnxFile.SoftMap)]);
        float[]? samples = maps.GetValueOrDefault(OnnxFile.Samples);
        ConsensusPrediction[] predictions = [.. structures.Select(Of)];
        return predictions[0] with { Further = predictions[1..] };

        ConsensusPrediction Of(SegmentedStructure structure, int index) => new(
            maps[structure.ColumnName(OnnxFile.SoftMap)], maps[structure.ColumnName(OnnxFile.ConsensusMaps)],
            maps[structure.ColumnName(OnnxFile.Uncertainty)], samples is null ? null : SamplesOf(samples, index))
        {
            RaterMaps = [.. structure.Raters.SelectMany(rater => maps[structure.RaterColumnName(rater)])],
        };
    }

    /// <summary>The samples of the levels of a structure, of those of all conditions.</summary>
    private float[] SamplesOf(float[] samples, int structure)
    {
        if (_file.Manifest is not DiffusionManifest { Structures: { } structures } manifest)
        {
            return samples;
        }

        ConditionTable table = manifest.Description.Conditions;
        int pixels = manifest.Height * manifest.Width, generations = samples.Length / (table.Count * pixels);
        int count = structures[structure].Levels * pixels;
        var levels = new float[generations * count];
        for (int generation = 0; generation < generations; generation++)
        {
            int first = ((generation * table.Count) + table.OfLevel(structure, 1)) * pixels;
            samples.AsSpan(first, count).CopyTo(levels.AsSpan(generation * count));
        }

        return levels;
    }

    private static void EnsureFinite(float[] maps)
    {
        if (Array.Exists(maps, float.IsNaN))
        {
            throw new NotFiniteOutputException();
        }
    }

    private ConsensusPrediction Sample(
        NamedTensor image,
        ModelDescription model,
        SamplingOptions sampling,
        CpuNoise noise,
        bool keepSamples,
        CancellationToken cancellation)
    {
        int generations = sampling.Generations, each = checked((int)DiffusionGraph.NoiseShape(model, 1).Aggregate(1L, (a, b) => a * b));
        if (sampling.Tolerance is double tolerance)
        {
            List<float[]> still = UntilStill(image, model, generations, tolerance, () => noise.Normal(each), cancellation);
            return Reduce(still, keepSamples, cancellation);
        }

        // As torch does: one call for all generations of a member.
        float[][] drawn = [.. Enumerable.Range(0, Members).Select(_ => noise.Normal(checked(each * generations)))];
        int together = Math.Max(1, sampling.BatchSize / model.Passes);
        if (together >= generations)
        {
            return Maps(Run(image, model, drawn, 0, generations, Outputs(keepSamples), cancellation));
        }

        List<float[]>[] samples = [.. Enumerable.Range(0, Members).Select(_ => new List<float[]>())];
        for (int first = 0; first < generations; first += together)
        {
            int count = Math.Min(together, generations - first);
            float[][] part = [.. drawn.Select(values => values[(first * each)..((first + count) * each)])];
            float[] maps = Run(image, model, part, first, count, [OnnxFile.Samples], cancellation)[OnnxFile.Samples];
            int ofMember = maps.Length / Members;
            for (int member = 0; member < Members; member++)
            {
                samples[member].Add(maps[(member * ofMember)..((member + 1) * ofMember)]);
            }
        }

        return Reduce([.. samples.SelectMany(parts => parts)], keepSamples, cancellation);
    }

    /// <summary>Samples one after another, the members in turn, until their mean soft map hardly changes.</summary>
    private List<float[]> UntilStill(
        NamedTensor image,
        ModelDescription model,
        int generations,
        double tolerance,
        Func<float[]> draw,
        CancellationToken cancellation)
    {
        int pixels = model.Height * model.Width, conditions = model.Conditions.Count;
        var samples = new List<float[]>();
        float[]? sum = null;
        for (int generation = 0; generation < generations; generation++)
        {
            float[][] noise = [.. Enumerable.Range(0, Members).Select(_ => draw())];
            float[] maps = Run(image, model, noise, generation, 1, [OnnxFile.Samples], cancellation)[OnnxFile.Samples];
            foreach (float[] sample in maps.Chunk(conditions * pixels))
            {
                samples.Add(sample);
                var softMap = new float[pixels];
                for (int i = 0; i < sample.Length; i++)
                {
                    softMap[i % pixels] += sample[i] / conditions;
                }

                if (sum is null)
                {
                    sum = softMap;
                    continue;
                }

                // The n-th map moves the mean by |x_n − mean of the others| / n.
                int others = samples.Count - 1;
                double change = softMap.Zip(sum).Average(pair => Math.Abs(pair.First - (pair.Second / others))) / samples.Count;
                if (change < tolerance)
                {
                    return samples;
                }

                sum = [.. sum.Zip(softMap, (total, map) => total + map)];
            }
        }

        return samples;
    }

    private Dictionary<string, float[]> Run(
        NamedTensor image,
        ModelDescription model,
        float[][] noise,
        int before,
        int generations,
        string[] outputs,
        CancellationToken cancellation)
    {
        long[] shape = DiffusionGraph.NoiseShape(model, generations);
        var inputs = new List<NamedTensor>
        {
            image, new(GraphPrediction.NoiseInput, [.. noise.SelectMany(values => values)], [Members * shape[0], .. shape[1..]]),
        };
        Dictionary<string, float[]> maps = _network.Run(inputs, outputs, cancellation, before);
        EnsureFinite(maps[outputs[0]]);
        return maps;
    }

    private ConsensusPrediction Reduce(List<float[]> samples, bool keepSamples, CancellationToken cancellation)
    {
        float[] all = [.. samples.SelectMany(values => values)];
        int generation = _file.Manifest.EveryStructure.Sum(structure => structure.Maps) * _file.Manifest.Height * _file.Manifest.Width;
        Dictionary<string, float[]> maps = _reduction.Value.Run(
            [SamplesTensor(all, all.Length / generation)], Outputs(keepSamples: false), cancellation);
        if (keepSamples)
        {
            maps.Add(OnnxFile.Samples, all);
        }

        return Maps(maps);
    }

    private NamedTensor SamplesTensor(float[] samples, int count) => new(
        OnnxFile.Samples, samples,
        [count, samples.Length / count / (_file.Manifest.Height * _file.Manifest.Width), _file.Manifest.Height, _file.Manifest.Width]);
}
