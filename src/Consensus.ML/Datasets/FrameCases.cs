using System.Globalization;
using Consensus.Imaging.Cases;
using Microsoft.Data.Analysis;

namespace Consensus.ML.Datasets;

/// <summary>Reads cases from a table that has a column for the case, for the image and for each rater.</summary>
internal static class FrameCases
{
    /// <exception cref="ArgumentException">A column does not exist, or a column is given twice.</exception>
    /// <exception cref="InvalidDataException">A row has no name or no image.</exception>
    public static IEnumerable<RaterCase> Read(
        DataFrame frame,
        string caseColumn,
        string? groupColumn,
        IReadOnlyList<string> imageColumns,
        IReadOnlyList<string> raterColumns,
        string folder)
    {
        DataFrameColumn names = Column(frame, caseColumn);
        DataFrameColumn? groups = groupColumn is null ? null : Column(frame, groupColumn);
        DataFrameColumn[] images = [.. imageColumns.Select(name => Column(frame, name))];
        DataFrameColumn[] raters = [.. raterColumns.Select(name => Column(frame, name))];
        if (images.Length == 0)
        {
            throw new ArgumentException("At least one column of image paths is needed.", nameof(imageColumns));
        }

        if (raterColumns.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
        {
            throw new ArgumentException($"The rater '{twice.Key}' is given twice.", nameof(raterColumns));
        }

        return Rows();

        IEnumerable<RaterCase> Rows()
        {
            for (long row = 0; row < frame.Rows.Count; row++)
            {
                string name = Text(names, row)
                    ?? throw new InvalidDataException($"Row {row} of the table has no value in column '{caseColumn}'.");
                string[] image = [.. images.Select(column => Place(column, row)
                    ?? throw new InvalidDataException($"Case '{name}' has no path in column '{column.Name}'."))];
                (string Rater, string? Path)[] masks = [.. raters.Select(column => (column.Name, Place(column, row)))];
                yield return new RaterCase(
                    name, image, [.. masks.Select(mask => mask.Path).OfType<string>()], [
                        .. masks.Where(mask => mask.Path is not null).Select(mask => mask.Rater),
                    ])
                {
                    Group = groups is null ? null : Text(groups, row),
                };
            }
        }

        string? Place(DataFrameColumn column, long row) => Text(column, row) is { } path ? Path.Combine(folder, path) : null;
    }

    private static DataFrameColumn Column(DataFrame frame, string name) => frame.Columns.FirstOrDefault(column => column.Name == name)
        ?? throw new ArgumentException(
            $"The table has no column '{name}'; it has {string.Join(", ", frame.Columns.Select(column => $"'{column.Name}'"))}.");

    /// <summary>The text of a cell; null where the cell is empty, for example because a rater did not draw the case.</summary>
    private static string? Text(DataFrameColumn column, long row) =>
        Convert.ToString(column[row], CultureInfo.InvariantCulture)?.Trim() is { Length: > 0 } text ? text : null;
}
