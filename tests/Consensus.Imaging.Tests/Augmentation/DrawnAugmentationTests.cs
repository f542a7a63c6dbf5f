using System.Text.Json;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Augmentation;

/// <summary>A drawn change can be written as JSON and applied again.</summary>
public sealed class DrawnAugmentationTests
{
    private const int Height = 24, Width = 31;

    [Fact]
    public void A_change_that_was_written_and_read_gives_the_same_bits()
    {
        AugmentationPolicy[] policies = [new(), AugmentationPolicy.Strong];
        var random = new Random(3);
        float[] image = [.. Enumerable.Range(0, Height * Width).Select(_ => (float)(random.NextDouble() - 0.5))];
        byte[] mask = [.. Enumerable.Range(0, Height * Width).Select(_ => (byte)random.Next(2))];
        foreach (AugmentationPolicy policy in policies)
        {
            for (int seed = 0; seed < 50; seed++)
            {
                DrawnAugmentation drawn = DrawnAugmentation.Draw(policy, Height, Width, new Random(seed));
                string recorded = ForeignCulture.Run(drawn.ToJson);
                DrawnAugmentation replayed = ForeignCulture.Run(() => DrawnAugmentation.FromJson(recorded));
                Assert.Equal(recorded, replayed.ToJson());
                Assert.Equal(drawn with { Deformation = null }, replayed with { Deformation = null });
                Assert.Equal(policy.Deformation > 0, replayed.Deformation is not null);
                Assert.Equal(Bits(image, drawn), Bits(image, replayed));
                Assert.Equal(Moved(mask, drawn), Moved(mask, replayed));
            }
        }
    }

    [Fact]
    public void The_record_holds_every_number_that_was_drawn()
    {
        string json = (DrawnAugmentation.None with { FlipRows = true, ShiftColumns = -2, Scale = 1.1, Brightness = -0.25 }).ToJson();
        using JsonDocument read = JsonDocument.Parse(json);
        JsonElement change = read.RootElement;
        Assert.Equal(
            [
                "FlipColumns", "FlipRows", "RotationDegrees", "ShiftRows", "ShiftColumns", "Scale", "Deformation", "Contrast", "Brightness",
                "Padding", "Interpolation",
            ],
            change.EnumerateObject().Select(property => property.Name));
        Assert.True(change.GetProperty("FlipRows").GetBoolean());
        Assert.Equal(-2, change.GetProperty("ShiftColumns").GetInt32());
        Assert.Equal(1.1, change.GetProperty("Scale").GetDouble());
        Assert.Equal(-0.25, change.GetProperty("Brightness").GetDouble());
        Assert.Equal("Constant", change.GetProperty("Padding").GetString());
        Assert.Equal(JsonValueKind.Null, change.GetProperty("Deformation").ValueKind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"FlipColumns\":1}")]
    [InlineData(
        """
        {"FlipColumns":false,"FlipRows":false,"RotationDegrees":0,"ShiftRows":0,"ShiftColumns":0,"Scale":1,"Contrast":1,"Brightness":0,
        "Deformation":{"Rows":[1],"Columns":[1],"Height":4,"Width":4}}
        """)]
    public void A_record_that_is_not_whole_is_refused(string json) =>
        Complaint.Expect<InvalidDataException>(() => DrawnAugmentation.FromJson(json), "recorded change");

    private static int[] Bits(float[] image, DrawnAugmentation change)
    {
        var moved = new float[image.Length];
        Augmenter.Interpolate(image, moved, Height, Width, change, padding: -1);
        return [.. moved.Select(BitConverter.SingleToInt32Bits)];
    }

    private static byte[] Moved(byte[] mask, DrawnAugmentation change)
    {
        var moved = new byte[mask.Length];
        Augmenter.Nearest(mask, Height, Width, moved, Height, Width, change);
        return moved;
    }
}
