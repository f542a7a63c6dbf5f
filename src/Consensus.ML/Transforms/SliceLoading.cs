using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Geometry;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(SliceLoadingTransformer), null, typeof(SignatureLoadModel), "Slice loading", SliceLoadingTransformer.LoaderSignature)]

namespace Consensus.ML.Transforms;

/// <summary>Reads the file that a text column names into a slice column.</summary>
/// <remarks>
/// Input column: Text with the path of an image file, or a vector of Text with one path for each channel. Output column:
/// <see cref="Slice"/>, in the units of the file. Nothing is learned: <see cref="Fit"/> only checks the schema. A file is read when its row
/// of the output column is read. Data that already has the output column as slices in memory and has no input column stays as it is: a
/// model that was trained on files can so predict slices in memory (<c>ml.Data.LoadFromSlices</c>).
/// </remarks>
/// <example>
/// <code>
/// SliceLoadingEstimator images = ml.Transforms.LoadSlices("Image", "ImagePath");
/// Slice first = images.Fit(train).Transform(train).GetColumn&lt;Slice&gt;("Image").First();
/// </code>
/// </example>
public sealed class SliceLoadingEstimator : IEstimator<SliceLoadingTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly string _output;
    private readonly string _input;

    internal SliceLoadingEstimator(IHostEnvironment environment, string output, string input)
    {
        _environment = environment;
        _output = ColumnContract.CheckedName(output, "The output column of LoadSlices");
        _input = ColumnContract.CheckedName(input, "The input column of LoadSlices");
    }

    /// <summary>Checks the schema.</summary>
    /// <param name="input">Data with the column of paths.</param>
    /// <exception cref="ArgumentException">The input column is missing or holds no paths.</exception>
    public SliceLoadingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new SliceLoadingTransformer(_environment, _output, _input);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        if (!inputSchema.Any(column => column.Name == _input)
            && inputSchema.Any(column => column.Name == _output && column.ItemType is SliceDataViewType))
        {
            return inputSchema;
        }

        inputSchema.Require(_input, column => column.ItemType is TextDataViewType, SliceLoadingTransformer.Expected);
        return inputSchema.With(ColumnContract.SliceShape(_output));
    }
}

/// <summary>Reads the file that a text column names into a slice column; made by <see cref="SliceLoadingEstimator"/>.</summary>
public sealed class SliceLoadingTransformer : RowToRowTransformer
{
    internal const string LoaderSignature = "Consensus.Load";
    internal const string Expected = "Text (the path of an image) or a vector of Text (the paths of its channels)";

    private static readonly ModelState State = new("LoadSlices", "CMLLOADS", LoaderSignature);

    private readonly string _output;
    private readonly string _input;
    private readonly GridNotes _notes;

    internal SliceLoadingTransformer(IHostEnvironment environment, string output, string input)
        : base(environment, nameof(SliceLoadingTransformer))
    {
        _output = output;
        _input = input;
        _notes = new(line =>
        {
            using IChannel channel = environment.Start("LoadSlices");
            channel.Warning(MessageSensitivity.UserData, line);
        });
    }

    /// <summary>The column that it reads.</summary>
    internal string InputColumn => _input;

    /// <summary>The column that it adds.</summary>
    internal string OutputColumn => _output;

    internal static SliceLoadingTransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        State.Load(ctx, reader => new SliceLoadingTransformer(env, reader.ReadString(), reader.ReadString()));

    private protected override void SaveModel(ModelSaveContext context) => State.Save(context, writer =>
    {
        writer.Write(_output);
        writer.Write(_input);
    });

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        if (inputSchema.GetColumnOrNull(_input) is null && inputSchema.GetColumnOrNull(_output) is { Type: SliceDataViewType })
        {
            return new([], [], _ => []);
        }

        DataViewSchema.Column path = inputSchema.Require(_input, PathsColumn.HoldsPaths, Expected);
        return new([new(_output, SliceDataViewType.Instance)], [path], (row, _, open, _) =>
        {
            Func<string[]> getter = PathsColumn.Getter(row, path);
            var volumes = new OpenVolumes(closing: row is not DataViewRowCursor);
            open.Add(volumes);
            var value = new RowValue<Slice>(row, () => getter() is { Length: > 0 } paths && paths.All(name => name.Length > 0)
                ? SliceReader.Read(paths, volumes, _notes)
                : throw new InvalidOperationException($"Column '{_input}' names no file in row {row.Position}."));
            return [(ValueGetter<Slice>)((ref Slice slice) => slice = value.Get())];
        });
    }
}
