using Consensus.Imaging;
using Consensus.ML.Options;
using Consensus.ML.Serving.Prediction;

namespace Consensus.ML.Page.Tests;

/// <summary>
/// A model whose maps are known beforehand. For a pixel of value v, the soft map is v/100, level c of 4 is clamp(4·v/100 − (c − 1), 0, 1),
/// and the uncertainty is v/1000. The real server reads the image and writes the answer. Where it has several structures, the maps of those
/// after the first are of 100 − v. The first named rater marks what is above 30, the second what is above 60, and so on.
/// </summary>
/// <param name="structures">Names and levels; none for one structure without a name.</param>
internal sealed class HandMadeModel(params (string Name, int Levels)[] structures) : IMapPredictor
{
    public const int Levels = 4;

    private ServedModel? _model;

    /// <summary>Predictions wait for this; open unless a test closes it.</summary>
    public ManualResetEventSlim Gate { get; } = new(initialState: true);

    /// <summary>Predictions that began.</summary>
    public int Begun { get; private set; }

    /// <summary>Predictions that were broken off because nobody wanted them any more.</summary>
    public int BrokenOff { get; private set; }

    /// <summary>The named raters of every structure; none unless a test names them.</summary>
    public IReadOnlyList<string> Raters { get; init; } = [];

    public ServedModel Model => _model ??= new(
        ServedModel.Diffusion, 64, 64, 1, 1, 12_345, [], new SamplingOptions { Generations = 4 }, null,
        [
            .. (structures.Length == 0 ? [("", Levels)] : structures)
                .Select(one => new ServedStructure(one.Name, one.Levels, Raters, new("SoftMap", "ConsensusMaps", "Uncertainty", []))),
        ]);

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

        return [.. slices.Select(slice => Maps(slice, request.Structure.Levels, request.Structure != Model.Structures[0]) with
        {
            Raters = Raters.Count == 0 ? null : Slice(
                slice, [.. Enumerable.Range(1, Raters.Count).SelectMany(rater => Map(slice, value => value > 30 * rater ? 1 : 0))]),
        })];
    }

    public void Dispose()
    {
        // It is used again when a test starts the server a second time.
    }

    private static SliceMaps Maps(Slice slice, int count, bool isInverse)
    {
        float[][] levels =
            [.. Enumerable.Range(0, count).Select(level => Of(value => Math.Clamp((count * value / 100) - level, 0, 1)))];
        return new(
            Slice(slice, Of(value => value / 100)),
            Slice(slice, [.. levels.SelectMany(level => level)]),
            Slice(slice, Of(value => value / 1000)),
            [.. levels.Select(level => level.Count(value => value > 0.5f))]);

        float[] Of(Func<float, float> of) => Map(slice, value => of(isInverse ? 100 - value : value));
    }

    /// <summary>Of the first channel.</summary>
    private static float[] Map(Slice slice, Func<float, float> of) => [.. slice.Pixels.Take(slice.Height * slice.Width).Select(of)];

    private static Slice Slice(Slice like, float[] values) =>
        new(values.Length / (like.Height * like.Width), like.Height, like.Width, values, like.Geometry);
}
