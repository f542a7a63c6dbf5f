using Consensus.Imaging.Labels;
using Consensus.ML.MLNet;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Torch.Models;
using Microsoft.ML;

namespace Consensus.ML.Segmentation;

/// <summary>The model whose weights training begins with (fine-tuning).</summary>
internal static class StartingModel
{
    /// <summary>The segmentation in a model.</summary>
    /// <typeparam name="T">The kind of segmentation.</typeparam>
    /// <param name="model">The segmentation, or a chain that contains it.</param>
    /// <param name="name">The parameter or option that holds the model, for messages.</param>
    /// <exception cref="ArgumentException">The model contains no segmentation of this kind.</exception>
    public static T Require<T>(ITransformer model, string name)
        where T : SegmentationTransformer
    {
        ArgumentNullException.ThrowIfNull(model, name);
        return PipelineSteps.List(model).OfType<T>().FirstOrDefault() ?? throw new ArgumentException(
            $"The model ({model.GetType().Name}) has no {KindName(typeof(T))} in it, so there are no weights to start from.", name);
    }

    /// <summary>The axes of a model's training slices in their volumes; empty for no model, and for single slices.</summary>
    public static IReadOnlyList<int> VolumeAxes(ITransformer? model) =>
        model is null ? [] : Require<SegmentationTransformer>(model, nameof(model)).VolumeAxes;

    /// <summary>The name of a kind of segmentation in messages.</summary>
    public static string KindName(Type segmentation) =>
        segmentation == typeof(UNetSegmentationTransformer) ? "one-pass U-Net" : "consensus segmentation";

    /// <summary>
    /// Sets options to those of a finished model, to train it further. The caller sets the options that only one kind of model has.
    /// </summary>
    /// <param name="options">The options. The target or kind must be set before, because it decides whether each level is a rater.</param>
    /// <param name="manifest">The manifest of the model.</param>
    /// <param name="model">The model.</param>
    public static void TakeOver(SegmentationOptions options, ModelManifest manifest, ITransformer model)
    {
        options.FeaturesColumnName = manifest.Columns.Features;
        options.SoftMapColumnName = manifest.Columns.SoftMap;
        options.ConsensusMapsColumnName = manifest.Columns.ConsensusMaps;
        options.UncertaintyColumnName = manifest.Columns.Uncertainty;
        options.SamplesColumnName = manifest.Columns.Samples;
        options.MissingRaters = manifest.Training.MissingRaters;

        // Structures of different levels take them from the cases again: the option is one number for all.
        options.Levels = manifest.Training.MissingRaters == MissingRaters.Fraction
            && options.RaterLevelSource is null
            && manifest.EveryStructure.All(structure => structure.Levels == manifest.Levels)
            ? manifest.Levels
            : null;
        options.Network = manifest.Network;
        options.Members = 1 + (manifest.FurtherMembers?.Count ?? 0);
        options.Training = manifest.Training.Options;
        options.Sampling = manifest.Sampling;
        options.StartFrom = model;
    }

    /// <summary>
    /// The weights of <see cref="SegmentationOptions.StartFrom"/> for each network that is to be trained, after a check that they belong to
    /// such a network; null where the option is null. Every network begins with the weights of a single model, or with those of its own
    /// member of an ensemble.
    /// </summary>
    /// <typeparam name="T">The kind of segmentation.</typeparam>
    /// <param name="options">The options.</param>
    /// <param name="wanted">The network that is to be trained.</param>
    /// <exception cref="ArgumentException">
    /// They belong to another network, or to another number of networks; the message says what differs.
    /// </exception>
    public static IReadOnlyList<byte[]>? Weights<T>(SegmentationOptions options, INetworkDescription wanted)
        where T : SegmentationTransformer
    {
        if (options.StartFrom is null)
        {
            return null;
        }

        T model = Require<T>(options.StartFrom, nameof(options.StartFrom));
        if (model.Members > 1 && model.Members != options.Members)
        {
            throw new ArgumentException(
                $"The model to start from is an ensemble of {model.Members}, and {nameof(options.Members)} is {options.Members}: each "
                + $"network goes on from one of the ensemble's, so {nameof(options.Members)} must be {model.Members}.");
        }

        INetworkDescription there = model.Manifest.Description;
        string[] differences = [.. OptionValues.Differences(WithoutSize(wanted), WithoutSize(there))];
        if (differences.Length > 0)
        {
            throw new ArgumentException(
                $"The model to start from cannot be trained further with these options and data: {string.Join("; ", differences)}. "
                + "Options.ContinueFrom takes over the model's.");
        }

        if (!there.Layout().Specs.Select(spec => spec.Name).SequenceEqual(wanted.Layout().Specs.Select(spec => spec.Name)))
        {
            throw new ArgumentException(
                $"The model to start from was trained on slices of {there.Height}×{there.Width} pixels (height × "
                + $"width); on {wanted.Height}×{wanted.Width}, its self-attention (AttentionResolutions) would stand "
                + "in other places. Use the model's size.");
        }

        IReadOnlyList<byte[]> weights = model.Weights();
        return weights.Count == 1 ? [.. Enumerable.Repeat(weights[0], options.Members)] : weights;
    }

    /// <summary>
    /// The settings that two networks must share: all that can be compared, except the size of the slices. The size matters only because
    /// it decides where the network has self-attention.
    /// </summary>
    private static Dictionary<string, string> WithoutSize(INetworkDescription description)
    {
        Dictionary<string, string> settings = OptionValues.Flatten(("", description.Comparable()));
        settings.Remove(nameof(description.Height));
        settings.Remove(nameof(description.Width));
        return settings;
    }
}
