using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;

namespace Consensus.ML.MLNet;

/// <summary>
/// Rows that a step of this library has transformed. ML.NET's converter to ONNX asks such views whether they can be converted. If a view
/// does not answer, the converter writes a file that copies its input columns and has no model in it. This view refuses instead, and says
/// what to use.
/// </summary>
internal abstract class StepView : ITransformCanSaveOnnx
{
    private readonly IDataView _source;

    protected StepView(IDataView source) => _source = source;

    /// <inheritdoc/>
    public abstract bool CanShuffle { get; }

    /// <inheritdoc/>
    public abstract DataViewSchema Schema { get; }

    /// <summary>The rows before the step.</summary>
    protected IDataView Source => _source;

    IDataView IDataTransform.Source => _source;

    /// <inheritdoc/>
    public abstract long? GetRowCount();

    /// <inheritdoc/>
    public abstract DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null);

    /// <inheritdoc/>
    public abstract DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null);

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => throw Refusal();

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx) => throw Refusal();

    void ICanSaveModel.Save(ModelSaveContext ctx) =>
        throw new NotSupportedException("Transformed rows are not saved; save the transformer (ml.Model.Save).");

    private static NotSupportedException Refusal() => new(
        "ConvertToOnnx cannot convert the steps of Consensus.ML. Use SaveOnnx on the model (model.SaveOnnx(path)) or 'consensus export': "
        + "they write the whole model as one ONNX graph.");
}
