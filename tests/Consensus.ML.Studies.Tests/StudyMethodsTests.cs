using Consensus.ML.Options;
using Consensus.ML.Studies.Planning;

namespace Consensus.ML.Studies.Tests;

/// <summary>The diffusion methods differ in little more than their names say.</summary>
public sealed class StudyMethodsTests
{
    private static readonly StudyRecipe Recipe = new() { Levels = 7 };

    [Fact]
    public void One_level_a_pass_is_consensus_with_the_published_conditioning_and_a_recipe_for_one_map() =>
        AssertDiffer(
            StudyMethods.ConsensusByLevel,
            ("Network.LevelConditioning", "\"Channels\"", "\"Embedding\""),
            ("Training.LearningRate", "0.001", "0.002"),
            ("Training.Optimizer", "\"Muon\"", "\"AdamW\""));

    [Fact]
    public void Annotator_differs_from_consensus_in_its_target_alone() =>
        AssertDiffer(StudyMethods.Annotator, ("Target", "\"Consensus\"", "\"Annotator\""));

    /// <summary>Studies of earlier versions, whose records have no such setting, go on.</summary>
    [Fact]
    public void Named_raters_are_a_setting_of_their_own_method_alone()
    {
        IReadOnlyDictionary<string, string> consensus = StudyMethods.Consensus.Settings(Recipe),
            named = StudyMethods.ConsensusAndRaters.Settings(Recipe);
        Assert.Equal([KeyValuePair.Create("NamedRaters", "true")], named.Except(consensus));
        Assert.Empty(consensus.Except(named));
    }

    [Fact]
    public void Targets_of_one_map_have_the_rate_for_one_map()
    {
        foreach ((StudyMethod method, string target) in new[]
            {
                (StudyMethods.SoftLabel, "SoftLabel"), (StudyMethods.AnyAnnotator, "AnyAnnotator"),
            })
        {
            AssertDiffer(
                method, ("Target", "\"Consensus\"", $"\"{target}\""), ("Training.LearningRate", "0.001", "0.002"));
        }
    }

    [Fact]
    public void The_one_pass_U_Net_of_the_levels_has_the_optimizer_of_consensus_and_other_kinds_have_the_published_one()
    {
        StudyMethod[] onePass = [.. StudyMethods.All.Where(method => method.OnePass is not null)];
        Assert.Contains(onePass, method => method.OnePass == UNetKind.Levels);
        Assert.All(onePass, method => Assert.Equal(
            method.OnePass == UNetKind.Levels ? "\"Muon\"" : "\"AdamW\"", method.Settings(Recipe)["Training.Optimizer"]));
    }

    [Fact]
    public void Methods_that_learn_soft_maps_and_one_pass_methods_but_that_of_the_levels_do_not_round() => Assert.Equal(
        [
            "consensus", "annotator", "any-annotator", "consensus-by-level", "dmise-like", "amis-like", "level-unet", "consensus-raters",
        ],
        StudyMethods.All.Where(method => method.RoundsLevels).Select(method => method.Name));

    /// <summary>The settings in which a method differs from consensus, with both values.</summary>
    private static void AssertDiffer(StudyMethod method, params (string Setting, string Consensus, string Method)[] expected)
    {
        IReadOnlyDictionary<string, string> consensus = StudyMethods.Consensus.Settings(Recipe), other = method.Settings(Recipe);
        Assert.Equal(consensus.Keys.Order(), other.Keys.Order());
        Assert.Equal(
            expected, consensus.Keys.Where(key => consensus[key] != other[key]).Order().Select(key => (key, consensus[key], other[key])));
    }
}
