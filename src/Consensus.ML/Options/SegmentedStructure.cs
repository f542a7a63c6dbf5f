namespace Consensus.ML.Options;

/// <summary>
/// A structure that a model segments, such as one of the tasks of a data set: its levels of agreement, and the raters whose own masks the
/// model draws. A model of several structures has columns of its own for each of them, such as <c>SoftMap.core</c>.
/// </summary>
/// <param name="Name">The name of the structure; empty where a model has one structure without a name.</param>
/// <param name="Levels">The number of its levels of agreement: the number of its raters, unless another number was asked for.</param>
/// <param name="Raters">The names of the raters whose masks are drawn, in natural order (2 before 10); empty for none.</param>
public sealed record SegmentedStructure(string Name, int Levels, IReadOnlyList<string> Raters)
{
    /// <summary>The default first part of the names of the columns with the raters' masks.</summary>
    internal const string DefaultRaterMap = "RaterMap";

    /// <summary>The number of maps that the network draws for it.</summary>
    internal int Maps => Levels + Raters.Count;

    /// <summary>
    /// The name of a column of this structure: <c>SoftMap.core</c> for the column SoftMap of a structure called core, and <c>SoftMap</c>
    /// for a structure without a name. The columns of the masks, AnnotationPaths and RaterNames, are named in the same way.
    /// </summary>
    /// <param name="column">The name that the column has in a model of one structure, such as SoftMap.</param>
    public string ColumnName(string column) => Column(column, Name);

    /// <summary>
    /// The name of the column with the mask that a rater would draw: <c>RaterMap.core.Ann</c> for a structure called core, and
    /// <c>RaterMap.Ann</c> for a structure without a name.
    /// </summary>
    /// <param name="rater">The name of the rater.</param>
    /// <param name="column">The first part of the name.</param>
    public string RaterColumnName(string rater, string column = DefaultRaterMap)
    {
        ArgumentException.ThrowIfNullOrEmpty(rater);
        return $"{ColumnName(column)}.{rater}";
    }

    /// <summary>The name of a column of a structure.</summary>
    internal static string Column(string column, string structure)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        return structure.Length == 0 ? column : $"{column}.{structure}";
    }
}
