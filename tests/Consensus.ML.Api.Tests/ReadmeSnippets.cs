using Consensus.ML.Diffusion;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>
/// The C# blocks of README.md, word for word between the marks, so that the compiler reads them too. <see cref="ReadmeTests"/> compares.
/// </summary>
internal static class ReadmeSnippets
{
    public static void Pipeline()
    {
        // <pipeline>
        var ml = new MLContext(seed: 1);
        IDataView train = ml.Data.LoadFromQubiq("QUBIQ", QubiqTask.BrainGrowth, QubiqSplit.Train);
        IDataView validation = ml.Data.LoadFromQubiq("QUBIQ", QubiqTask.BrainGrowth, QubiqSplit.Validation);
        var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(ml.Transforms.NormalizeSlices("Image"))                                   // per channel, fitted on the training images
            .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64))
            .Append(ml.Transforms.AugmentSlices("Features"))                                  // while training only
            .Append(ml.Transforms.ConsensusSegment());
        using var model = pipeline.Fit(train);
        Console.WriteLine($"soft Dice {ml.Segmentation.Evaluate(model.Transform(validation)).SoftDice5:0.000}");
        ml.Model.Save(model, train.Schema, "brain-growth.zip");
        // </pipeline>
    }

    public static (float[] SoftMap, ITransformer Thorough) Load()
    {
        // <load>
        var ml = new MLContext();
        ITransformer model = ml.Model.Load("brain-growth.zip", out _);
        IDataView slices = ml.Data.LoadFromEnumerable([new { ImagePath = "scan.nii.gz" }]);
        float[] softMap = model.Transform(slices).GetColumn<float[]>("SoftMap").Single();     // 64 × 64 values in [0, 1]

        // As the paper samples, on the same weights: 25 generations of 100 steps.
        ITransformer thorough = model.WithSampling(new SamplingOptions { Generations = 25, Sampler = SamplerKind.Ddpm });
        // </load>
        return (softMap, thorough);
    }
}
