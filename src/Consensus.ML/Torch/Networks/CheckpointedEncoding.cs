using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// An image encoding with gradient checkpointing (Chen et al. 2016). It keeps only the input of each part, and runs the part again to get
/// its gradient. The gradients equal those of an ordinary pass, except for the order of one addition. The tensors belong to the dispose
/// scope that surrounds the constructor's call.
/// </summary>
internal sealed class CheckpointedEncoding
{
    private readonly ImageEncoder _encoder;
    private readonly ForwardContext _context;
    private readonly Tensor _image;

    // The input of each block of the trunk, and the output of the last block.
    private readonly Tensor[] _trunk;

    public CheckpointedEncoding(ImageEncoder encoder, ForwardContext context, Tensor image)
    {
        (_encoder, _context, _image) = (encoder, context, image);
        _trunk = new Tensor[encoder.BlockCount + 1];
        using var none = no_grad();
        _trunk[0] = encoder.First(context, image);
        for (int block = 0; block < encoder.BlockCount; block++)
        {
            _trunk[block + 1] = encoder.Block(context, block, _trunk[block]);
        }

        Features = encoder.Last(context, _trunk[0], _trunk[^1]).requires_grad_();
    }

    /// <summary>G(I), B×L×H×W: a leaf tensor that gets its gradient from the loss's backward pass.</summary>
    public Tensor Features { get; }

    /// <summary>
    /// Propagates the gradient of <see cref="Features"/> to the encoder's weights. Call it once, after the loss's backward pass.
    /// </summary>
    public void Backward()
    {
        using var scope = NewDisposeScope();
        Tensor features = Leaf(_trunk[0]), trunk = Leaf(_trunk[^1]);
        Differentiate(_encoder.Last(_context, features, trunk), Features.grad!);
        Tensor gradient = trunk.grad!;
        for (int block = _encoder.BlockCount - 1; block >= 0; block--)
        {
            using var part = NewDisposeScope();
            Tensor input = Leaf(_trunk[block]);
            Differentiate(_encoder.Block(_context, block, input), gradient);
            _trunk[block + 1].Dispose();
            gradient.Dispose();
            gradient = input.grad!.MoveToOuterDisposeScope();
        }

        Differentiate(_encoder.First(_context, _image), gradient.Plus(features.grad!));
    }

    private static Tensor Leaf(Tensor kept) => kept.detach().requires_grad_();

    private static void Differentiate(Tensor output, Tensor gradient) => output.backward([gradient]);
}
