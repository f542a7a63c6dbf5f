using Consensus.Imaging;
using Consensus.Imaging.Files;
using Microsoft.ML;
using Microsoft.ML.Data;

// Runs an exported model with ML.NET's own ApplyOnnxModel: dotnet run --project samples/Onnx -- model.onnx scan.nii.gz
Slice slice = SliceReader.Read(args[1]);
var ml = new MLContext();
var schema = SchemaDefinition.Create(typeof(Input));
schema["Image"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, slice.Pixels.Length);
IDataView rows = ml.Data.LoadFromEnumerable([new Input { Image = slice.Pixels }], schema);
var shapes = new Dictionary<string, int[]> { ["Image"] = [1, slice.Channels, slice.Height, slice.Width] };
var model = ml.Transforms.ApplyOnnxModel(["SoftMap"], ["Image"], args[0], shapes, gpuDeviceId: null, fallbackToCpu: true).Fit(rows);
float[] softMap = model.Transform(rows).GetColumn<float[]>("SoftMap").Single();
Console.WriteLine($"At least half of the raters would mark {softMap.Count(share => share >= 0.5)} of {softMap.Length} pixels.");

internal sealed class Input
{
    public float[] Image { get; set; } = [];
}
