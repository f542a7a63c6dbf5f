using Consensus.Imaging;
using Microsoft.ML;

namespace Consensus.ML.Cli.Prediction;

/// <summary>Predicts inputs one by one. A map depends on its own slice alone, not on the inputs before it.</summary>
/// <param name="ml">The context of the model.</param>
/// <param name="model">The model, which samples as it shall.</param>
internal sealed class MapPredictor(MLContext ml, LoadedModel model)
{
    /// <summary>Reads the slices of an input one after the other, and predicts each.</summary>
    /// <exception cref="OperationCanceledException">The token of the model was cancelled.</exception>
    public PredictedMaps Predict(PredictionInput input)
    {
        IDataView predicted = model.Model.Transform(ml.Data.LoadFromCases(input.Slices));
        IDataView restored = ml.Transforms.RestoreSlices("NativeSoftMap", "SoftMap", "Image").Fit(predicted).Transform(predicted);
        DataViewSchema.Column imageColumn = restored.Schema["Image"], mapColumn = restored.Schema["NativeSoftMap"];
        using DataViewRowCursor cursor = restored.GetRowCursor([imageColumn, mapColumn]);
        ValueGetter<Slice> imageGetter = cursor.GetGetter<Slice>(imageColumn), mapGetter = cursor.GetGetter<Slice>(mapColumn);
        var maps = new List<Slice>(input.Slices.Count);
        Slice? shown = null;
        int best = 0;
        while (cursor.MoveNext())
        {
            Slice image = null!, map = null!;
            mapGetter(ref map);
            imageGetter(ref image);
            maps.Add(map);
            if (shown is null || Size(map).CompareTo(Size(maps[best])) > 0)
            {
                (shown, best) = (image, maps.Count - 1);
            }
        }

        return new(maps, best, shown!);
    }

    private static (int Area, float Sum) Size(Slice map) => (PredictedMaps.AreaOf(map), map.Pixels.Sum());
}
