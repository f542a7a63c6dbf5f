using Consensus.ML.Options;

namespace Consensus.ML.Evaluation;

/// <summary>The scores of one of the structures that a model segments.</summary>
/// <param name="Structure">The structure.</param>
/// <param name="Metrics">The scores of its soft map, over the cases on which it was drawn.</param>
/// <param name="Raters">The scores of the masks of its named raters; null where the model draws none, or none of them drew a case.</param>
public sealed record StructureMetrics(SegmentedStructure Structure, SegmentationMetrics Metrics, RaterMapScores? Raters);
