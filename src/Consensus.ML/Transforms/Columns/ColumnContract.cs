using Consensus.Imaging;
using Consensus.ML.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Transforms.Columns;

/// <summary>Checks columns. The checks and their messages are the same in every step.</summary>
internal static class ColumnContract
{
    /// <summary>Finds a column by name and checks its type.</summary>
    /// <exception cref="ArgumentException">It is missing or has a different type.</exception>
    public static DataViewSchema.Column Require(this DataViewSchema schema, string name, Func<DataViewType, bool> allowed, string expected)
    {
        DataViewSchema.Column? column = schema.GetColumnOrNull(name);
        if (column is null)
        {
            throw Missing(name, schema.Where(other => !other.IsHidden).Select(other => other.Name));
        }

        return allowed(column.Value.Type) ? column.Value : throw WrongType(name, $"{column.Value.Type}", expected);
    }

    /// <summary>Finds a column by name and checks its type, before there is data.</summary>
    /// <exception cref="ArgumentException">It is missing or has a different type.</exception>
    public static SchemaShape.Column Require(this SchemaShape shape, string name, Func<SchemaShape.Column, bool> allowed, string expected)
    {
        ArgumentNullException.ThrowIfNull(shape);
        SchemaShape.Column column = shape.FirstOrDefault(other => other.Name == name);
        if (column.Name is null)
        {
            throw Missing(name, shape.Select(other => other.Name));
        }

        string kind = column.Kind switch
        {
            SchemaShape.Column.VectorKind.Scalar => "",
            SchemaShape.Column.VectorKind.Vector => "vector of ",
            _ => "vector of unknown size of ",
        };
        return allowed(column) ? column : throw WrongType(name, $"{kind}{column.ItemType}", expected);
    }

    /// <summary>The shape with added columns. An added column replaces a column of the same name.</summary>
    public static SchemaShape With(this SchemaShape shape, params SchemaShape.Column[] added)
    {
        var names = added.Select(column => column.Name).ToHashSet();
        return new SchemaShape(shape.Where(column => !names.Contains(column.Name)).Concat(added));
    }

    public static SchemaShape.Column SliceShape(string name) =>
        MLNetInternals.ShapeColumn(name, SchemaShape.Column.VectorKind.Scalar, SliceDataViewType.Instance);

    public static SchemaShape.Column VectorShape(string name) =>
        MLNetInternals.ShapeColumn(name, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single);

    public static SchemaShape.Column VariableVectorShape(string name) =>
        MLNetInternals.ShapeColumn(name, SchemaShape.Column.VectorKind.VariableVector, NumberDataViewType.Single);

    public static DataViewSchema.Column RequireSlice(this DataViewSchema schema, string name) =>
        schema.Require(name, type => type is SliceDataViewType, "Slice (use LoadSlices)");

    public static SchemaShape.Column RequireSlice(this SchemaShape shape, string name) =>
        shape.Require(
            name,
            column => column.Kind == SchemaShape.Column.VectorKind.Scalar && column.ItemType is SliceDataViewType,
            "Slice (use LoadSlices)");

    public static bool IsSingleVector(this DataViewType type) =>
        type is VectorDataViewType vector && vector.ItemType == NumberDataViewType.Single;

    public static bool IsSingleVector(this SchemaShape.Column column) =>
        column.Kind != SchemaShape.Column.VectorKind.Scalar && column.ItemType == NumberDataViewType.Single;

    /// <summary>Whether a column is a vector of Single that has the same size in all rows.</summary>
    public static bool IsSingleVectorOfKnownSize(this SchemaShape.Column column) =>
        column.Kind == SchemaShape.Column.VectorKind.Vector && column.IsSingleVector();

    /// <summary>A getter of slices that throws an exception for rows without a slice.</summary>
    public static Func<Slice> SliceGetter(this DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<Slice> getter = row.GetGetter<Slice>(column);
        return () =>
        {
            Slice? slice = null;
            getter(ref slice!);
            return slice ?? throw new InvalidOperationException($"Column '{column.Name}' has no slice in row {row.Position}.");
        };
    }

    /// <summary>The name of a slice in messages.</summary>
    public static string Name(this Slice slice) => slice.Source is null ? "A slice from memory" : $"'{slice.Source}'";

    /// <summary>Checks that a column name is given.</summary>
    public static string CheckedName(string? name, string what) =>
        string.IsNullOrEmpty(name) ? throw new ArgumentException($"{what} is empty; it must name a column.") : name;

    private static ArgumentException Missing(string name, IEnumerable<string> present) =>
        new(
            $"Column '{name}' is missing; the data has "
            + $"{(present.Any() ? string.Join(", ", present.Select(other => $"'{other}'")) : "no columns")}.");

    private static ArgumentException WrongType(string name, string found, string expected) =>
        new($"Column '{name}' is {found}; it must be {expected}.");
}
