using System.Globalization;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(SliceAugmentingTransformer), null, typeof(SignatureLoadModel), "Slice augmenting", SliceAugmentingTransformer.LoaderSignature)]

namespace Consensus.ML.Transforms;

/// <summary>Declares how training samples are varied. The data itself passes through unchanged.</summary>
/// <remarks>
/// Input and output column: a vector of Single, channels × height × width. The column's annotations carry the policy and the present value
/// of raw 0. A later trainer applies the policy to images and masks alike while it trains. Predictions are not varied.
/// </remarks>
/// <example>
/// <code>
/// SliceAugmentingEstimator varied = ml.Transforms.AugmentSlices("Features", AugmentationPolicy.Strong with { RotationDegrees = 15 });
/// var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
///     .Append(ml.Transforms.NormalizeSlices("Image"))
///     .Append(ml.Transforms.ResizeSlices("Features", "Image", height: 64, width: 64))
///     .Append(varied)
///     .Append(ml.Transforms.UNetSegment());
/// </code>
/// </example>
public sealed class SliceAugmentingEstimator : IEstimator<SliceAugmentingTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly string _column;
    private readonly AugmentationPolicy _policy;

    internal SliceAugmentingEstimator(IHostEnvironment environment, string column, AugmentationPolicy policy)
    {
        _environment = environment;
        _column = ColumnContract.CheckedName(column, "The column of AugmentSlices");
        _policy = Check(policy);
    }

    /// <summary>Checks the schema.</summary>
    /// <param name="input">Data with the column.</param>
    /// <exception cref="ArgumentException">The column is missing, or its type is not a vector of Single.</exception>
    public SliceAugmentingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new SliceAugmentingTransformer(_environment, _column, _policy);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        inputSchema.Require(_column, ColumnContract.IsSingleVector, "a vector of Single (use ResizeSlices)");
        return inputSchema.With(ColumnContract.VectorShape(_column));
    }

    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    internal static AugmentationPolicy Check(AugmentationPolicy policy)
    {
        static void Range(string option, double value, double minimum, double maximum)
        {
            if (!(value >= minimum && value <= maximum))
            {
                throw new ArgumentException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"AugmentSlices: {option} is {value}; it must be from {minimum} to {maximum}."));
            }
        }

        Range(nameof(policy.HorizontalFlip), policy.HorizontalFlip, 0, 1);
        Range(nameof(policy.VerticalFlip), policy.VerticalFlip, 0, 1);
        Range(nameof(policy.RotationDegrees), policy.RotationDegrees, 0, 180);
        Range(nameof(policy.Translation), policy.Translation, 0, 1);
        Range(nameof(policy.Deformation), policy.Deformation, 0, 0.5);
        Range(nameof(policy.Contrast), policy.Contrast, 0, 1);
        if (!(policy.Brightness >= 0 && double.IsFinite(policy.Brightness)))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"AugmentSlices: {nameof(policy.Brightness)} is {policy.Brightness}; it must be at least 0."));
        }

        if (!(policy.MinimumScale > 0 && double.IsFinite(policy.MinimumScale)))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"AugmentSlices: {nameof(policy.MinimumScale)} is {policy.MinimumScale}; it must be above 0."));
        }

        if (!(policy.MaximumScale >= policy.MinimumScale && double.IsFinite(policy.MaximumScale)))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"AugmentSlices: {nameof(policy.MaximumScale)} is {policy.MaximumScale}; it must be at least "
                + $"{nameof(policy.MinimumScale)}, {policy.MinimumScale}."));
        }

        OptionRange.Defined($"AugmentSlices: {nameof(policy.Padding)}", policy.Padding);
        OptionRange.Defined($"AugmentSlices: {nameof(policy.Interpolation)}", policy.Interpolation);
        return policy;
    }
}

/// <summary>Declares how training samples are varied; made by <see cref="SliceAugmentingEstimator"/>.</summary>
public sealed class SliceAugmentingTransformer : RowToRowTransformer
{
    internal const string LoaderSignature = "Consensus.Augment";

    private static readonly ModelState State = new("AugmentSlices", "CMLAUGMT", LoaderSignature);

    private readonly string _column;

    internal SliceAugmentingTransformer(IHostEnvironment environment, string column, AugmentationPolicy policy)
        : base(environment, nameof(SliceAugmentingTransformer))
    {
        _column = column;
        Policy = policy;
    }

    /// <summary>The policy by which a later trainer varies its samples.</summary>
    public AugmentationPolicy Policy { get; }

    internal static SliceAugmentingTransformer Create(IHostEnvironment env, ModelLoadContext ctx) => State.Load(ctx, reader =>
        new SliceAugmentingTransformer(
            env, reader.ReadString(), SliceAugmentingEstimator.Check(SliceAnnotations.FromArray([.. Numbers(reader)]))));

    /// <summary>All numbers up to the end of the state. Older models have fewer.</summary>
    private static IEnumerable<double> Numbers(BinaryReader reader)
    {
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            yield return reader.ReadDouble();
        }
    }

    private protected override void SaveModel(ModelSaveContext context) => State.Save(context, writer =>
    {
        writer.Write(_column);
        foreach (double value in SliceAnnotations.ToArray(Policy))
        {
            writer.Write(value);
        }
    });

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        DataViewSchema.Column features = inputSchema.Require(
            _column, ColumnContract.IsSingleVector, "a vector of Single (use ResizeSlices)");
        return new([new(_column, features.Type, SliceAnnotations.Create(features.RawZero(), Policy))], [features], row =>
            [row.GetGetter<VBuffer<float>>(features)]);
    }
}
