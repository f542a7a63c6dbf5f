namespace Consensus.ML.Options;

/// <summary>How a training step follows from gradients.</summary>
public enum OptimizerKind
{
    /// <summary>
    /// As published: each weight moves by the mean of its gradients, divided by the root of the mean of their squares (Loshchilov and
    /// Hutter 2019, "Decoupled weight decay regularization").
    /// </summary>
    AdamW,

    /// <summary>
    /// The weights of a convolution or projection are a matrix with a row for each output, and move by the mean of its gradients with all
    /// singular values brought near 1: a step goes as far in rare directions as in common ones (Jordan et al. 2024, "Muon: An optimizer for
    /// hidden layers in neural networks"). These steps are as long as AdamW's usually are, so both take the same learning rate (Liu et al.
    /// 2025, "Muon is scalable for LLM training", section 2.2). All other weights move by <see cref="AdamW"/>.
    /// </summary>
    Muon,
}
