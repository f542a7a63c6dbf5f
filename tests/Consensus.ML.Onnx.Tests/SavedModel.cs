using Consensus.Imaging;
using Consensus.ML.Onnx.Tests.Models;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Segmentation.Prediction;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;
using static TorchSharp.torch;

namespace Consensus.ML.Onnx.Tests;

/// <summary>A chain with a small network of random weights, and a file of it.</summary>
internal sealed class SavedModel : IDisposable
{
    private const int Side = 16;

    private readonly string _folder = Directory.CreateTempSubdirectory("consensus-onnx-").FullName;

    public SavedModel(ModelManifest manifest, OnnxNoise noise = OnnxNoise.Input, int members = 1)
    {
        byte[][] weights = [.. Enumerable.Range(1, members).Select(seed => RandomModel.Weights(manifest.Description.Layout(), seed).File)];
        if (members > 1)
        {
            manifest = manifest with
            {
                FurtherMembers = [.. Enumerable.Range(2, members - 1).Select(seed => new ManifestMember(seed, manifest.Training))],
            };
        }

        var shared = new SharedModel(manifest.CreateModel(weights, CPU));
        SegmentationTransformer segmentation = manifest is DiffusionManifest diffusion
            ? new ConsensusSegmentationTransformer(Ml, diffusion, shared)
            : new UNetSegmentationTransformer(Ml, (OnePassManifest)manifest, shared);
        Chain = new(
            new SliceLoadingTransformer(Ml, "Image", "ImagePath"),
            new SliceNormalizingTransformer(Ml, "Image", "Image", [10, 20], [5, 4], -99, [new(3, 27, 20), new(3, 27, 20)]),
            new SliceResizingTransformer(Ml, "Features", "Image", 2, Side, Side, antialias: true),
            segmentation);
        Chain.SaveOnnx(Path, new() { Noise = noise });
    }

    public static MLContext Ml { get; } = new(seed: 1);

    /// <summary>With torch.</summary>
    public TransformerChain<ITransformer> Chain { get; }

    /// <summary>The ONNX file.</summary>
    public string Path => File("model.onnx");

    public static SavedModel Diffusion(OnnxNoise noise = OnnxNoise.Input, int members = 1) =>
        new(RandomModel.DiffusionManifest(RandomModel.Diffusion(Side)), noise, members);

    public static SavedModel Diffusion(
        IReadOnlyList<SegmentedStructure> structures,
        LevelConditioning conditioning,
        OnnxNoise noise = OnnxNoise.Input,
        int members = 1) =>
        new(
            RandomModel.DiffusionManifest(RandomModel.Diffusion(Side) with
            {
                Levels = structures.Max(structure => structure.Levels),
                Structures = structures,
                Network = RandomModel.Network(Side) with { LevelConditioning = conditioning },
            }),
            noise,
            members);

    public static SavedModel OnePass(UNetKind kind) => new(RandomModel.OnePassManifest(RandomModel.OnePass(Side) with { Kind = kind }));

    /// <summary>Three slices of different sizes.</summary>
    public static IDataView Slices() => Ml.Data.LoadFromSlices(
    [
        .. new (int Height, int Width)[] { (16, 16), (40, 31), (9, 77) }.Select((size, i) => new Slice(
            2, size.Height, size.Width,
            [.. RandomModel.Image(2, size.Height, size.Width, seed: i).Select((value, j) => j % 11 == 0 ? -99 : 15 + (value * 8))])),
    ]);

    public string File(string name) => System.IO.Path.Combine(_folder, name);

    public void Dispose()
    {
        Chain.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
