using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Microsoft.ML;

namespace Consensus.ML.Studies.Planning;

/// <summary>A method that a study trains and scores; <see cref="StudyMethods"/> has those that come with the library.</summary>
public sealed class StudyMethod
{
    /// <summary>A method of one's own.</summary>
    /// <param name="name">Its short name, of lower-case letters, digits and hyphens: also that of its folder.</param>
    /// <param name="description">What it learns and how it predicts, in a sentence for readers of the report.</param>
    /// <param name="create">
    /// Makes the step that is trained behind LoadSlices, NormalizeSlices, ResizeSlices and AugmentSlices. The model it gives
    /// reads Features, and writes SoftMap (height × width in [0, 1]), ConsensusMaps (levels × height × width in [0, 1]) and
    /// Uncertainty (height × width).
    /// </param>
    /// <param name="settings">
    /// Every setting by name, so that a study is not resumed with other ones; called with a recipe without checkpoints, progress and
    /// cancellation. Null for none.
    /// </param>
    /// <exception cref="ArgumentException">The name has other characters.</exception>
    public StudyMethod(
        string name,
        string description,
        Func<MLContext, StudyRecipe, IEstimator<ITransformer>> create,
        Func<StudyRecipe, IReadOnlyDictionary<string, string>>? settings = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(description);
        ArgumentNullException.ThrowIfNull(create);
        if (!name.All(letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-'))
        {
            throw new ArgumentException(
                $"'{name}' cannot be a method's name: it must consist of lower-case letters, digits and hyphens.", nameof(name));
        }

        Name = name;
        Description = description;
        Create = create;
        Settings = settings ?? (_ => new Dictionary<string, string>());
    }

    /// <summary>Its short name.</summary>
    public string Name { get; }

    /// <summary>What it learns and how it predicts.</summary>
    public string Description { get; }

    /// <summary>
    /// The kind of the one-pass U-Net that it trains (<see cref="UNetSegmentationEstimator"/>); null for a method that trains no such
    /// network, or that is not the library's.
    /// </summary>
    public UNetKind? OnePass { get; internal init; }

    /// <summary>Whether it draws maps by diffusion, several generations of them; other methods predict directly.</summary>
    internal bool IsDiffusion { get; init; }

    internal Func<MLContext, StudyRecipe, IEstimator<ITransformer>> Create { get; }

    internal Func<StudyRecipe, IReadOnlyDictionary<string, string>> Settings { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
