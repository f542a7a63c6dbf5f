using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Labels;
using Consensus.ML.Datasets;
using Consensus.ML.Options;

namespace Consensus.ML.Tests.Options;

/// <summary>Every spelling must stay, because existing files and scripts that call the command depend on it.</summary>
public sealed class SpellingTests
{
    [Fact]
    public void Every_value_is_spelled_as_files_and_the_command_know_it()
    {
        Expect<TrainingTarget>("consensus", "annotator", "any-annotator", "soft-label");
        Expect<UNetKind>("levels", "soft-label", "majority-vote", "label-sampling", "multi-head", "monte-carlo-dropout",
            "fully-convolutional", "deep-attention", "multi-rater-agreement", "fixed-point", "stochastic-segmentation",
            "probabilistic-u-net");
        Expect<SamplerKind>("ddpm", "ddim", "dpm-solver");
        Expect<NoiseScheduleKind>("linear", "cosine");
        Expect<PredictionType>("epsilon", "x-start", "velocity", "x-start-logit");
        Expect<Precision>("float32", "bfloat16", "float16");
        Expect<Conditioning>("encoder", "concatenation");
        Expect<LevelConditioning>("embedding", "channels");
        Expect<MissingRaters>("drop", "fraction");
        Expect<MirrorAxes>("none", "columns", "rows", "both");
        Expect<VolumeSlices>("all", "marked");
    }

    [Fact]
    public void A_value_that_is_none_has_no_spelling() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Spelling.Write((Precision)9));

    private static void Expect<T>(params string[] spellings)
        where T : struct, Enum
    {
        Assert.Equal(spellings, Spelling.List<T>().Select(one => one.Text));
        Assert.Equal(Enum.GetValues<T>(), Spelling.List<T>().Select(one => one.Value));
        Assert.Equal(spellings, Enum.GetValues<T>().Select(Spelling.Write));
    }
}
