using System.Diagnostics;
using System.Globalization;
using Consensus.ML.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;

// Predicts the image args[1] with the ONNX file args[0], and prints the sums of its soft map and uncertainty. It fails if a
// native library of torch was loaded.
var ml = new MLContext();
using TransformerChain<ITransformer> model = ml.Model.LoadOnnx(args[0]);
IDataView rows = ml.Data.LoadFromEnumerable([new Row { ImagePath = args[1] }]);
float[] softMap = model.Transform(rows).GetColumn<float[]>("SoftMap").Single();
float[] uncertainty = model.Transform(rows).GetColumn<float[]>("Uncertainty").Single();
string[] torch =
[
    .. Process.GetCurrentProcess().Modules.Cast<ProcessModule>().Select(module => Path.GetFileName(module.FileName))
        .Where(name => name.StartsWith("libtorch", StringComparison.OrdinalIgnoreCase)
            || name.Contains("LibTorchSharp", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("libc10", StringComparison.OrdinalIgnoreCase)),
];
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{softMap.Sum():R} {uncertainty.Sum():R}"));
Console.WriteLine(torch.Length == 0 ? "no torch" : string.Join(' ', torch));
return torch.Length == 0 ? 0 : 1;

internal sealed class Row
{
    public string ImagePath { get; set; } = "";
}
