using Consensus.Imaging.Augmentation;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;

namespace Consensus.ML.Tests.Segmentation;

/// <summary>The library's messages are the same in an application of any culture.</summary>
public sealed class MessageCultureTests
{
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
            + "MaximumScale = 1.1, Deformation = 0.015, Contrast = 0.2, Brightness = -0.25, Padding = Reflection, "
            + "Interpolation = Cubic, AnyRotationIfUnoriented = True }",
            ForeignCulture.Run((AugmentationPolicy.Strong with { Brightness = -0.25 }).ToString));

        static string Options(Action<ConsensusSegmentationEstimator.Options> change)
        {
            var options = new ConsensusSegmentationEstimator.Options();
            change(options);
            return Message(() => OptionsCheck.Check(options)).Replace("Training.", "", StringComparison.Ordinal);
        }
    }

    private static string Message(Func<object> call) => ForeignCulture.Run(() => Assert.ThrowsAny<Exception>(call)).Message;

    private static string Message(Action call) => ForeignCulture.Run(() => Assert.ThrowsAny<Exception>(call)).Message;
}
