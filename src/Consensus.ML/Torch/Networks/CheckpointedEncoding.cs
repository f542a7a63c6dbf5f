using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// An image encoding that can be differentiated without its activations being kept (gradient checkpointing, Chen et al. 2016): of each
/// part only the input is, and the part is run again when its gradient is due. The gradients are those of an ordinary pass but for the
/// order of one addition. The tensors belong to the dispose scope it is made in.
/// </summary>
internal sealed class CheckpointedEncoding
{
    private readonly ImageEncoder _encoder;
    private readonly ForwardContext _context;
    private readonly Tensor _image;

    // What went into each block of the trunk, and what came out of the last.
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

    /// <summary>G(I), B×L×H×W: a leaf, to which a loss's backward pass brings its gradient.</summary>
    public Tensor Features { get; }

    /// <summary>
    /// Carries the gradient of <see cref="Features"/> on to the encoder's weights. To be called once, after the loss's own backward pass.
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
