using System.Text;
using Consensus.ML.Transforms;
using Microsoft.ML;

namespace Consensus.ML.Tests.Transforms;

/// <summary>What a resizing step reads from model zips of other versions.</summary>
public sealed class SliceResizingTests
{
    [Theory]
    [InlineData(null, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void A_model_of_a_version_without_antialiasing_sees_images_as_it_was_trained(bool? saved, bool expected)
    {
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write("Features");
            writer.Write("Image");
            Array.ForEach([2, 64, 32], writer.Write);
            if (saved is { } antialias)
            {
                writer.Write(antialias);
            }
        }

        memory.Position = 0;
        SliceResizingTransformer resizing = SliceResizingTransformer.Read(new MLContext(), new BinaryReader(memory));
        Assert.Equal((2, 64, 32), (resizing.Channels, resizing.Height, resizing.Width));
        Assert.Equal(expected, resizing.Antialias);
    }
}
