using Consensus.ML.Diffusion;
using Consensus.ML.Imaging;
using Consensus.ML.Labels;
using Consensus.ML.Training;
using Microsoft.Data.Analysis;
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

    public static (float[] SoftMap, ITransformer Thorough, ITransformer Together) Load()
    {
        // <load>
        var ml = new MLContext();
        ITransformer model = ml.Model.Load("brain-growth.zip", out _);
        IDataView slices = ml.Data.LoadFromEnumerable([new { ImagePath = "scan.nii.gz" }]);
        float[] softMap = model.Transform(slices).GetColumn<float[]>("SoftMap").Single();     // 64 × 64 values in [0, 1]

        // As the paper samples, on the same weights: 25 generations of 100 steps.
        ITransformer thorough = model.WithSampling(new SamplingOptions { Generations = 25, Sampler = SamplerKind.Ddpm });

        // Averaged over models that were trained alike from different seeds: one model, and one zip when it is saved.
        ITransformer together = ml.Segmentation.Ensemble([model, ml.Model.Load("second.zip", out _)]);
        // </load>
        return (softMap, thorough, together);
    }

    public static void Compare()
    {
        // <compare>
        var ml = new MLContext(seed: 1);
        IDataView cases = ml.Data.LoadFromQubiq("QUBIQ", QubiqTask.BrainGrowth, QubiqSplit.Train);
        var onePass = ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(ml.Transforms.NormalizeSlices("Image"))
            .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64))
            .Append(ml.Transforms.AugmentSlices("Features"))
            .Append(ml.Transforms.UNetSegment(new() { Kind = UNetKind.Levels }));             // the same columns, zip and scores
        foreach (var fold in ml.Segmentation.CrossValidate(cases, onePass, numberOfFolds: 5))
        {
            MeasureSummary dice = fold.Metrics.Summary(SegmentationMeasure.Find("SoftDice5"));
            Console.WriteLine($"soft Dice {dice.Mean:0.000} ({dice.Interval.Lower:0.000} to {dice.Interval.Upper:0.000}), energy distance {fold.Metrics.GeneralizedEnergyDistance:0.000}");
            ((IDisposable)fold.Model).Dispose();
        }

        // </compare>
    }

    public static RaterReport Data()
    {
        // <data>
        var ml = new MLContext(seed: 1);
        IDataView retina = ml.Data.LoadFromManifest("dataset.json", split: "train");
        IDataView table = ml.Data.LoadFromDataFrame(DataFrame.LoadCsv("cases.csv"), raterColumns: ["Ann", "Ben", "Cleo"]);   // an empty cell: not drawn
        IDataView volume = ml.Data.LoadFromVolume("scan.nii.gz", axis: 2);                                                   // a row for each slice

        RaterReport report = ml.Segmentation.DescribeRaters(retina);
        Console.WriteLine($"pairwise Dice {report.MeanPairwiseDice:0.000}, Fleiss' kappa {report.MeanFleissKappa:0.000}");
        StapleEstimate truth = Staple.Estimate(MaskReader.Read(["Ann.png", "Ben.png", "Cleo.png"]));
        Console.WriteLine($"Ann finds {truth.Sensitivity[0]:P0} of what STAPLE takes for true");
        // </data>
        Assert.Equal(2, table.GetColumn<string>("Case").Count());
        Assert.Equal(12, volume.GetColumn<string>("ImagePath").Count());
        return report;
    }
}
