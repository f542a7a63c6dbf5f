using Consensus.Imaging;
using Consensus.ML.Options;
using Consensus.ML.Serving.Prediction;

namespace Consensus.ML.Page.Tests;

/// <summary>
/// A model whose maps are known beforehand. For a pixel of value v, the soft map is v/100, level c of 4 is clamp(4·v/100 − (c − 1), 0, 1),
/// and the uncertainty is v/1000. The real server reads the image and writes the answer.
/// </summary>
internal sealed class HandMadeModel : IMapPredictor
{
    public const int Levels = 4;

    /// <summary>Predictions wait for this; open unless a test closes it.</summary>
    public ManualResetEventSlim Gate { get; } = new(initialState: true);

    /// <summary>Predictions that began.</summary>
    public int Begun { get; private set; }

    /// <summary>Predictions that were broken off because nobody wanted them any more.</summary>
    public int BrokenOff { get; private set; }

    public ServedModel Model { get; } = new(
        ServedModel.Diffusion, 64, 64, 1, Levels, 1, 12_345, [], new SamplingOptions { Generations = 4 }, null,
        new("SoftMap", "ConsensusMaps", "Uncertainty"));

    public bool UsesTorch => false;

    public void WarmUp(CancellationToken cancellation)
    {
        // Nothing is slower the first time.
    }

    public IReadOnlyList<SliceMaps> Predict(
        IReadOnlyList<Slice> slices, PredictionRequest request, Action<TimeSpan> took, CancellationToken cancellation)
    {
        Begun++;
        try
        {
            Gate.Wait(cancellation);
        }
        catch (OperationCanceledException)
        {
            BrokenOff++;
            throw;
        }

        return [.. slices.Select(Maps)];
    }

    public void Dispose()
    {
        // It is used again when a test starts the server a second time.
    }

    private static SliceMaps Maps(Slice slice)
    {
        float[][] levels =
            [.. Enumerable.Range(0, Levels).Select(level => Map(slice, value => Math.Clamp((Levels * value / 100) - level, 0, 1)))];
        return new(
            Slice(slice, Map(slice, value => value / 100)),
            Slice(slice, [.. levels.SelectMany(level => level)]),
            Slice(slice, Map(slice, value => value / 1000)),
            [.. levels.Select(level => level.Count(value => value > 0.5f))]);
    }

    /// <summary>Of the first channel.</summary>
    private static float[] Map(Slice slice, Func<float, float> of) => [.. slice.Pixels.Take(slice.Height * slice.Width).Select(of)];

    private static Slice Slice(Slice like, float[] values) =>
        new(values.Length / (like.Height * like.Width), like.Height, like.Width, values, like.Geometry);
}
