using System.IO.Compression;
using System.Text.Json;
using Consensus.Imaging;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>
/// Models that version 0.1 saved load in every later version, and predict the same as then. They are in the folder Models, whose README.md
/// says how they were made. When one of these tests fails, change the code that loads, not the zips: users have models like these.
/// </summary>
public sealed class ModelsOfVersion01Tests : IDisposable
{
    // Other processors add in another order. The stored maps come from AVX-512. With torch limited to SSE 4.1 and to AVX2, its maps were
    // within 2e-6 of them.
    private const float Tolerance = 1e-4f;

    private const int Levels = 3, Pixels = SmallModels.Side * SmallModels.Side;
    private readonly MLContext _ml = new();
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Models => [.. SmallModels.Names];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Models");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public void It_loads_with_the_schema_it_was_saved_with(string name)
    {
        ITransformer model = _ml.Model.Load(Path.Combine(Folder, name), out DataViewSchema input);
        using var disposable = (IDisposable)model;
        Assert.Equal(["Case", "ImagePath", "AnnotationPaths"], input.Select(column => column.Name));
        DataViewSchema output = model.GetOutputSchema(input);
        Assert.Equal([SmallModels.Side, SmallModels.Side], Dimensions(output["SoftMap"]));
        Assert.Equal([Levels, SmallModels.Side, SmallModels.Side], Dimensions(output["ConsensusMaps"]));
        Assert.Equal([SmallModels.Side, SmallModels.Side], Dimensions(output["Uncertainty"]));
        Assert.Equal(typeof(Slice), output["Restored"].Type.RawType);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void It_holds_every_kind_of_step_and_the_facts_of_its_training(string name)
    {
        ITransformer model = _ml.Model.Load(Path.Combine(Folder, name), out _);
        using var disposable = (IDisposable)model;
        ITransformer[] steps = [.. Steps(model)];
        bool onePass = name is SmallModels.UNet or SmallModels.Ensemble;
        Assert.Equal(
            [
                typeof(SliceLoadingTransformer),
                typeof(SliceNormalizingTransformer),
                typeof(SliceResizingTransformer),
                typeof(SliceAugmentingTransformer),
                onePass ? typeof(UNetSegmentationTransformer) : typeof(ConsensusSegmentationTransformer),
                typeof(SliceRestoringTransformer),
            ],
            steps.Select(step => step.GetType()));
        SegmentationTransformer facts = steps.OfType<SegmentationTransformer>().Single();
        Assert.Equal((SmallModels.Side, SmallModels.Side, 1, Levels), (facts.Height, facts.Width, facts.ImageChannels, facts.Levels));
        Assert.Equal(name == SmallModels.Ensemble ? 2 : 1, facts.Members);
        Assert.Equal((2, 3, 1), (facts.Training.Steps, facts.Training.TrainingCases, facts.Training.ValidationCases));
        Assert.Equal(2, facts.Sampling.Generations);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void It_predicts_what_it_predicted_then(string name) =>
        AssertSame(Expected(name), SmallModels.Predict(Path.Combine(Folder, name), Path.Combine(Folder, SmallModels.Image)));

    [Theory]
    [MemberData(nameof(Models))]
    public void Saved_again_and_loaded_it_gives_the_same_maps_to_the_bit(string name)
    {
        string image = Path.Combine(Folder, SmallModels.Image);
        ITransformer model = _ml.Model.Load(Path.Combine(Folder, name), out DataViewSchema schema);
        using var disposable = (IDisposable)model;
        _ml.Model.Save(model, schema, _folder["again.zip"]);
        MapsRow before = SmallModels.Predict(_ml, model, image), after = SmallModels.Predict(_folder["again.zip"], image);
        Assert.Equal(before.SoftMap, after.SoftMap);
        Assert.Equal(before.ConsensusMaps, after.ConsensusMaps);
        Assert.Equal(before.Uncertainty, after.Uncertainty);
    }

    [Fact]
    public void The_stored_maps_would_show_a_change()
    {
        MapsRow[] maps = [.. SmallModels.Names.Select(Expected)];
        Assert.All(maps, row => Assert.InRange(row.SoftMap.Distinct().Count(), 3, Pixels));
        Assert.All(maps, row => Assert.InRange(row.ConsensusMaps.Max() - row.ConsensusMaps.Min(), 0.2f, 1));
        Assert.All(maps, row => Assert.InRange(row.Uncertainty.Max(), 100 * Tolerance, 1));
        Assert.Equal(maps.Length, maps.Select(row => row.ConsensusMaps.Sum()).Distinct().Count());
    }

    /// <summary>
    /// The recipe of the folder. To write a folder for another version, give one in CONSENSUS_MODELS_OUT and run this test with
    /// <c>dotnet test tests/Consensus.ML.Api.Tests -c Release --filter FullyQualifiedName~They_can_be_made_again</c>.
    /// </summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void They_can_be_made_again()
    {
        string folder = Environment.GetEnvironmentVariable("CONSENSUS_MODELS_OUT") is { Length: > 0 } asked ? asked : _folder.Root;
        Directory.CreateDirectory(folder);
        SmallModels.Make(folder);
        foreach (string name in SmallModels.Names)
        {
            Assert.InRange(new FileInfo(Path.Combine(folder, name)).Length, 1, 100_000);
            Assert.Equal(Entries(Path.Combine(Folder, name)), Entries(Path.Combine(folder, name)));
        }
    }

    private static string[] Entries(string zip)
    {
        using ZipArchive archive = ZipFile.OpenRead(zip);
        return [.. archive.Entries.Select(entry => entry.Name).Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<ITransformer> Steps(ITransformer model) =>
        model is IEnumerable<ITransformer> chain ? chain.SelectMany(Steps) : [model];

    private static int[] Dimensions(DataViewSchema.Column column)
    {
        var type = Assert.IsType<VectorDataViewType>(column.Type);
        Assert.Equal(NumberDataViewType.Single, type.ItemType);
        return [.. type.Dimensions];
    }

    private static MapsRow Expected(string name)
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, SmallModels.Expected)));
        JsonElement maps = file.RootElement.GetProperty(name);
        return new() { SoftMap = Values("softMap"), ConsensusMaps = Values("consensusMaps"), Uncertainty = Values("uncertainty") };

        float[] Values(string map) => [.. maps.GetProperty(map).EnumerateArray().Select(value => value.GetSingle())];
    }

    private static void AssertSame(MapsRow expected, MapsRow found)
    {
        AssertNear(expected.ConsensusMaps, found.ConsensusMaps);
        AssertNear(expected.Uncertainty, found.Uncertainty);
        Assert.Equal(Pixels, found.SoftMap.Length);
        int compared = 0;
        for (int pixel = 0; pixel < Pixels; pixel++)
        {
            // The soft map is the mean of levels that are rounded at 0.5. A level within the tolerance of 0.5 may be rounded either way.
            IEnumerable<float> levels = Enumerable.Range(0, Levels).Select(level => expected.ConsensusMaps[(level * Pixels) + pixel]);
            if (levels.All(value => Math.Abs(value - 0.5f) > Tolerance))
            {
                Assert.Equal(expected.SoftMap[pixel], found.SoftMap[pixel], 1e-6f);
                compared++;
            }
        }

        Assert.InRange(compared, Pixels * 9 / 10, Pixels);
    }

    private static void AssertNear(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
    }
}
