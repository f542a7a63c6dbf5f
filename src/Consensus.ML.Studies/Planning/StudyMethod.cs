using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Microsoft.ML;

namespace Consensus.ML.Studies.Planning;

/// <summary>A method that a study trains and scores. <see cref="StudyMethods"/> has the methods that come with the library.</summary>
public sealed class StudyMethod
{
    /// <summary>Makes a method that the library does not have.</summary>
    /// <param name="name">Its short name, made of lower-case letters, digits and hyphens. Its folder has the same name.</param>
    /// <param name="description">What it learns and how it predicts, in a sentence for readers of the report.</param>
    /// <param name="create">
    /// Makes the step that is trained after LoadSlices, NormalizeSlices, ResizeSlices and AugmentSlices. The trained model
    /// must read Features and write SoftMap (height × width in [0, 1]), ConsensusMaps (levels × height × width in [0, 1]) and
    /// Uncertainty (height × width).
    /// </param>
    /// <param name="settings">
    /// Returns every setting by name, so that a study is not resumed with other settings. It is called with a recipe without checkpoints,
    /// progress and cancellation. Null for no settings.
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
    /// The kind of the one-pass U-Net that it trains (<see cref="UNetSegmentationEstimator"/>). Null for a method that trains no such
    /// network, or that does not come with the library.
    /// </summary>
    public UNetKind? OnePass { get; internal init; }

    /// <summary>Whether it draws several generations of maps by diffusion. Other methods predict their maps directly.</summary>
    internal bool IsDiffusion { get; init; }

    /// <summary>
    /// Whether its levels are rounded at one half before their mean becomes the soft map. A method that does not come with the library
    /// does not, as far as is known.
    /// </summary>
    internal bool RoundsLevels { get; init; }

    /// <summary>Whether it rounds masks of raters. Its ConsensusMaps are these masks, sorted at each pixel.</summary>
    internal bool SortsMasks { get; init; }

    /// <summary>The options that it trains with; null for a method that does not come with the library.</summary>
    internal Func<StudyRecipe, SegmentationOptions>? Plan { get; init; }

    internal Func<MLContext, StudyRecipe, IEstimator<ITransformer>> Create { get; }

    internal Func<StudyRecipe, IReadOnlyDictionary<string, string>> Settings { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
