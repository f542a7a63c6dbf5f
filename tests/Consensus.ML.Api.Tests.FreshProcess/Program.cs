// Loads a model zip with nothing but ML.NET's own API and prints the SHA-256 of the soft maps it predicts, one line a file.
// usage: Consensus.ML.Api.Tests.FreshProcess <model.zip> <image> ...

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML;
using Microsoft.ML.Data;

var context = new MLContext();
ITransformer model = context.Model.Load(args[0], out DataViewSchema _);
IDataView data = context.Data.LoadFromEnumerable(args.Skip(1).Select(path => new Input { ImagePath = path }).ToArray());
foreach (float[] map in model.Transform(data).GetColumn<float[]>("SoftMap"))
{
    Console.WriteLine(Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(map.AsSpan()))));
}

internal sealed class Input
{
    public string ImagePath { get; set; } = "";
}
