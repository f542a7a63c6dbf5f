using System.Globalization;
using Consensus.Imaging;
using Consensus.ML.Options;
using Consensus.ML.Segmentation.Models;
using Consensus.ML.Torch.Models;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Segmentation.Prediction;

/// <summary>
/// The columns of a prediction. For each row it checks the features, asks the model for one prediction, and gives each column its maps.
/// </summary>
/// <param name="manifest">The manifest of the model.</param>
/// <param name="volumeAxes">The axes of the training slices in their volumes; empty where they are not known.</param>
/// <param name="predict">
/// Predicts slices from features, and gives up when the token is cancelled. Its second argument says whether someone reads the samples.
/// </param>
/// <param name="share">How many of some number of slices to predict at a time.</param>
internal sealed class MapColumns(
    ModelManifest manifest,
    IReadOnlyList<int> volumeAxes,
    Func<float[][], bool, CancellationToken, ConsensusPrediction[]> predict,
    Func<long, PredictionShare> share)
{
    /// <summary>The columns that a model adds to data of a schema.</summary>
    /// <exception cref="ArgumentException">The features are missing or of another type.</exception>
    public RowMapping Map(DataViewSchema inputSchema)
    {
        int[] dimensions = [manifest.ImageChannels, manifest.Height, manifest.Width];
        DataViewSchema.Column features = inputSchema.Require(
            manifest.Columns.Features,
            type => type.IsSingleVector() && type is VectorDataViewType vector && (!vector.IsKnownSize
                || vector.Dimensions.SequenceEqual(dimensions)
                || (vector.Dimensions.Length == 1 && vector.Size == dimensions.Aggregate((a, b) => a * b))),
            $"a vector of Single of {manifest.ImageChannels}×{manifest.Height}×{manifest.Width} (channels × height × width), as the "
            + "model was trained on (use ResizeSlices)");
        MapColumn[] columns =
        [
            .. manifest.EveryStructure.SelectMany(ColumnsOf),
        ];
        DataViewSchema.DetachedColumn[] outputs =
        [
            .. columns.Select(column => new DataViewSchema.DetachedColumn(
                column.Name, new VectorDataViewType(NumberDataViewType.Single, column.Size),
                SliceAnnotations.ForMaps(features.Name, manifest.Training.Placement, column.RoundedLevels))),
        ];
        int[] samples = [.. Enumerable.Range(0, columns.Length).Where(i => columns[i].IsSamples)];
        var axes = SliceAxisGuard.ForSchema(inputSchema, volumeAxes);
        var naming = new SliceNaming(inputSchema);
        DataViewSchema.Column[] inputs = [features, .. axes.Columns, .. naming.Columns];
        return new(outputs, inputs, (row, isRead, open, again) =>
        {
            bool keepSamples = samples.Any(isRead);
            var ahead = new PredictedAhead(again, features, share, (values, stop) => predict(values, keepSamples, stop));
            open.Add(ahead);
            Action check = axes.Checker(row);
            ValueGetter<VBuffer<float>> getter = row.GetGetter<VBuffer<float>>(features);
            Func<string> nameOf = naming.Getter(row);
            VBuffer<float> vector = default;
            var value = new RowValue<ConsensusPrediction>(row, () =>
            {
                getter(ref vector);
                check();
                return Predict(Vectors.ToArray(vector), row.Position, nameOf, ahead);
            });
            return [.. columns.Select(column => Getter(value, column.MapOf))];
        });
    }

    /// <summary>The columns of a structure: its maps, and the mask of each of its named raters.</summary>
    private IEnumerable<MapColumn> ColumnsOf(SegmentedStructure structure, int index)
    {
        int height = manifest.Height, width = manifest.Width;
        string levels = structure.ColumnName(manifest.Columns.ConsensusMaps);
        yield return new(structure.ColumnName(manifest.Columns.SoftMap), [height, width], maps => maps.Of(index).SoftMap)
        {
            RoundedLevels = manifest.RoundsLevels && manifest.Sampling.RoundAtImageSize ? levels : null,
        };
        yield return new(levels, [structure.Levels, height, width], maps => maps.Of(index).ConsensusMaps);
        yield return new(structure.ColumnName(manifest.Columns.Uncertainty), [height, width], maps => maps.Of(index).Uncertainty);

        // For ML.NET, a size of 0 means any number.
        yield return new(structure.ColumnName(manifest.Columns.Samples), [0, height, width], maps => maps.Of(index).Samples ?? [])
        {
            IsSamples = true,
        };
        for (int rater = 0; rater < structure.Raters.Count; rater++)
        {
            int first = rater * height * width;
            yield return new(
                structure.RaterColumnName(structure.Raters[rater], manifest.Columns.RaterMap ?? SegmentedStructure.DefaultRaterMap),
                [height, width], maps => maps.Of(index).RaterMaps[first..(first + (height * width))]);
        }
    }

    private static ValueGetter<VBuffer<float>> Getter(RowValue<ConsensusPrediction> value, Func<ConsensusPrediction, float[]> map) =>
        (ref VBuffer<float> vector) => Vectors.Copy(map(value.Get()), ref vector);

    private ConsensusPrediction Predict(float[] features, long row, Func<string> nameOf, PredictedAhead ahead)
    {
        int size = manifest.ImageChannels * manifest.Height * manifest.Width;
        if (features.Length != size)
        {
            throw new InvalidOperationException(
                $"Column '{manifest.Columns.Features}' has {features.Length} values in row {row}; "
                + $"the model needs {manifest.ImageChannels}×{manifest.Height}×{manifest.Width} = {size} (use ResizeSlices).");
        }

        int wrong = Array.FindIndex(features, value => !float.IsFinite(value) || NoData.IsImplausible(value));
        if (wrong >= 0)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"{nameOf()} has the value {features[wrong]} in column '{manifest.Columns.Features}'; "
                + $"every value must be finite, and within ±{NoData.LargestMagnitude}."));
        }

        try
        {
            return ahead.Predict(row, features);
        }
        catch (NotFiniteOutputException)
        {
            // Without an inner exception: some programs show only the innermost message, which does not name the row.
            throw new InvalidOperationException($"{nameOf()}: {NotFiniteOutputException.Reason}.");
        }
    }

    /// <summary>An output column.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Size">The dimensions of its vector.</param>
    /// <param name="MapOf">Its values in a prediction.</param>
    private sealed record MapColumn(string Name, int[] Size, Func<ConsensusPrediction, float[]> MapOf)
    {
        /// <summary>Whether it holds samples, which are kept only for those who read them.</summary>
        public bool IsSamples { get; init; }

        /// <summary>The column of the levels that the map is the rounded share of; null for another kind of map.</summary>
        public string? RoundedLevels { get; init; }
    }
}
