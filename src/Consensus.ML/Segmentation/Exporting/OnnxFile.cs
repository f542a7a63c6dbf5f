using System.Globalization;
using Consensus.Imaging.Storage;
using Consensus.ML.Graphs;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Networks;
using Consensus.ML.Transforms;

namespace Consensus.ML.Segmentation.Exporting;

/// <summary>Writes a model as an ONNX file: from the image as it was read to the maps, in one graph.</summary>
internal static class OnnxFile
{
    /// <summary>The input: a slice, 1×C×height×width.</summary>
    public const string ImageInput = "Image";

    /// <summary>The normalised and resized slice, inside the graph.</summary>
    public const string Features = "Features";

    /// <summary>What the names of the nodes before <see cref="Features"/> begin with.</summary>
    public const string PreparationStage = "prepare";

    public const string SoftMap = "SoftMap", ConsensusMaps = "ConsensusMaps", Uncertainty = "Uncertainty", Samples = "Samples";

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="manifest">The model.</param>
    /// <param name="weights">The weights of each member, as safetensors files.</param>
    /// <param name="preparation">What happens before the network.</param>
    /// <param name="options">Where the noise comes from.</param>
    /// <exception cref="NotSupportedException">
    /// The model cannot be written as a graph; the message says which option is in the way.
    /// </exception>
    /// <exception cref="IOException">The file cannot be written; the message names it.</exception>
    public static void Write(
        string path,
        ModelManifest manifest,
        IReadOnlyList<byte[]> weights,
        OnnxPreparation preparation,
        OnnxOptions options)
    {
        ProtoMessage model = Create(manifest, weights, preparation, options);
        if (model.Length > int.MaxValue)
        {
            throw new NotSupportedException(string.Create(
                CultureInfo.InvariantCulture,
                $"The model takes {model.Length / 1e9:0.0} GB as ONNX, and a file of that format holds at most 2 GB."));
        }

        AtomicFile.Write(path, model.Write);
    }

    /// <summary>The model as a message.</summary>
    public static ProtoMessage Create(
        ModelManifest manifest,
        IReadOnlyList<byte[]> weights,
        OnnxPreparation preparation,
        OnnxOptions options)
    {
        OptionRange.Defined(nameof(OnnxOptions.Noise), options.Noise);
        SamplingOptions sampling = manifest.Sampling with { Precision = Precision.Float32 };
        bool hasNoiseInput = manifest.DiffusionSteps is not null && options.Noise == OnnxNoise.Input;
        if (manifest.DiffusionSteps is not null && sampling.Tolerance is not null && !hasNoiseInput)
        {
            throw new NotSupportedException(
                "Tolerance ends sampling when the maps hardly change, and a graph with constant noise always takes all generations: "
                + "set Tolerance to null (WithSampling; --tolerance 0), or export with noise as an input.");
        }

        int seed = options.Seed ?? sampling.Seed ?? manifest.Seed;
        var graph = new GraphBuilder();
        graph.Stage = PreparationStage;
        GraphValue image = graph.Input(
            ImageInput, GraphType.Single, "A slice as it was read, in the units of the training images.",
            1L, (long)manifest.ImageChannels, "height", "width");
        GraphValue features = graph.Named(
            Features, Prepared(image, preparation, manifest.Height, manifest.Width));
        graph.Stage = "predict";
        IReadOnlyList<IReadOnlyList<ReadOnlyMemory<float>>> values = [.. weights.Select(file => Values(manifest.Description, file))];
        GraphMaps maps = manifest.Description.Emit(
            new(graph, values, sampling, manifest.Training.Mirroring, hasNoiseInput ? null : (ulong)(uint)seed), features);
        AddMaps(graph, maps, manifest);
        graph.Output(
            Samples, maps.Samples,
            "Every map before any averaging, generation by generation: of each structure its levels, then its named raters.",
            "generations", maps.Samples.Shape[1], (long)manifest.Height, (long)manifest.Width);
        ModelManifest kept = ModelFile.Describe(manifest, weights) with { Sampling = sampling };
        return graph.ToModel(
            "consensus", ("Consensus.ML", manifest.Libraries.Consensus),
            $"From a slice to the predicted share of raters, {manifest.Width}×{manifest.Height} pixels. For research; not a medical "
            + "device.",
            OnnxMetadata.Write(kept, preparation, options.Noise, seed));
    }

    /// <summary>The names of the outputs of a structure, without the samples.</summary>
    public static IEnumerable<string> OutputsOf(SegmentedStructure structure) =>
        new ManifestColumns(Features, SoftMap, ConsensusMaps, Uncertainty).Maps(structure);

    /// <summary>Adds the outputs of every structure to a graph, without the samples.</summary>
    public static void AddMaps(GraphBuilder graph, GraphMaps maps, ModelManifest manifest)
    {
        IReadOnlyList<SegmentedStructure> structures = manifest.EveryStructure;
        long height = manifest.Height, width = manifest.Width;
        for (int index = 0; index < structures.Count; index++)
        {
            SegmentedStructure structure = structures[index];
            GraphMaps its = maps.Of(index);
            Add(structure.ColumnName(SoftMap), its.SoftMap, 1, "The predicted share of raters, 0 to 1.");
            Add(structure.ColumnName(ConsensusMaps), its.ConsensusMaps, structure.Levels, "Each level of consensus, 0 to 1.");
            Add(
                structure.ColumnName(Uncertainty), its.Uncertainty, 1,
                "Standard deviation of the soft map over generations, at least 0.");
            for (int rater = 0; rater < structure.Raters.Count; rater++)
            {
                Add(
                    structure.RaterColumnName(structure.Raters[rater]), its.RaterMaps!.Part(0, rater, 1), 1,
                    "The mask that the rater would draw, 0 to 1.");
            }
        }

        void Add(string name, GraphValue map, long channels, string description) => graph.Output(
            name, map.Reshaped(1, channels, height, width), description, 1L, channels, height, width);
    }

    /// <summary>A slice, 1×C×height×width, normalised and resized.</summary>
    internal static GraphValue Prepared(GraphValue image, OnnxPreparation preparation, int height, int width) =>
        preparation.Normalizations.Aggregate(image, Normalized).Resized(height, width, preparation.Antialias);

    /// <summary>
    /// NormalizeSlices in a graph, in double precision as there. Values that it refuses become NaN, and with them all maps.
    /// </summary>
    private static GraphValue Normalized(GraphValue image, OnnxNormalization normalization)
    {
        GraphBuilder graph = image.Graph;
        long channels = normalization.Means.Count;
        GraphValue means = graph.Constant([.. normalization.Means], channels, 1, 1);
        GraphValue deviations = graph.Constant(
            [.. normalization.Deviations.Select(deviation => deviation > 0 ? deviation : 1)], channels, 1, 1);
        GraphValue values = image.As(GraphType.Double);
        if (normalization.EachSlice)
        {
            values = OnItsOwnScale(values, normalization.NoData is float missing ? IsMark(image, missing).Not() : null);
        }

        GraphValue scaled = values.Minus(means).Over(deviations).As(GraphType.Single);
        GraphValue isPlausible = image.Magnitude().AtMost(Imaging.NoData.LargestMagnitude);
        GraphValue usable = isPlausible.Choose(scaled, graph.Constant(float.NaN));
        return normalization.NoData is float mark ? IsMark(image, mark).Choose(graph.Constant(0.0), usable) : usable;
    }

    /// <summary>Each channel on its own scale, as <see cref="SigmaClippedScale"/> measures and applies it.</summary>
    /// <param name="values">A slice in double precision, 1×C×height×width.</param>
    /// <param name="hasData">Where pixels have data; null for everywhere.</param>
    private static GraphValue OnItsOwnScale(GraphValue values, GraphValue? hasData)
    {
        GraphBuilder graph = values.Graph;
        GraphValue zero = graph.Constant(0, GraphType.Double), one = graph.Constant(1, GraphType.Double);
        GraphValue isFinite = values.Magnitude().AtMost(double.MaxValue), isKnown = hasData?.And(isFinite) ?? isFinite;
        GraphValue every = isKnown.Choose(one, zero), known = isKnown.Choose(values, zero);
        GraphValue count = every.Total(2, 3);
        GraphValue mean = known.Total(2, 3).Over(count), allMean = mean;
        GraphValue distance = known.Minus(mean).Times(every);
        GraphValue deviation = distance.Times(distance).Total(2, 3).Over(count).Root(), allDeviation = deviation;
        for (int round = 0; round < SigmaClippedScale.Rounds; round++)
        {
            GraphValue from = known.Minus(mean);
            GraphValue beyond = from.Magnitude().Minus(deviation.Times(SigmaClippedScale.Limit * SigmaClippedScale.Slack));
            GraphValue kept = beyond.AtMost(0).Choose(every, zero);
            GraphValue left = kept.Total(2, 3), share = from.Times(kept);
            GraphValue isAny = left.Above(0), divisor = isAny.Choose(left, one);
            GraphValue shift = share.Total(2, 3).Over(divisor);
            GraphValue variance = share.Times(share).Total(2, 3).Over(divisor).Minus(shift.Times(shift)).Clamped(0, double.MaxValue);
            (mean, deviation) = (mean.Plus(shift), isAny.Choose(variance.Root(), deviation));
        }

        GraphValue isContrast = IsContrast(mean, deviation), isAnyContrast = IsContrast(allMean, allDeviation);
        GraphValue centre = isContrast.Choose(mean, allMean);
        GraphValue unit = isContrast.Choose(deviation, isAnyContrast.Choose(allDeviation, one));
        GraphValue deviations = values.Minus(centre).Over(unit), size = deviations.Magnitude();
        GraphValue far = size.Plus(1 - SigmaClippedScale.Limit).Clamped(1, double.MaxValue).Logarithm().Plus(SigmaClippedScale.Limit);
        return size.AtMost(SigmaClippedScale.Limit).Choose(deviations, deviations.Over(size).Times(far));

        static GraphValue IsContrast(GraphValue mean, GraphValue deviation) =>
            deviation.Minus(mean.Magnitude().Times(SigmaClippedScale.LeastShare)).Above(0);
    }

    /// <summary>Where pixels have no data, as <see cref="Imaging.NoData.IsMark"/> says.</summary>
    private static GraphValue IsMark(GraphValue image, float mark)
    {
        if (float.IsNaN(mark))
        {
            return image.IsNaN();
        }

        GraphValue equal = image.EqualTo(mark);
        return Math.Abs(mark) <= Imaging.NoData.LargestMagnitude || !float.IsFinite(mark)
            ? equal
            : equal.Or(image.Over(image.Graph.Constant(mark)).Plus(-1).Magnitude().AtMost(Imaging.NoData.Tolerance));
    }

    private static IReadOnlyList<ReadOnlyMemory<float>> Values(INetworkDescription description, byte[] file)
    {
        Safetensors tensors = Safetensors.Parse(file);
        Dictionary<string, SafetensorsEntry> entries = tensors.Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        return [.. description.Layout().Specs.Select(spec => (ReadOnlyMemory<float>)tensors.Values(entries[spec.Name]))];
    }
}
