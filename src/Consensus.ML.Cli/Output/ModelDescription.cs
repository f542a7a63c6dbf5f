using Consensus.ML.Segmentation;

namespace Consensus.ML.Cli.Output;

/// <summary>A model, in reports and manifests.</summary>
/// <param name="Method">How it comes to its maps: diffusion or one-pass.</param>
/// <param name="Target">What it has learned of the raters.</param>
/// <param name="Members">Networks whose maps are averaged.</param>
/// <param name="Raters">Levels, of which there are as many as raters.</param>
/// <param name="ImageChannels">Channels of its images.</param>
/// <param name="Height">Rows of its slices.</param>
/// <param name="Width">Columns of its slices.</param>
internal sealed record ModelDescription(
    string Method,
    string Target,
    int Members,
    int Raters,
    int ImageChannels,
    int Height,
    int Width)
{
    public static ModelDescription Of(SegmentationTransformer model) => new(
        Formats.Method(model), Formats.Learned(model), model.Members, model.Levels, model.ImageChannels, model.Height, model.Width);
}
