using Consensus.ML.Networks;
using Consensus.ML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML;

/// <summary>The model whose weights training begins with (fine-tuning).</summary>
internal static class StartingModel
{
    /// <summary>The segmentation in a model.</summary>
    /// <typeparam name="T">Which sort of segmentation.</typeparam>
    /// <param name="model">It, or a chain with it inside.</param>
    /// <param name="name">The parameter or option that the model came by, for messages.</param>
    /// <exception cref="ArgumentException">There is none of this sort.</exception>
    public static T Find<T>(ITransformer model, string name)
        where T : SegmentationTransformer
    {
        ArgumentNullException.ThrowIfNull(model, name);
        string sort = typeof(T) == typeof(UNetSegmentationTransformer) ? "one-pass U-Net" : "consensus segmentation";
        return In(model) ?? throw new ArgumentException($"The model ({model.GetType().Name}) has no {sort} in it, so there are no weights to start from.", name);

        static T? In(ITransformer model) => model as T ?? (model as ITransformerChainAccessor)?.Transformers.Select(In).FirstOrDefault(found => found is not null);
    }

    /// <summary>The weights of a model, made sure to be of the network that is to be trained.</summary>
    /// <param name="model">The model.</param>
    /// <param name="description">What is to be trained: a description without what may differ.</param>
    /// <param name="modelDescription">The same of the model.</param>
    /// <param name="layout">The weights of the network that is to be trained.</param>
    /// <param name="modelLayout">The weights of the model's.</param>
    /// <param name="height">Rows of the slices to train on.</param>
    /// <param name="width">Their columns.</param>
    /// <exception cref="ArgumentException">They are not; the message says what differs.</exception>
    public static byte[] Weights(SegmentationTransformer model, object description, object modelDescription, WeightLayout layout, WeightLayout modelLayout, int height, int width)
    {
        string[] differences = [.. Settings.Differences(WithoutSize(description), WithoutSize(modelDescription))];
        if (differences.Length > 0)
        {
            throw new ArgumentException($"The model to start from cannot be trained further with these options and data: {string.Join("; ", differences)}. Options.ContinueFrom takes over the model's.");
        }

        return modelLayout.Specs.Select(spec => spec.Name).SequenceEqual(layout.Specs.Select(spec => spec.Name))
            ? model.Weights()
            : throw new ArgumentException(
                $"The model to start from was trained on slices of {model.Height}×{model.Width} pixels (height × width); on {height}×{width}, its self-attention (AttentionResolutions) would stand in other places. Use the model's size.");
    }

    /// <summary>The settings of a description but for the size of slices, which matters only by where self-attention stands.</summary>
    private static Dictionary<string, string> WithoutSize(object description)
    {
        Dictionary<string, string> settings = Settings.Of(("", description));
        settings.Remove(nameof(ModelDescription.Height));
        settings.Remove(nameof(ModelDescription.Width));
        return settings;
    }
}
