using Consensus.Imaging.Files;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Files;

/// <summary>The messages of the library are the same in every culture.</summary>
public sealed class MessageCultureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Values_of_files_are_told_alike_in_every_culture()
    {
        string labels = new NiftiBytes { Type = 16, Values = [0, 0.5, -1.5, 0, 0, 0] }.WriteTo(_folder["labels.nii"]);
        string shape = new NiftiBytes { Dimensions = [2, -3] }.WriteTo(_folder["shape.nii"]);
        string slope = new NiftiBytes { Slope = 0.5, Intercept = double.NegativeInfinity }.WriteTo(_folder["slope.nii"]);

        Assert.Equal(
            $"'{labels}' holds the values -1.5, 0, 0.5, but a mask holds 0 and one other value.", Message(() => MaskReader.Read([labels])));
        Assert.Equal($"'{shape}' has length -3 along axis 2 (dim[2]), but at least 1 is allowed.", Message(() => SliceReader.Read(shape)));
        Assert.StartsWith(
            $"'{slope}' has slope 0.5 but intercept -Infinity:", Message(() => SliceReader.Read(slope)), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string Message(Action call) => ForeignCulture.Run(() => Assert.ThrowsAny<Exception>(call)).Message;
}
