using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Draws;
using Consensus.ML.MLNet;
using Consensus.ML.Transforms;
using Microsoft.ML;

namespace Consensus.ML;

// Extends ml.Transforms with steps that prepare slices for a trainer and bring its maps back to the size of the image.
public static partial class ConsensusCatalog
{
    /// <summary>Reads image files into slices.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The new column, of type <see cref="Slice"/>.</param>
    /// <param name="inputColumnName">
    /// Column with the paths: Text, or a vector of Text with one file for each channel; null for <paramref name="outputColumnName"/>.
    /// </param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    /// <example>
    /// <code>
    /// var images = ml.Transforms.LoadSlices("Image", "ImagePath");
    /// Slice first = images.Fit(train).Transform(train).GetColumn&lt;Slice&gt;("Image").First();
    /// </code>
    /// </example>
    public static SliceLoadingEstimator LoadSlices(this TransformsCatalog catalog, string outputColumnName, string? inputColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), outputColumnName, inputColumnName ?? outputColumnName);
    }

    /// <summary>Learns to shift and scale each channel, over the training images at their own sizes.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The new column, of type <see cref="Slice"/>.</param>
    /// <param name="inputColumnName">Slice column; null for <paramref name="outputColumnName"/>.</param>
    /// <param name="noData">
    /// The value that marks pixels without data, in the units of the images. It may be NaN; null where all pixels have data. These pixels
    /// do not count for mean and deviation, and they become the mean, in training and in predictions of the saved model. A value beyond
    /// ±10⁹ also stands for all values within a thousandth of it.
    /// </param>
    /// <param name="scale">
    /// Whether all slices have the scale of the training set, as published, or each its own. By default the training images decide: if they
    /// differ much in level and contrast (a spread above 0.5, over at least eight images), each slice has its own. Slices of volumes have
    /// the scale of the training set.
    /// </param>
    /// <exception cref="ArgumentException">A name is empty, or there is no such scale.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
    ///     .Append(ml.Transforms.NormalizeSlices("Image", noData: -1000));
    /// </code>
    /// </example>
    public static SliceNormalizingEstimator NormalizeSlices(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName = null,
        float? noData = null,
        NormalizationScale scale = NormalizationScale.Automatic)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), outputColumnName, inputColumnName ?? outputColumnName, noData, scale);
    }

    /// <summary>Resizes slices to one height and width.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The new column: a vector of Single, channels × height × width.</param>
    /// <param name="inputColumnName">Slice column; null for <paramref name="outputColumnName"/>.</param>
    /// <param name="height">Rows, in pixels, at least 1.</param>
    /// <param name="width">Columns, in pixels, at least 1.</param>
    /// <param name="antialias">
    /// Whether a new pixel is the mean of all pixels that it covers, where a side is reduced. Without it, as published, a new pixel comes
    /// from two pixels of each side, and the others do not count. Reduced to a half, both are the same.
    /// </param>
    /// <exception cref="ArgumentException">A name is empty, or a side is below 1.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
    ///     .Append(ml.Transforms.NormalizeSlices("Image"))
    ///     .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64));
    /// </code>
    /// </example>
    public static SliceResizingEstimator ResizeSlices(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        int height,
        int width,
        bool antialias = true)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), outputColumnName, inputColumnName ?? outputColumnName, height, width, antialias);
    }

    /// <summary>Declares how training samples are varied. A later trainer varies them; the data itself passes through unchanged.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="columnName">Vector of Single, channels × height × width; input and output.</param>
    /// <param name="policy">
    /// The variations; null for <see cref="AugmentationPolicy.Strong"/>. A new policy has the published variations.
    /// </param>
    /// <exception cref="ArgumentException">The name is empty, or a value of the policy is out of range.</exception>
    /// <example>
    /// <code>
    /// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
    ///     .Append(ml.Transforms.NormalizeSlices("Image"))
    ///     .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64))
    ///     .Append(ml.Transforms.AugmentSlices("Features", AugmentationPolicy.Strong with { Mirror = MirrorAxes.Columns }))
    ///     .Append(ml.Transforms.ConsensusSegment());
    /// </code>
    /// </example>
    public static SliceAugmentingEstimator AugmentSlices(
        this TransformsCatalog catalog,
        string columnName,
        AugmentationPolicy? policy = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), columnName, policy ?? AugmentationPolicy.Strong);
    }

    /// <summary>
    /// Brings predicted maps back to the size and place of their images. A soft map that is the share of rounded levels is made from its
    /// levels, rounded at the image's size, if the data has them (<see cref="MapAnnotations.RoundedLevels"/>).
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The new column, of type <see cref="Slice"/>.</param>
    /// <param name="inputColumnName">The maps: a vector of Single, height × width or channels × height × width.</param>
    /// <param name="imageColumnName">Slice column with the image at its own size.</param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    /// <example>
    /// <code>
    /// var whole = ml.Transforms.RestoreSlices("FullSoftMap", "SoftMap", "Image");
    /// IDataView maps = model.Transform(test);
    /// Slice map = whole.Fit(maps).Transform(maps).GetColumn&lt;Slice&gt;("FullSoftMap").First();   // as large as its image
    /// </code>
    /// </example>
    public static SliceRestoringEstimator RestoreSlices(
        this TransformsCatalog catalog,
        string outputColumnName,
        string inputColumnName,
        string imageColumnName)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), outputColumnName, inputColumnName, imageColumnName);
    }

    /// <summary>
    /// Learns how the raters of a set differ together, to draw masks that raters might draw from predicted soft maps. The samples of the
    /// target Consensus are nested levels; these masks cross each other as raters' masks do, and each pixel is in them as often as the
    /// soft map says.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The new column: a vector of Single, masks × height × width, of 0 and 1.</param>
    /// <param name="inputColumnName">The soft map: a vector of Single of known dimensions height × width.</param>
    /// <param name="annotationsColumnName">
    /// The raters' masks of the training cases, in any form that a trainer takes. Not read where <paramref name="behavior"/> is given.
    /// </param>
    /// <param name="behavior">How raters differ together; null to learn it.</param>
    /// <param name="count">Number of masks of each row, 1 to <see cref="RaterDraws.LargestCount"/>.</param>
    /// <param name="seed">Seed of the masks. Equal maps give equal masks, in any order.</param>
    /// <exception cref="ArgumentException">A name is empty, or the count is out of range.</exception>
    /// <example>
    /// <code>
    /// IDataView maps = model.Transform(train);
    /// var drawing = ml.Transforms.DrawRaterMasks(count: 50).Fit(maps);
    /// Console.WriteLine($"correlation {drawing.Behavior.Correlation:0.00}, length {drawing.Behavior.Length:0.0} pixels");
    /// float[] masks = drawing.Transform(maps).GetColumn&lt;float[]&gt;("DrawnMasks").First();   // 50 × height × width
    /// </code>
    /// </example>
    public static RaterMaskDrawingEstimator DrawRaterMasks(
        this TransformsCatalog catalog,
        string outputColumnName = "DrawnMasks",
        string inputColumnName = "SoftMap",
        string annotationsColumnName = "AnnotationPaths",
        RaterBehavior? behavior = null,
        int count = 100,
        int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(catalog.Environment(), outputColumnName, inputColumnName, annotationsColumnName, behavior, count, seed);
    }
}
