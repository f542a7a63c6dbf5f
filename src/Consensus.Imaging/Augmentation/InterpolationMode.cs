namespace Consensus.Imaging.Augmentation;

/// <summary>
/// How augmentation finds the grey values between pixels when it turns, scales or deforms a slice, and how predictions do when they move a
/// mirrored slice by a part of a pixel. Masks take the nearest pixel.
/// </summary>
public enum InterpolationMode
{
    /// <summary>
    /// Linear between the four pixels around. As published. It blurs: the network trains on slices that are less sharp than those it
    /// predicts.
    /// </summary>
    Linear = 0,

    /// <summary>
    /// Cubic convolution over the sixteen pixels around (Keys 1981, "Cubic convolution interpolation for digital image processing", with a
    /// = −1/2). It keeps most of the sharpness; beside an edge, values may go a little beyond those of the pixels.
    /// </summary>
    Cubic = 1,
}
