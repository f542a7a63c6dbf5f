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
    private readonly Lazy<NetworkSession> _reduction;

    public OnnxModel(ReadOnnxFile file, OnnxRuntimeOptions options)
    {
        // The session has a copy of the graph.
        _file = file with { Network = [] };
        _network = new(file.Network, options);
        _reduction = new(() => new(ReductionGraph.Create(file.Manifest), new() { Threads = 1 }));
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
            : Maps(_network.Run([image], Outputs(keepSamples), cancellation), keepSamples);
    }

    /// <summary>The soft map of samples, count × maps × height × width.</summary>
    public float[] SoftMap(float[] samples, int count) =>
        _reduction.Value.Run([SamplesTensor(samples, count)], [OnnxFile.SoftMap], CancellationToken.None)[OnnxFile.SoftMap];

    /// <inheritdoc/>
    public void Dispose()
    {
        _network.Dispose();
        if (_reduction.IsValueCreated)
        {
            _reduction.Value.Dispose();
        }
    }

    private static string[] Outputs(bool keepSamples) => keepSamples
        ? [OnnxFile.SoftMap, OnnxFile.ConsensusMaps, OnnxFile.Uncertainty, OnnxFile.Samples]
        : [OnnxFile.SoftMap, OnnxFile.ConsensusMaps, OnnxFile.Uncertainty];

    private static ConsensusPrediction Maps(Dictionary<string, float[]> maps, bool keepSamples)
    {
        // The graph makes all maps NaN where a value of the network's output is not finite.
        EnsureFinite(maps[OnnxFile.SoftMap]);
        return new(
            maps[OnnxFile.SoftMap], maps[OnnxFile.ConsensusMaps], maps[OnnxFile.Uncertainty], keepSamples ? maps[OnnxFile.Samples] : null);
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
            return Maps(Run(image, model, drawn, 0, generations, Outputs(keepSamples), cancellation), keepSamples);
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
        int pixels = model.Height * model.Width;
        var samples = new List<float[]>();
        float[]? sum = null;
        for (int generation = 0; generation < generations; generation++)
        {
            float[][] noise = [.. Enumerable.Range(0, Members).Select(_ => draw())];
            float[] maps = Run(image, model, noise, generation, 1, [OnnxFile.Samples], cancellation)[OnnxFile.Samples];
            foreach (float[] sample in maps.Chunk(model.Levels * pixels))
            {
                samples.Add(sample);
                var softMap = new float[pixels];
                for (int i = 0; i < sample.Length; i++)
                {
                    softMap[i % pixels] += sample[i] / model.Levels;
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
        int generation = _file.Manifest.Levels * _file.Manifest.Height * _file.Manifest.Width;
        Dictionary<string, float[]> maps = _reduction.Value.Run(
            [SamplesTensor(all, all.Length / generation)], Outputs(keepSamples: false), cancellation);
        return new(
            maps[OnnxFile.SoftMap], maps[OnnxFile.ConsensusMaps], maps[OnnxFile.Uncertainty], keepSamples ? all : null);
    }

    private NamedTensor SamplesTensor(float[] samples, int count) => new(
        OnnxFile.Samples, samples,
        [count, samples.Length / count / (_file.Manifest.Height * _file.Manifest.Width), _file.Manifest.Height, _file.Manifest.Width]);
}
