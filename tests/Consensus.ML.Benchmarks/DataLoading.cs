using System.Diagnostics;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Torch.Models;
using Consensus.ML.Torch.Training.Batches;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace Consensus.ML.Benchmarks;

/// <summary>The work between the disk and the network: reading cases, and making training batches of them.</summary>
internal static class DataLoading
{
    private const int Cases = 40, Batches = 200;

    /// <summary>Measures on a phantom of brain growth: 256×256 pixels, 7 raters, gzip.</summary>
    /// <returns>Name, median, and unit of each quantity.</returns>
    public static IReadOnlyList<(string Name, double Median, string Unit)> Measure(int rounds)
    {
        string folder = Directory.CreateTempSubdirectory("consensus-benchmarks-").FullName;
        try
        {
            PhantomDataset.Write(folder, QubiqTask.BrainGrowth, Cases, 1, seed: 1);
            var ml = new MLContext(seed: 1);
            IDataView rows = ml.Data.LoadFromQubiq(folder, QubiqTask.BrainGrowth, QubiqSplit.Train);
            IReadOnlyList<RaterCase> cases = QubiqDataset.List(folder, QubiqTask.BrainGrowth, QubiqSplit.Train).Cases;
            IDataView images = ml.Transforms.LoadSlices("Image", "ImagePath")
                .Append(ml.Transforms.NormalizeSlices("Image"))
                .Append(ml.Transforms.ResizeSlices("Features", "Image", 64, 64))
                .Fit(rows)
                .Transform(rows);
            TrainingCase[] training = [.. images.GetColumn<float[]>("Features")
                .Zip(cases, (features, one) => new TrainingCase(one.Name, features, MaskReader.Read(one.AnnotationPaths)))];
            return
            [
                (
                    "image of a case, read, normalised, resized to 64 pixels",
                    Median(rounds, () => images.GetColumn<float[]>("Features").Count()) / Cases, "ms"),
                (
                    "masks of a case, 7 of them",
                    Median(rounds, () => cases.Sum(one => MaskReader.Read(one.AnnotationPaths).Raters)) / Cases, "ms"),
                (
                    "batch of a training step: 4 images, drawn and augmented as published",
                    Median(rounds, () => DrawBatches(training, new())) / Batches, "ms"),
                (
                    "the same, augmented as AugmentSlices does by itself",
                    Median(rounds, () => DrawBatches(training, AugmentationPolicy.Strong)) / Batches, "ms"),
                ("what is left of that for a step to wait for, drawn while the step before it took 20 ms of a GPU", Median(
                    [.. Enumerable.Range(0, rounds).Select(_ => WaitForBatches(training, AugmentationPolicy.Strong) / Batches)]), "ms"),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int DrawBatches(TrainingCase[] cases, AugmentationPolicy augmentation)
    {
        BatchSource source = Source(cases, augmentation);
        for (int step = 0; step < Batches; step++)
        {
            using var scope = torch.NewDisposeScope();
            source.Draw(step)(torch.CPU);
        }

        return Batches;
    }

    /// <summary>
    /// The milliseconds that a thread spends on batches when it asks for one after another, as training does, and computes nothing in
    /// between.
    /// </summary>
    private static double WaitForBatches(TrainingCase[] cases, AugmentationPolicy augmentation)
    {
        using var ahead = new DrawnAhead<Func<torch.Device, TrainingBatch>>(Source(cases, augmentation).Draw);
        ahead.Take(0);
        double waited = 0;
        for (int step = 1; step <= Batches; step++)
        {
            Thread.Sleep(20);
            using var scope = torch.NewDisposeScope();
            long before = Stopwatch.GetTimestamp();
            ahead.Take(step)(torch.CPU);
            waited += Stopwatch.GetElapsedTime(before).TotalMilliseconds;
        }

        return waited;
    }

    private static BatchSource Source(TrainingCase[] cases, AugmentationPolicy augmentation)
    {
        ConsensusSegmentationEstimator.Options options = ConsensusSegmentationEstimator.Options.Compact();
        var description = new ModelDescription
        {
            Height = 64,
            Width = 64,
            ImageChannels = 1,
            Levels = 7,
            Target = TrainingTarget.Consensus,
            Network = options.Network,
            Diffusion = options.Diffusion,
        };
        return new(description, options.Training, augmentation, [0f], seed: 1, cases);
    }

    private static double Median(int rounds, Func<int> work)
    {
        work();
        return Median([.. Enumerable.Range(0, rounds).Select(_ =>
        {
            long before = Stopwatch.GetTimestamp();
            work();
            return Stopwatch.GetElapsedTime(before).TotalMilliseconds;
        })]);
    }

    private static double Median(double[] times) => times.Order().ElementAt(times.Length / 2);
}
