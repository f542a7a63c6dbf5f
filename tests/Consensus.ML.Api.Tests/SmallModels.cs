using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Options;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>
/// The recipe of the folder Models: four small models, one image, and the maps that each model predicts of the image.
/// The networks are the smallest that the options allow, and they hardly learn. Their maps are a fixed pattern: a test of loading
/// needs no more.
/// </summary>
internal static class SmallModels
{
    public const string Channels = "consensus-channels.zip", Embedding = "consensus-embedding.zip";
    public const string UNet = "unet-levels.zip", Ensemble = "ensemble.zip";
    public const string Image = "scan.nii.gz", Expected = "expected.json";
    public const int Side = 16;

    public static IReadOnlyList<string> Names { get; } = [Channels, Embedding, UNet, Ensemble];

    /// <summary>Writes all files of the folder.</summary>
    public static void Make(string folder)
    {
        NiftiFile.WriteSlice(Path.Combine(folder, Image), Blobs.Image(7));
        using var cases = new TemporaryFolder();
        var ml = new MLContext(seed: 1);
        CaseRow[] rows = [.. Enumerable.Range(1, 4).Select(number => Blobs.WriteCase(cases[$"case{number:00}"], number))];
        IDataView data = ml.Data.LoadFromEnumerable(rows);

        Save(ml, data, Path.Combine(folder, Channels), Consensus(LevelConditioning.Channels, seed: 1));
        Save(ml, data, Path.Combine(folder, Embedding), Consensus(LevelConditioning.Embedding, seed: 1));
        Save(ml, data, Path.Combine(folder, UNet), OnePass(seed: 1));
        Save(ml, data, cases["second.zip"], OnePass(seed: 2));
        ITransformer first = ml.Model.Load(Path.Combine(folder, UNet), out _), second = ml.Model.Load(cases["second.zip"], out _);
        ITransformer ensemble = ml.Segmentation.Ensemble([first, second]);
        using (first as IDisposable)
        using (second as IDisposable)
        using (ensemble as IDisposable)
        {
            ml.Model.Save(ensemble, data.Schema, Path.Combine(folder, Ensemble));
        }

        string image = Path.Combine(folder, Image);
        Dictionary<string, MapsRow> maps = Names.ToDictionary(name => name, name => Predict(Path.Combine(folder, name), image));
        File.WriteAllText(Path.Combine(folder, Expected), Json(maps));
    }

    /// <summary>The maps that a saved model predicts for an image.</summary>
    public static MapsRow Predict(string zip, string image)
    {
        var ml = new MLContext();
        ITransformer model = ml.Model.Load(zip, out _);
        using (model as IDisposable)
        {
            return Predict(ml, model, image);
        }
    }

    /// <summary>The maps that a model predicts for an image.</summary>
    public static MapsRow Predict(MLContext ml, ITransformer model, string image)
    {
        IDataView output = model.Transform(ml.Data.LoadFromEnumerable([new { ImagePath = image }]));
        return ml.Data.CreateEnumerable<MapsRow>(output, reuseRowObject: false, ignoreMissingColumns: true).Single();
    }

    private static EstimatorChain<SliceRestoringTransformer> Consensus(LevelConditioning levels, int seed) =>
        Pipeline(ml => ml.Transforms.ConsensusSegment(new()
        {
            Network = Network with { LevelConditioning = levels },
            Diffusion = new() { Steps = 8, LearnedVariance = false, Prediction = PredictionType.XStartLogit },
            Training = Training,
            Sampling = new() { Generations = 2, Sampler = SamplerKind.Ddim, Steps = 2 },
            Seed = seed,
        }));

    private static EstimatorChain<SliceRestoringTransformer> OnePass(int seed) =>
        Pipeline(ml => ml.Transforms.UNetSegment(new()
        {
            Kind = UNetKind.Levels,
            Network = Network,
            Training = Training,
            Sampling = new() { Generations = 2, Mirror = true },
            Seed = seed,
        }));

    private static NetworkOptions Network { get; } = new()
    {
        ModelChannels = 32,
        ChannelMultipliers = [1],
        ResidualBlocks = 1,
        AttentionResolutions = [],
        AttentionHeads = 1,
        EncoderBlocks = 1,
        EncoderWidth = 4,
        EncoderGrowth = 2,
        ScaleShiftNorm = true,
    };

    // Two very long steps. The last convolution starts at zero; after them its maps are not flat.
    private static TrainingOptions Training { get; } = new()
    {
        Steps = 2,
        BatchSize = 2,
        LearningRate = 0.05,
        EmaDecay = 0,
        Validations = 1,
        ValidationFraction = 0.25,
        Threads = 1,
        Precision = Precision.Float32,
    };

    private static EstimatorChain<SliceRestoringTransformer> Pipeline<TTransformer>(Func<MLContext, IEstimator<TTransformer>> segment)
        where TTransformer : class, ITransformer
    {
        var ml = new MLContext(seed: 1);
        return ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(ml.Transforms.NormalizeSlices("Image"))
            .Append(ml.Transforms.ResizeSlices("Features", "Image", height: Side, width: Side))
            .Append(ml.Transforms.AugmentSlices("Features"))
            .Append(segment(ml))
            .Append(ml.Transforms.RestoreSlices("Restored", "SoftMap", "Image"));
    }

    /// <summary>Trains a pipeline, makes its weights coarse and saves it as the library saves every model.</summary>
    private static void Save(MLContext ml, IDataView data, string zip, EstimatorChain<SliceRestoringTransformer> pipeline)
    {
        using var folder = new TemporaryFolder();
        string fine = folder["fine.zip"];
        ITransformer trained = pipeline.Fit(data);
        using (trained as IDisposable)
        {
            ml.Model.Save(trained, data.Schema, fine);
        }

        MakeCoarse(fine);
        ITransformer coarse = ml.Model.Load(fine, out _);
        using (coarse as IDisposable)
        {
            ml.Model.Save(coarse, data.Schema, zip);
        }
    }

    /// <summary>
    /// Rounds the weights of a saved model to few different values, so that the zip is small. Puts their new hash into its manifest.
    /// </summary>
    private static void MakeCoarse(string zip)
    {
        byte[] weights = ModelZip.Entry(zip, "weights.safetensors");
        int begin = sizeof(long) + (int)BitConverter.ToInt64(weights);
        using (JsonDocument header = JsonDocument.Parse(weights.AsMemory(sizeof(long), begin - sizeof(long))))
        {
            foreach (JsonProperty tensor in header.RootElement.EnumerateObject().Where(property => property.Name != "__metadata__"))
            {
                int[] range = [.. tensor.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => begin + offset.GetInt32())];
                Span<float> values = MemoryMarshal.Cast<byte, float>(weights.AsSpan(range[0]..range[1]));
                Round(values, tensor.Value.GetProperty("shape").GetArrayLength() > 1);
            }
        }

        ModelFileTests.Rewrite(zip, "weights.safetensors", _ => weights);
        string manifest = Encoding.UTF8.GetString(ModelZip.Entry(zip, "manifest.json"));
        string hash = $"\"sha256\": \"{Convert.ToHexStringLower(SHA256.HashData(weights))}\"";
        ModelFileTests.Reseal(zip, Encoding.UTF8.GetBytes(Regex.Replace(manifest, "\"sha256\": \"[0-9a-f]{64}\"", hash)));
    }

    // Kernels become multiples of a power of two near twice their size, so most of them become zero. Biases and scales of normalisations
    // become multiples of an eighth.
    private static void Round(Span<float> values, bool kernel)
    {
        double squares = 0;
        foreach (float value in values)
        {
            squares += value * (double)value;
        }

        double step = kernel && squares > 0 ? Math.Pow(2, Math.Round(Math.Log2(2 * Math.Sqrt(squares / values.Length)))) : 0.125;
        foreach (ref float value in values)
        {
            value = (float)(Math.Round(value / step) * step);
        }
    }

    private static string Json(Dictionary<string, MapsRow> models)
    {
        var text = new StringBuilder("{\n");
        text.AppendJoin(",\n", models.Select(model => $"  \"{model.Key}\": {{\n{Maps(model.Value)}\n  }}"));
        return text.Append("\n}\n").ToString();

        static string Maps(MapsRow maps) => string.Join(
            ",\n",
            Map("softMap", maps.SoftMap),
            Map("consensusMaps", maps.ConsensusMaps),
            Map("uncertainty", maps.Uncertainty));

        static string Map(string name, float[] values)
        {
            string rows = string.Join(",\n      ", values.Chunk(Side).Select(row => string.Join(",", row.Select(Number))));
            return $"    \"{name}\": [\n      {rows}\n    ]";
        }

        static string Number(float value) => value.ToString("0.######", CultureInfo.InvariantCulture);
    }
}
