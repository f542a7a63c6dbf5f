using Consensus.Imaging;

namespace Consensus.ML.Serving.Prediction;

/// <summary>The maps of one slice, of the size that was asked for; those that were not asked for are null.</summary>
/// <param name="Soft">1 × height × width in [0, 1].</param>
/// <param name="Levels">Levels × height × width in [0, 1].</param>
/// <param name="Uncertainty">1 × height × width, at least 0.</param>
/// <param name="Areas">For each level, the pixels of its map above one half; counted on the maps of the size that was asked for.</param>
internal sealed record SliceMaps(Slice? Soft, Slice? Levels, Slice? Uncertainty, IReadOnlyList<int> Areas)
{
    /// <summary>Named raters × height × width in [0, 1].</summary>
    public Slice? Raters { get; init; }
}
