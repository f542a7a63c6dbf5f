using Consensus.Imaging;
using Consensus.ML.Options;
using Microsoft.ML;

namespace Consensus.ML.Cli.Prediction;

/// <summary>Predicts inputs one by one. A map depends on its own slice alone, not on the inputs before it.</summary>
/// <param name="ml">The context of the model.</param>
/// <param name="model">The model, which samples as it shall.</param>
internal sealed class MapPredictor(MLContext ml, LoadedModel model)
{
    /// <summary>Reads the slices of an input one after the other, and predicts each.</summary>
    /// <returns>The maps of each structure of the model.</returns>
    /// <exception cref="OperationCanceledException">The token of the model was cancelled.</exception>
    public IReadOnlyList<PredictedStructure> Predict(PredictionInput input)
    {
        IReadOnlyList<SegmentedStructure> structures = model.Segmentation.Structures;
        IDataView restored = model.Model.Transform(ml.Data.LoadFromCases(input.Slices));
        string[] columns = [.. structures.SelectMany(Columns)];
        foreach (string column in columns)
        {
            restored = ml.Transforms.RestoreSlices($"Native{column}", column, "Image").Fit(restored).Transform(restored);
        }

        DataViewSchema.Column imageColumn = restored.Schema["Image"];
        DataViewSchema.Column[] mapColumns = [.. columns.Select(column => restored.Schema[$"Native{column}"])];
        using DataViewRowCursor cursor = restored.GetRowCursor([imageColumn, .. mapColumns]);
        ValueGetter<Slice> imageGetter = cursor.GetGetter<Slice>(imageColumn);
        ValueGetter<Slice>[] mapGetters = [.. mapColumns.Select(column => cursor.GetGetter<Slice>(column))];
        List<Slice>[] maps = [.. columns.Select(_ => new List<Slice>(input.Slices.Count))];
        var shown = new Slice?[columns.Length];
        int[] best = new int[columns.Length];
        while (cursor.MoveNext())
        {
            Slice image = null!;
            for (int column = 0; column < columns.Length; column++)
            {
                Slice map = null!;
                mapGetters[column](ref map);
                if (column == 0)
                {
                    imageGetter(ref image);
                }

                maps[column].Add(map);
                if (shown[column] is null || Size(map).CompareTo(Size(maps[column][best[column]])) > 0)
                {
                    (shown[column], best[column]) = (image, maps[column].Count - 1);
                }
            }
        }

        var predicted = new List<PredictedStructure>();
        for (int column = 0; predicted.Count < structures.Count;)
        {
            SegmentedStructure structure = structures[predicted.Count];
            int soft = column, raters = structure.Raters.Count;
            predicted.Add(new(
                structure, new(maps[soft], best[soft], shown[soft]!), [.. maps.Skip(soft + 1).Take(raters)]));
            column += 1 + raters;
        }

        return predicted;
    }

    /// <summary>The column of the soft map of a structure, and those of its raters' masks.</summary>
    private static IEnumerable<string> Columns(SegmentedStructure structure) =>
        [structure.ColumnName("SoftMap"), .. structure.Raters.Select(rater => structure.RaterColumnName(rater))];

    private static (int Area, float Sum) Size(Slice map) => (PredictedMaps.AreaOf(map), map.Pixels.Sum());
}
