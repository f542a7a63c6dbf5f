namespace Consensus.ML.Transforms;

/// <summary>Annotations of ML.NET columns that hold predicted maps. Models write them.</summary>
public static class MapAnnotations
{
    /// <summary>
    /// On a soft map: the name of the column with the levels of which it is the share above one half (levels × height × width, in [0, 1]; a
    /// text). If the data has that column, <see cref="ConsensusCatalog.RestoreSlices"/> and the scores at the masks' own size bring the
    /// levels to the image's size and round them there, which keeps outlines between the map's pixels. Without it, the soft map is
    /// interpolated.
    /// </summary>
    /// <example>
    /// Maps of your own, of three levels at 64 × 64 pixels:
    /// <code>
    /// var predictions = new[] { new { SoftMap = new float[64 * 64], ConsensusMaps = new float[3 * 64 * 64] } };
    /// SchemaDefinition schema = SchemaDefinition.Create(predictions[0].GetType());
    /// schema["SoftMap"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 64, 64);
    /// schema["ConsensusMaps"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 3, 64, 64);
    /// schema["SoftMap"].AddAnnotation(MapAnnotations.RoundedLevels, "ConsensusMaps".AsMemory(), TextDataViewType.Instance);
    /// IDataView maps = ml.Data.LoadFromEnumerable(predictions, schema);
    /// </code>
    /// </example>
    public const string RoundedLevels = "Consensus.RoundedLevels";
}
