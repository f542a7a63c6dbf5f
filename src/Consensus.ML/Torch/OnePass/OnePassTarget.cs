namespace Consensus.ML.Torch.OnePass;

/// <summary>What a one-pass network learns of the raters: how their masks become the targets of an image.</summary>
internal abstract class OnePassTarget
{
    /// <summary>Number of target maps of an image.</summary>
    public virtual int Count => 1;

    /// <summary>Numbers that the network gets beside each image in training; 0 (the usual) for none.</summary>
    public virtual int Inputs => 0;

    /// <summary>Whether a target is missing where its rater has not drawn the case.</summary>
    public virtual bool CanBeMissing => false;

    /// <summary>What the maps of a network are that gives one map for each target.</summary>
    public virtual MapMeaning Meaning => MapMeaning.SoftMaps;

    /// <summary>
    /// Draws what the targets of an image need from the random numbers of a step; nothing unless overridden. A target that draws nothing
    /// takes no random numbers.
    /// </summary>
    /// <param name="raters">Number of raters of the image.</param>
    /// <param name="random">The random numbers of the step.</param>
    public virtual float[] Draw(int raters, Random random) => [];

    /// <summary>Fills the targets of one image. All buffers hold zeros before.</summary>
    /// <param name="masks">The masks of the raters.</param>
    /// <param name="drawn">What <see cref="Draw"/> gave for the image.</param>
    /// <param name="buffers">The targets.</param>
    public abstract void Fill(RatersOfImage masks, float[] drawn, TargetBuffers buffers);

    /// <summary>Copies a mask.</summary>
    protected static void Copy(ReadOnlySpan<byte> mask, Span<float> target)
    {
        for (int pixel = 0; pixel < target.Length; pixel++)
        {
            target[pixel] = mask[pixel];
        }
    }
}

/// <summary>The masks that the raters of one image drew, augmented like the image.</summary>
/// <param name="pixels">Raters × H × W of 0 and 1, and perhaps other values behind them.</param>
/// <param name="raters">The number of each mask's rater among all raters of the data, from 0.</param>
/// <param name="size">Pixels of a mask.</param>
internal readonly ref struct RatersOfImage(ReadOnlySpan<byte> pixels, IReadOnlyList<int> raters, int size)
{
    private readonly ReadOnlySpan<byte> _pixels = pixels;

    /// <summary>The number of each mask's rater among all raters of the data, from 0.</summary>
    public IReadOnlyList<int> Raters { get; } = raters;

    /// <summary>Number of masks.</summary>
    public int Count => Raters.Count;

    /// <summary>A mask, H×W.</summary>
    public ReadOnlySpan<byte> Mask(int index) => _pixels.Slice(index * size, size);

    /// <summary>The number of raters who marked a pixel.</summary>
    public int Votes(int pixel)
    {
        int votes = 0;
        for (int rater = 0; rater < Count; rater++)
        {
            votes += _pixels[(rater * size) + pixel];
        }

        return votes;
    }

    /// <summary>1 where at least so many raters marked a pixel, and 0 elsewhere.</summary>
    public void AtLeast(int needed, Span<float> target)
    {
        for (int pixel = 0; pixel < size; pixel++)
        {
            target[pixel] = Votes(pixel) >= needed ? 1 : 0;
        }
    }
}

/// <summary>Where the targets of one image go.</summary>
/// <param name="targets">Targets × H × W.</param>
/// <param name="present">1 for each target that is there; only read where targets can be missing.</param>
/// <param name="inputs">Numbers that the network gets beside the image.</param>
/// <param name="size">Pixels of a target.</param>
internal readonly ref struct TargetBuffers(Span<float> targets, Span<float> present, Span<float> inputs, int size)
{
    private readonly Span<float> _targets = targets;

    /// <summary>1 for each target that is there; only read where targets can be missing.</summary>
    public Span<float> Present { get; } = present;

    /// <summary>Numbers that the network gets beside the image.</summary>
    public Span<float> Inputs { get; } = inputs;

    /// <summary>A target, H×W.</summary>
    public Span<float> Target(int index) => _targets.Slice(index * size, size);
}
