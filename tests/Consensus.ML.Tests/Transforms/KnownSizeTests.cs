using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;

namespace Consensus.ML.Tests.Transforms;

/// <summary>
/// Steps after a trainer say before training that they cannot take a column. A pipeline checks the columns of all steps before it fits the
/// first of them.
/// </summary>
public sealed class KnownSizeTests
{
    private readonly MLContext _ml = new();

    [Fact]
    public void Steps_that_need_one_size_refuse_samples_before_there_is_data()
    {
        SchemaShape shape = new(
            [ColumnContract.SliceShape("Image"), ColumnContract.VariableVectorShape("Samples"), ColumnContract.VectorShape("SoftMap")]);
        Complaint.Expect<ArgumentException>(
            () => _ml.Transforms.RestoreSlices("Restored", "Samples", "Image").GetOutputSchema(shape),
            "Column 'Samples' is vector of unknown size of Single", "known dimensions");
        Complaint.Expect<ArgumentException>(
            () => _ml.Transforms.DrawRaterMasks("Drawn", "Samples", behavior: new(0.3, 1.5)).GetOutputSchema(shape),
            "Column 'Samples' is vector of unknown size of Single", "known dimensions");

        // The soft map has one size.
        Assert.Contains(
            _ml.Transforms.RestoreSlices("Restored", "SoftMap", "Image").GetOutputSchema(shape), column => column.Name == "Restored");
        Assert.Contains(
            _ml.Transforms.DrawRaterMasks("Drawn", behavior: new(0.3, 1.5)).GetOutputSchema(shape), column => column.Name == "Drawn");
    }
}
