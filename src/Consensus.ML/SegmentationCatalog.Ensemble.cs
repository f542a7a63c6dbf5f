using Consensus.ML.Segmentation;
using Consensus.ML.Segmentation.Chains;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML;

public sealed partial class SegmentationCatalog
{
    /// <summary>
    /// One model of several that were trained alike from different seeds: it averages over what each of them draws (a deep ensemble;
    /// Lakshminarayanan et al. 2017, "Simple and scalable predictive uncertainty estimation using deep ensembles"). Nothing is trained.
    /// </summary>
    /// <remarks>
    /// It takes and gives the columns that its members do, predicts as the first of them does
    /// (<see cref="SegmentationTransformer.Sampling"/>, whose Generations are of each member), is saved to one zip and serves as any
    /// model. A prediction takes as long as those of all members together. Of diffusion models and of Monte-Carlo dropout, Samples has
    /// the samples of all members, ConsensusMaps are means over them, and Uncertainty is also how far the members differ; of other
    /// one-pass models the maps are averaged over the members first. Steps behind the segmentation are those of the first model.
    /// Ensembles can be given, too: their members become the new one's. The models given share nothing with it but the other steps of the
    /// first one's chain: dispose all.
    /// </remarks>
    /// <param name="models">At least two: each a <see cref="SegmentationTransformer"/>, or a chain with one in it.</param>
    /// <param name="names">What each is called in messages, such as its file; null for model 1, model 2 and so on.</param>
    /// <exception cref="ArgumentException">
    /// There are fewer than two, or another number of names; one has no segmentation or several; they were not trained alike (another
    /// network, size, number of levels, columns, mirroring, or other steps before the segmentation, such as a normalisation learned on
    /// other cases); or two have the same weights; the message names the model and what differs.
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
