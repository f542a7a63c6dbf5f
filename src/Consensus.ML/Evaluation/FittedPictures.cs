using Consensus.Imaging;
using Consensus.ML.Segmentation.Fitting;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Evaluation;

/// <summary>
/// Checks pictures that steps of other libraries fitted to the model's size. If such a step cut or padded a picture, its map would be
/// compared with masks of a different part.
/// </summary>
internal sealed class FittedPictures
{
    private readonly DataViewSchema.Column _features;
    private readonly DataViewSchema.Column? _picture;
    private readonly DataViewSchema.Column? _path;

    private FittedPictures(DataViewSchema.Column features, DataViewSchema.Column? picture, DataViewSchema.Column? path) =>
        (_features, _picture, _path) = (features, picture, path);

    /// <summary>The columns that are read.</summary>
    public IEnumerable<DataViewSchema.Column> Columns => new[] { _features, _picture, _path }.OfType<DataViewSchema.Column>();

    /// <summary>
    /// Finds the slices of predicted maps and the pictures that the slices were made from; null where the data lacks either.
    /// </summary>
    /// <param name="schema">The schema of the scored data.</param>
    /// <param name="image">The image of our own loader, which our steps never cut; null where there is none.</param>
    /// <param name="softMap">The column of the soft map.</param>
    public static FittedPictures? FromSchema(DataViewSchema schema, DataViewSchema.Column? image, string softMap)
    {
        if (image is not null || schema[softMap].PredictedFrom() is not { } name
            || schema.GetColumnOrNull(name) is not { Type: VectorDataViewType { IsKnownSize: true, Dimensions.Length: 3 } type } features
            || !type.IsSingleVector())
        {
            return null;
        }

        DataViewSchema.Column? picture = PictureColumn.FindOriginal(schema);
        DataViewSchema.Column? path = picture is null ? PathsColumn.FindImagePath(schema) : null;
        return picture is null && path is null ? null : new(features, picture, path);
    }

    /// <summary>Gives the check of a row. Its arguments are the name of the case and its masks.</summary>
    public Action<string, RaterMasks> Checker(DataViewRow row)
    {
        var type = (VectorDataViewType)_features.Type;
        var guard = new FramingGuard(
            PictureColumn.PixelsGetter(row, _picture, _path), _features.Name, type.Dimensions[1], type.Dimensions[2]);
        ValueGetter<VBuffer<float>> getter = row.GetGetter<VBuffer<float>>(_features);
        VBuffer<float> features = default;
        return (name, masks) =>
        {
            getter(ref features);
            guard.Check(name, _picture is { } column ? $"in column '{column.Name}'" : null, masks, Vectors.ToArray(features));
        };
    }
}
