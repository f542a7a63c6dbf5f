using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Files;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;

namespace Consensus.ML.Tests;

/// <summary>What the library says is the same in an application of any culture.</summary>
public sealed class CultureMessageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Numbers_in_messages_have_a_point_and_a_minus_in_every_culture()
    {
        var ml = new MLContext();
        Assert.Equal(
            "LearningRate is -0.5; it must be above 0.",
            Options(options => options.Training = options.Training with { LearningRate = -0.5 }));
        Assert.Equal(
            "Network.ChannelMultipliers is [1, -2]; it must be 1 to 12 numbers from 1 to 64.",
            Options(options => options.Network = options.Network with { ChannelMultipliers = [1, -2] }));
        Assert.Equal(
            "Sampling.Generations is -3; it must be from 1 to 1000.",
            Options(options => options.Sampling = options.Sampling with { Generations = -3 }));
        Assert.Equal(
            "ResizeSlices: height is -4; it must be at least 1 pixel.", Message(() => ml.Transforms.ResizeSlices("A", "B", -4, 5)));
        Assert.Equal(
            "AugmentSlices: Contrast is 1.5; it must be from 0 to 1.",
            Message(() => ml.Transforms.AugmentSlices("A", new AugmentationPolicy { Contrast = 1.5 })));
        Assert.Equal(
            "AugmentationPolicy { HorizontalFlip = 0.5, VerticalFlip = 0.5, RotationDegrees = 15, Translation = 0.1, MinimumScale = 0.9, "
            + "MaximumScale = 1.1, Deformation = 0.015, Contrast = 0.2, Brightness = -0.25 }",
            ForeignCulture.Run((AugmentationPolicy.Strong with { Brightness = -0.25 }).ToString));

        static string Options(Action<ConsensusSegmentationEstimator.Options> change)
        {
            var options = new ConsensusSegmentationEstimator.Options();
            change(options);
            return Message(() => OptionsCheck.Check(options)).Replace("Training.", "", StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Values_of_files_are_told_alike_in_every_culture()
    {
        string labels = new NiftiBytes { Type = 16, Values = [0, 0.5, -1.5, 0, 0, 0] }.WriteTo(_folder["labels.nii"]);
        string shape = new NiftiBytes { Dimensions = [2, -3] }.WriteTo(_folder["shape.nii"]);
        string slope = new NiftiBytes { Slope = 0.5, Intercept = double.NegativeInfinity }.WriteTo(_folder["slope.nii"]);

        Assert.Equal(
            $"'{labels}' holds the values -1.5, 0, 0.5, but a mask holds 0 and one other value.", Message(() => MaskReader.Read([labels])));
        Assert.Equal($"'{shape}' has length -3 along axis 2 (dim[2]), but at least 1 is allowed.", Message(() => SliceReader.Read(shape)));
        Assert.StartsWith(
            $"'{slope}' has slope 0.5 but intercept -Infinity:", Message(() => SliceReader.Read(slope)), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string Message(Func<object> call) => ForeignCulture.Run(() => Assert.ThrowsAny<Exception>(call)).Message;

    private static string Message(Action call) => ForeignCulture.Run(() => Assert.ThrowsAny<Exception>(call)).Message;
}
