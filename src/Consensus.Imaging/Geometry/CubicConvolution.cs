using System.Numerics;

namespace Consensus.Imaging.Geometry;

/// <summary>Interpolation by cubic convolution. It blurs less than linear interpolation.</summary>
internal static class CubicConvolution
{
    /// <summary>
    /// The weights of the pixels at −1, 0, 1 and 2 for a place between 0 and 1 (Keys 1981, equation 15 with a = −1/2). They sum to 1.
    /// </summary>
    public static Vector4 Weights(float place) => new(
        ((((-0.5f * place) + 1) * place) - 0.5f) * place,
        (((1.5f * place) - 2.5f) * place * place) + 1,
        ((((-1.5f * place) + 2) * place) + 0.5f) * place,
        ((0.5f * place) - 0.5f) * place * place);
}
