namespace Consensus.ML.Options;

/// <summary>
/// What a one-pass U-Net learns from the raters: the baselines of the paper's Table 1 that need only this network, and two direct ways to
/// the soft map.
/// </summary>
/// <remarks>
/// All are trained with cross-entropy, and optionally a soft Dice loss; the first six on the U-Net of the diffusion model without time,
/// level and image encoder, the others on networks of their own made of the same blocks. The original papers have other networks, losses
/// and data, so a comparison tests the idea alone. Each kind says what it leaves out.
/// </remarks>
public enum UNetKind
{
    /// <summary>
    /// One output for each level of agreement c of C, trained on M_c, the pixels that at least c raters marked (for a case with R raters,
    /// at least the share c/C of R). These are the maps that the paper's diffusion model samples, predicted in one pass.
    /// </summary>
    Levels,

    /// <summary>One output, trained on the share of raters at each pixel with cross-entropy.</summary>
    SoftLabel,

    /// <summary>MV-UNet: one output, trained on the pixels that more than half of the raters marked (a tie is background).</summary>
    MajorityVote,

    /// <summary>
    /// LS-UNet (Jensen et al. 2019, "Improving uncertainty estimation in convolutional neural networks using inter-rater agreement"): one
    /// output, trained on the mask of one rater, chosen at random in each step.
    /// </summary>
    LabelSampling,

    /// <summary>
    /// MH-UNet (Guan et al. 2018, "Who said what: modeling individual labelers improves classification"): one output for each rater,
    /// trained on that rater's masks. A rater who did not draw a case does not count in its loss. The prediction is the mean of the
    /// outputs. The learned rater weights of the original are left out.
    /// </summary>
    MultiHead,

    /// <summary>
    /// MCD (Gal and Ghahramani 2016; Kendall et al. 2015): dropout stays on at prediction, and the prediction is the mean of several
    /// passes. Trained as the baseline of Kohl et al. 2018 ("A probabilistic U-Net for segmentation of ambiguous images"), on the mask of
    /// one rater, chosen at random in each step. Kohl et al. drop half of the values around the innermost blocks; here every residual block
    /// drops some.
    /// </summary>
    MonteCarloDropout,

    /// <summary>
    /// FCN (Long et al. 2015, "Fully convolutional networks for semantic segmentation"): the stages of a VGG network, scores at 1/8, 1/16
    /// and 1/32 of each side, and their sum from coarse to fine (FCN-8s), trained on the pixels that more than half of the raters marked.
    /// Left out: weights of ImageNet, dropout, and learned upsampling; the convolutions are normalised instead, since they learn from
    /// nothing here. <see cref="FullyConvolutionalOptions"/> has the shape.
    /// </summary>
    FullyConvolutional,

    /// <summary>
    /// DAF (Wang et al. 2018, "Deep attentional features for prostate segmentation in ultrasound"): the features of each level of an
    /// encoder, all of them fused, and for each level an attention that picks from the fused features what refines the level; the outputs
    /// of all levels are trained, before and after they are refined, and a prediction is the mean of the refined ones (of their values
    /// before the sigmoid, as in the authors' code). Trained on the pixels that more than half of the raters marked. Left out: the ResNeXt
    /// encoder with weights of ImageNet (the U-Net's residual blocks stand in its place) and the conditional random field afterwards.
    /// </summary>
    DeepAttention,

    /// <summary>
    /// MRNet (Ji et al. 2021, "Learning calibrated medical image segmentation via multi-rater agreement modeling"): a U-Net gets a vector
    /// of how much each rater counts, which a convolutional LSTM cell mixes into the deepest features; a second network reconstructs each
    /// rater's mask from the image, the first map and the vector; and where the reconstructed masks differ, an attention refines the map.
    /// The soft map is that refined map for raters who count equally; the levels, the uncertainty and the samples come from the
    /// reconstructed masks. Left out: the ResNet-34 encoder with weights of ImageNet, the Gaussian filter of the attention, and the loss
    /// that compares what is reconstructed from the map and from the truth. An image of a step gets one vector (equal in half of the
    /// cases, drawn at random in a third, a single rater in a sixth), where the authors' code trains on all three with these weights.
    /// </summary>
    MultiRaterAgreement,

    /// <summary>
    /// FPM (Zhou et al. 2017, "A fixed-point model for pancreas segmentation in abdominal CT scans"): one fully convolutional network finds
    /// the object in the slice; a second looks at the crop around its mask, again and again, until two masks agree. Both are trained on
    /// the pixels that more than half of the raters marked, the second on crops around that truth with a random frame. Left out: the three
    /// planes of a volume and neighbouring slices, weights of ImageNet, and the filter of small components; crops are scaled to the
    /// slice's size here. <see cref="FixedPointOptions"/> and <see cref="FullyConvolutionalOptions"/> belong to it.
    /// </summary>
    FixedPoint,

    /// <summary>
    /// SSN (Monteiro et al. 2020, "Stochastic segmentation networks: modelling spatially correlated aleatoric uncertainty"): the logits of
    /// all pixels together are normal, with few directions in which pixels vary together (<see cref="StochasticOptions"/>). It draws whole
    /// masks, and the prediction is their mean. Trained on the mask of one rater, chosen at random in each step.
    /// </summary>
    StochasticSegmentation,

    /// <summary>
    /// Probabilistic U-Net (Kohl et al. 2018, "A probabilistic U-Net for segmentation of ambiguous images"): a latent of few numbers
    /// chooses the mask (<see cref="ProbabilisticOptions"/>). It draws whole masks, and the prediction is their mean. Trained on the mask
    /// of one rater, chosen at random in each step.
    /// </summary>
    ProbabilisticUNet,
}
