using System.Text;
using Consensus.ML.Graphs;
using Consensus.ML.Segmentation.Models;

namespace Consensus.ML.Segmentation.Exporting;

/// <summary>An ONNX file that this library wrote: its metadata, and its graph from the normalised slice on.</summary>
/// <param name="Manifest">The model.</param>
/// <param name="Preparation">What happens to an image before the network.</param>
/// <param name="HasNoiseInput">Whether the noise is an input.</param>
/// <param name="Network">
/// The model file without the nodes that normalise and resize: its input is <see cref="OnnxFile.Features"/>, 1×C×H×W. The steps of a chain
/// do that part, since noise depends on what they make of the image.
/// </param>
internal sealed record ReadOnnxFile(ModelManifest Manifest, OnnxPreparation Preparation, bool HasNoiseInput, byte[] Network)
{
    // ModelProto: graph 7, metadata_props 14. GraphProto: node 1, input 11. NodeProto: name 3. ValueInfoProto: name 1.
    private const int GraphField = 7, MetadataField = 14, NodeField = 1, InputField = 11, NodeNameField = 3, InputNameField = 1;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is none that this library wrote, or is damaged; the message says how.</exception>
    public static ReadOnnxFile Read(ReadOnlyMemory<byte> file)
    {
        List<ProtoField> model = ProtoField.Read(file);
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (ProtoField field in model.Where(field => field.Number == MetadataField))
        {
            List<ProtoField> pair = ProtoField.Read(field.Bytes ?? default);
            texts[Text(pair, 1)] = Text(pair, 2);
        }

        (ModelManifest manifest, OnnxPreparation preparation, bool hasNoiseInput) = OnnxMetadata.Read(texts);
        var network = new ProtoMessage();
        foreach (ProtoField field in model)
        {
            if (field.Number == GraphField && field.Bytes is { } graph)
            {
                network.Add(GraphField, FromFeatures(graph, manifest));
            }
            else
            {
                field.AddTo(network);
            }
        }

        var bytes = new byte[network.Length];
        using var stream = new MemoryStream(bytes);
        network.Write(stream);
        return new(manifest, preparation, hasNoiseInput, bytes);
    }

    private static ProtoMessage FromFeatures(ReadOnlyMemory<byte> graph, ModelManifest manifest)
    {
        var rest = new ProtoMessage();
        foreach (ProtoField field in ProtoField.Read(graph))
        {
            if (field.Number == NodeField && Text(ProtoField.Read(field.Bytes ?? default), NodeNameField)
                .StartsWith(OnnxFile.PreparationStage + "/", StringComparison.Ordinal))
            {
                continue;
            }

            if (field.Number == InputField && Text(ProtoField.Read(field.Bytes ?? default), InputNameField) == OnnxFile.ImageInput)
            {
                rest.Add(InputField, GraphBuilder.Describe(
                    OnnxFile.Features, GraphType.Single, "A normalised slice.",
                    [1L, (long)manifest.ImageChannels, (long)manifest.Height, (long)manifest.Width]));
                continue;
            }

            field.AddTo(rest);
        }

        return rest;
    }

    private static string Text(List<ProtoField> message, int number) =>
        message.Find(field => field.Number == number).Bytes is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : "";
}
