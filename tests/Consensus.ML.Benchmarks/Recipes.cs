using System.Diagnostics;
using System.Globalization;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Microsoft.ML;

namespace Consensus.ML.Benchmarks;

/// <summary>What each training setting gains: soft Dice on held-out cases after the same number of steps, and the cost of a step.</summary>
internal static class Recipes
{
    private static readonly (string Name, Action<ConsensusSegmentationEstimator.Options> Change, AugmentationPolicy? Augmentation)[] All =
    [
        ("compact", _ => { }, null),
        ("AdamW", o => o.Training = o.Training with { Optimizer = OptimizerKind.AdamW }, null),
        ("rate 2e-3", o => o.Training = o.Training with { LearningRate = 2e-3 }, null),
        ("dropout 0.1", o => o.Network = o.Network with { Dropout = 0.1 }, null),
        ("without coordinates", o => o.Network = o.Network with { EncoderCoordinates = false }, null),
        ("cosine decay", o => o.Training = o.Training with { CosineDecay = true }, null),

        // Compact as it was before one pass drew all levels.
        ("one level a pass, rate 2e-3", OneLevelAPass, null),
        ("one level a pass, rate 3e-3", o => { OneLevelAPass(o); o.Training = o.Training with { LearningRate = 3e-3 }; }, null),
        ("one level a pass, rate 1e-3", o => { OneLevelAPass(o); o.Training = o.Training with { LearningRate = 1e-3 }; }, null),
        ("level and time added", o => o.Network = o.Network with { ScaleShiftNorm = false }, null),
        ("noise from the start", o => o.Network = o.Network with { NoiseStartsAtZero = false }, null),
        ("encoder of half the width", o => o.Network = o.Network with { EncoderWidth = 16, EncoderGrowth = 8 }, null),
        ("two pairs an image", o => o.Training = o.Training with { PairsPerImage = 2 }, null),
        ("augmented as published", _ => { }, new()),
        ("linear interpolation", _ => { }, AugmentationPolicy.Strong with { Interpolation = InterpolationMode.Linear }),
        ("x_0, squared error", o => Predict(o, PredictionType.XStart), null),
        ("x_0, squared error, min-SNR 5", o => Predict(o, PredictionType.XStart, minSnrGamma: 5), null),
        ("velocity", o => Predict(o, PredictionType.Velocity), null),
        ("noise ε", o => Predict(o, PredictionType.Epsilon), null),
    ];

    /// <summary>Trains every recipe, or those named, and the one-pass U-Net of the levels, on each fold. Prints a table.</summary>
    public static void Measure(HeldOutCases cases, int steps, int folds, string[] names)
    {
        Console.WriteLine("| recipe | CPU seconds a step | soft Dice, 1 generation | 4 generations, mirrored |");
        Console.WriteLine("| --- | --- | --- | --- |");
        foreach ((string name, Action<ConsensusSegmentationEstimator.Options> change, AugmentationPolicy? augmentation) in All.Where(
            one => names.Length == 0 || names.Contains(one.Name)))
        {
            Print(name, cases, steps, folds, (ml, fold) =>
            {
                ConsensusSegmentationEstimator.Options options = ConsensusSegmentationEstimator.Options.Compact();
                change(options);
                options.Training = options.Training with { Steps = steps };
                return cases.Fit(ml, fold, augmentation, ml.Transforms.ConsensusSegment(options));
            });
        }

        if (names.Length == 0 || names.Contains("level-unet"))
        {
            Print("level-unet", cases, steps, folds, (ml, fold) =>
            {
                var options = new UNetSegmentationEstimator.Options();
                options.Training = options.Training with { Steps = steps };
                return cases.Fit(ml, fold, null, ml.Transforms.UNetSegment(options));
            });
        }
    }

    private static void Print(string name, HeldOutCases cases, int steps, int folds, Func<MLContext, int, ITransformer> train)
    {
        var single = new List<double>();
        var mirrored = new List<double>();
        double seconds = 0;
        for (int fold = 0; fold < folds; fold++)
        {
            var ml = new MLContext(seed: 1);
            TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
            ITransformer model = train(ml, fold);
            seconds += (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds;
            single.AddRange(Score(new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 2 }));
            mirrored.AddRange(Score(new() { Generations = 4, Mirror = true, Sampler = SamplerKind.Ddim, Steps = 2 }));
            ((IDisposable)model).Dispose();

            double[] Score(SamplingOptions sampling)
            {
                ITransformer sampled = model.WithSampling(sampling);
                double[] scores = cases.Score(ml, sampled, fold);
                ((IDisposable)sampled).Dispose();
                return scores;
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {seconds / folds / steps:0.000} | {single.Average():0.0000} | {mirrored.Average():0.0000} |"));
    }

    private static void OneLevelAPass(ConsensusSegmentationEstimator.Options options) =>
        (options.Network, options.Training) = (
            options.Network with { LevelConditioning = LevelConditioning.Embedding },
            options.Training with { Optimizer = OptimizerKind.AdamW, LearningRate = 2e-3, CosineDecay = true });

    /// <summary>Another prediction type, without the Dice term: only predictions of x_0 can have that term.</summary>
    private static void Predict(ConsensusSegmentationEstimator.Options options, PredictionType type, double? minSnrGamma = null)
    {
        options.Diffusion = options.Diffusion with { Prediction = type };
        options.Training = options.Training with
        {
            MinSnrGamma = minSnrGamma,
            DiceLossWeight = type == PredictionType.XStart ? options.Training.DiceLossWeight : 0,

            // The noise can be seen only where the input also holds something else.
            TimePower = type == PredictionType.Epsilon ? 0 : options.Training.TimePower,
            ValidationSampling = new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 10 },
        };
    }
}
