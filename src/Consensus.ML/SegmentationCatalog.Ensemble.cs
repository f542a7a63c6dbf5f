using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Chains;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML;

public sealed partial class SegmentationCatalog
{
    /// <summary>
    /// Combines several models that were trained in the same way with different seeds. The combined model averages over their maps (a deep
    /// ensemble; Lakshminarayanan et al. 2017, "Simple and scalable predictive uncertainty estimation using deep ensembles"). Nothing is
    /// trained.
    /// </summary>
    /// <remarks>
    /// The ensemble has the columns of its members and the sampling options of the first member
    /// (<see cref="SegmentationTransformer.Sampling"/>; each member makes that number of Generations). It is saved to one zip and used as
    /// any other model. A prediction takes as long as those of all members together. For diffusion models and one-pass models that draw at
    /// random, Samples has the samples of all members, ConsensusMaps are means over them, and Uncertainty includes the differences between
    /// members. For other one-pass models, the maps are first averaged over the members. Steps after the segmentation are those of the
    /// first model. A given model may be an ensemble: its members become members of the new ensemble. The ensemble shares only the other
    /// steps of the first model's chain with the given models, so dispose all of them.
    /// </remarks>
    /// <param name="models">At least two models. Each is a <see cref="SegmentationTransformer"/>, or a chain that contains one.</param>
    /// <param name="names">The name of each model in messages, such as its file; null for model 1, model 2 and so on.</param>
    /// <exception cref="ArgumentException">
    /// There are fewer than two models; the number of names differs from that of the models; a model has no segmentation or several; the
    /// models were not trained in the same way (a different network, size, number of levels, columns or mirroring, or different steps
    /// before the segmentation, such as a normalisation learned on other cases); or two models have the same weights. The message names the
    /// model and what differs.
    /// </exception>
    /// <exception cref="ObjectDisposedException">A model was disposed.</exception>
    /// <example>
    /// <code>
    /// ITransformer second = ml.Model.Load("second.zip", out _);
    /// ITransformer together = ml.Segmentation.Ensemble([model, second]);
    /// ml.Model.Save(together, train.Schema, "together.zip");
    /// </code>
    /// </example>
    public ITransformer Ensemble(IEnumerable<ITransformer> models, IReadOnlyList<string>? names = null)
    {
        ArgumentNullException.ThrowIfNull(models);
        ITransformer[] given = [.. models];
        names ??= [.. given.Select((_, index) => $"model {index + 1}")];
        if (names.Count != given.Length)
        {
            throw new ArgumentException($"There are {names.Count} names for {given.Length} models.", nameof(names));
        }

        ITransformer together = Ensembles.Combine(given, names);
        using IChannel channel = _environment.Start(nameof(Ensemble));
        channel.Info(MessageSensitivity.None, $"An ensemble of {given.Length} models.");
        return together;
    }
}
