using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Results;
using Consensus.ML.Studies.Running;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Studies.Tests;

/// <summary>What the networks of all seeds predict together, by the maps that a study keeps of each.</summary>
public sealed class SeedEnsemblesTests : IDisposable
{
    private const int Side = 2;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Levels_are_averaged_over_the_networks_and_then_rounded()
    {
        // Two of three networks are sure that one of seven raters marks the pixel, and the third that none does. The mean of level 1 is
        // 2/3, which counts: 1/7. The mean of the soft maps would be 2/21.
        StoredMaps one = Kept(1 / 7f, 1, 0, 0, 0, 0, 0, 0), none = Kept(0, 0, 0, 0, 0, 0, 0, 0);
        Assert.Equal(1 / 7f, Together(StudyMethods.Levels, one, one, none));
        Assert.Equal(0f, Together(StudyMethods.Levels, one, none, none));

        // A mean of exactly one half does not count, as in the library.
        Assert.Equal(0f, Together(StudyMethods.Levels, one, none));

        // Level 1: (0.9 + 0.8)/2 counts. Level 2: (0.9 + 0.2)/2 = 0.55 counts, though one network alone marks it. Level 3: 0.1.
        Assert.Equal(2 / 3f, Together(StudyMethods.Consensus, Kept(2 / 3f, 0.9f, 0.9f, 0.1f), Kept(1 / 3f, 0.8f, 0.2f, 0.1f)));
    }

    [Fact]
    public void Shares_are_exact_though_files_have_steps()
    {
        // 0.1 is kept as 25/254, which is below the threshold 0.1.
        StoredMaps kept = Kept(0.1f, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        Assert.True(kept.Maps[0][0] < 0.1f);
        Assert.Equal(0.1f, Together(StudyMethods.Levels, kept, kept));
    }

    [Fact]
    public void A_network_keeps_its_own_soft_map()
    {
        // 0.501 is kept as 127/254, which is no more than one half. The soft map tells that it was.
        StoredMaps barely = Kept(1 / 3f, 0.501f, 0.499f, 0);
        Assert.Equal(1 / 3f, Together(StudyMethods.Consensus, barely, barely));

        // The first of three raters in one generation, the second in the other: no rater's mean is above one half. The sorted masks, whose
        // first is marked in both generations, do not tell that.
        StoredMaps turns = Kept(0, 1, 0, 0);
        Assert.Equal(0f, Together(StudyMethods.Annotator, turns, turns));
    }

    [Fact]
    public void Soft_maps_are_averaged_where_the_method_does_not_round()
    {
        // 0.3 is kept as 76/254 and 0.5 as 127/254.
        float soft = Together(StudyMethods.SoftLabel, Kept(0.3f, 0.9f, 0, 0), Kept(0.5f, 1, 0.5f, 0));
        Assert.Equal((76 + 127) / 508.0, soft, 6);
        StudyMethod own = new("own", "not the library's", (_, _) => null!);
        Assert.Equal(0.5, Together(own, Kept(1, 1, 1, 1), Kept(0, 0, 0, 0)), 6);
    }

    [Fact]
    public void Networks_that_predict_the_same_score_together_what_one_scores()
    {
        // The maps of a made-up study depend on whether the seed is even.
        StudyMethod[] methods = [StudyMethods.Consensus, StudyMethods.AnyAnnotator, StudyMethods.Levels];
        StudyResults results = new MadeUpStudy(_folder.Root, cases: 2, methods: methods, seeds: [1, 3]).Run();
        Assert.Equal(methods.Length, results.Ensembles.Count);
        foreach (EnsembleResult ensemble in results.Ensembles)
        {
            MethodResult method = results.Methods.Single(method => method.Name == ensemble.Method);
            Assert.All(SeedEnsembles.Measures, name => Assert.Equal(method.Score(name).Mean, ensemble.Score(name).Mean, 12));
        }

        string report = File.ReadAllText(Path.Combine(_folder.Root, "study", "report.html"));
        Assert.Contains("Each level is averaged over the networks and rounded at one half", report, StringComparison.Ordinal);
        Assert.Contains("The maps of any-annotator are masks of raters", report, StringComparison.Ordinal);
        Assert.DoesNotContain("the soft maps are averaged", report, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Maps of equal pixels, as they are after they were written and read.</summary>
    private StoredMaps Kept(float soft, params float[] levels)
    {
        float[][] maps = [.. levels.Prepend(0f).Prepend(soft).Select(value => Enumerable.Repeat(value, Side * Side).ToArray())];
        string path = _folder["maps.png"];
        new StoredMaps(maps, Side, Side).Write(path);
        return StoredMaps.Read(path, Side, Side);
    }

    private static float Together(StudyMethod method, params StoredMaps[] networks) =>
        Assert.Single(SeedEnsembles.SoftMap(method, networks).Distinct());
}
