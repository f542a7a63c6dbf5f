using Consensus.Imaging;
using Consensus.ML.Options;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>The soft map of a model that rounds its levels is rounded where it is shown: at the size of its image.</summary>
[Collection(nameof(TinyModel))]
public sealed class RestoredLevelsTests(TinyModel tiny)
{
    [Fact]
    public void A_restored_soft_map_is_the_share_of_restored_levels_above_one_half()
    {
        IDataView maps = Restored(tiny.Model, "SoftMap", "ConsensusMaps");
        Slice[] soft = Slices(maps, "SoftMap"), levels = Slices(maps, "ConsensusMaps");
        Assert.All(soft.Zip(levels), pair =>
        {
            (Slice map, Slice stack) = pair;
            int size = map.Height * map.Width;
            Assert.NotEqual(TinyModel.Side, map.Height);
            Assert.Equal(
                Enumerable.Range(0, size).Select(pixel =>
                    Enumerable.Range(0, stack.Channels).Count(level => stack.Pixels[(level * size) + pixel] > 0.5f)
                        / (float)stack.Channels),
                map.Pixels);
        });
        Assert.Contains(soft.SelectMany(map => map.Pixels), share => share is > 0 and < 1);
    }

    [Fact]
    public void A_soft_map_that_is_not_rounded_is_interpolated()
    {
        ITransformer model = tiny.Fit(new()
        {
            Network = TinyModel.Options().Network, Diffusion = TinyModel.Options().Diffusion, Training = TinyModel.Options().Training,
            Sampling = TinyModel.Options().Sampling, Target = TrainingTarget.SoftLabel,
        });
        using (model as IDisposable)
        {
            // A copy under another name has the values, but nothing says where its levels are.
            IDataView predicted = tiny.Context.Transforms.SelectColumns("SoftMap", "Image")
                .Fit(model.Transform(tiny.Data)).Transform(model.Transform(tiny.Data));
            Assert.Equal(
                Slices(Restored(predicted, "SoftMap"), "SoftMap").SelectMany(map => map.Pixels),
                Slices(Restored(model, "SoftMap"), "SoftMap").SelectMany(map => map.Pixels));
        }
    }

    [Fact]
    public void Without_its_levels_a_rounded_map_is_interpolated()
    {
        IDataView predicted = tiny.Model.Transform(tiny.Data);
        predicted = tiny.Context.Transforms.DropColumns("ConsensusMaps").Fit(predicted).Transform(predicted);
        Assert.NotEqual(
            Slices(Restored(tiny.Model, "SoftMap"), "SoftMap").SelectMany(map => map.Pixels),
            Slices(Restored(predicted, "SoftMap"), "SoftMap").SelectMany(map => map.Pixels));
    }

    private IDataView Restored(ITransformer model, params string[] columns) => Restored(model.Transform(tiny.Data), columns);

    private IDataView Restored(IDataView predicted, params string[] columns) => columns.Aggregate(
        predicted,
        (view, column) => tiny.Context.Transforms.RestoreSlices("Native" + column, column, "Image").Fit(view).Transform(view));

    private static Slice[] Slices(IDataView view, string column) => [.. view.GetColumn<Slice>(view.Schema["Native" + column])];
}
