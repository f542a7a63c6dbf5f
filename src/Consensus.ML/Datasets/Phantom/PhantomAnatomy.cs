namespace Consensus.ML.Datasets.Phantom;

/// <summary>One imaginary patient: the slice and the structures in it.</summary>
/// <param name="Pixels">Channels × height × width values in the set's own units.</param>
/// <param name="Structures">
/// One map for each task of the set: the distance of each pixel from the structure's outline, negative inside, in units of
/// half the shorter side.
/// </param>
/// <param name="Ambiguity">
/// For each task, the uncertainty of the outline in the image at each pixel (standard deviation, same units).
/// </param>
internal sealed record PhantomAnatomy(float[] Pixels, float[][] Structures, float[][] Ambiguity);
