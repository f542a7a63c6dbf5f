using System.Text.Json;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Labels;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Evaluation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>One model of two structures and seven raters: trained, saved, loaded, and scored by structure and by rater.</summary>
[Collection(nameof(TinyModel))]
public sealed class StructuresTests : IDisposable
{
    private const int Side = 32;
    private static readonly string[] Raters = ["Ann", "Ben", "Cem", "Dan", "Eve", "Fay", "Gus"];
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 3);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_model_of_two_structures_and_seven_raters_is_trained_saved_loaded_and_scored()
    {
        IDataView cases = _ml.Data.LoadFromManifest(WriteManifest());
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        (options.Structures, options.NamedRaters, options.MissingRaters) = (["loose", "strict"], true, MissingRaters.Fraction);

        // One pass draws all twenty maps, and each of the eighteen columns is read twice below.
        options.Network = options.Network with { LevelConditioning = LevelConditioning.Channels };
        options.Sampling = new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 1 };
        EstimatorChain<ConsensusSegmentationTransformer> pipeline = Pipelines.Build(_ml, options, Side);
        using TransformerChain<ConsensusSegmentationTransformer> trained = pipeline.Fit(cases);
        IReadOnlyList<SegmentedStructure> structures = trained.LastTransformer.Structures;
        Assert.Equal(["loose", "strict"], structures.Select(structure => structure.Name));
        Assert.Equal([7, 3], structures.Select(structure => structure.Levels));
        Assert.Equal(Raters, structures[0].Raters);
        Assert.Equal(["Ann", "Ben", "Cem"], structures[1].Raters);

        IDataView predicted = trained.Transform(cases);
        string[] outputs =
        [
            .. new[] { "loose", "strict" }.SelectMany(name => new[] { "SoftMap", "ConsensusMaps", "Uncertainty", "Samples" }
                .Select(column => $"{column}.{name}")),
            .. Raters.Select(rater => $"RaterMap.loose.{rater}"), .. Raters.Take(3).Select(rater => $"RaterMap.strict.{rater}"),
        ];
        Assert.All(outputs, name => Assert.NotNull(predicted.Schema.GetColumnOrNull(name)));
        Assert.Null(predicted.Schema.GetColumnOrNull("SoftMap"));
        Assert.Equal([3, Side, Side], ((VectorDataViewType)predicted.Schema["ConsensusMaps.strict"].Type).Dimensions);

        string zip = _folder["model.zip"];
        _ml.Model.Save(trained, cases.Schema, zip);
        using JsonDocument manifest = JsonDocument.Parse(ModelZip.Entry(zip, "manifest.json"));
        Assert.Equal(3, manifest.RootElement.GetProperty("formatVersion").GetInt32());
        ITransformer loaded = _ml.Model.Load(zip, out _);
        using var owned = (IDisposable)loaded;
        IDataView again = loaded.Transform(cases);
        foreach (string column in outputs)
        {
            Assert.Equal(predicted.GetColumn<float[]>(column), again.GetColumn<float[]>(column));
        }

        IReadOnlyList<StructureMetrics> scores = _ml.Segmentation.EvaluateStructures(again, structures);
        Assert.Equal([4, 3], scores.Select(one => one.Metrics.Cases.Count));

        // The scores of a structure are those that Evaluate gives its columns, where all rows have masks.
        SegmentationMetrics alone = _ml.Segmentation.Evaluate(
            again, "SoftMap.loose", "AnnotationPaths.loose", samplesColumnName: "Samples.loose",
            uncertaintyColumnName: "Uncertainty.loose");
        Assert.Equal(alone.Summaries.Select(summary => summary.Mean), scores[0].Metrics.Summaries.Select(summary => summary.Mean));

        // Ann drew every case; Gus, the seventh, is missing from one.
        RaterMapScores raters = scores[0].Raters!;
        Assert.Equal(Raters, raters.Raters.Select(rater => rater.Rater));
        Assert.Equal([4, 4, 4, 4, 4, 4, 3], raters.Raters.Select(rater => rater.Cases));
        Assert.Equal(9, scores[1].Raters!.Cases.Count);
        SegmentationMetrics ben = _ml.Segmentation.Evaluate(Only(again, "Ben"), "RaterMap.loose.Ben", "Own");
        Assert.Equal(ben.F1, raters.Raters[1].Dice, 1e-9);

        trained.SaveOnnx(_folder["model.onnx"]);
        Assert.True(new FileInfo(_folder["model.onnx"]).Length > 0);
        Assert.Throws<NotSupportedException>(() => trained.LastTransformer.SoftMapFrom(new float[Side * Side * 7]));
        var further = ConsensusSegmentationEstimator.Options.ContinueFrom(trained);
        Assert.Equal(["loose", "strict"], further.Structures);
        Assert.True(further.NamedRaters);

        // One number of levels cannot be that of both structures.
        Assert.Null(further.Levels);
        further.Training = further.Training with { Steps = 1 };
        using TransformerChain<ConsensusSegmentationTransformer> continued = Pipelines.Build(_ml, further, Side).Fit(cases);
        Assert.Equal([7, 3], continued.LastTransformer.Structures.Select(structure => structure.Levels));
    }

    [Fact]
    public void Several_tasks_of_a_set_are_joined_by_case_and_a_case_may_lack_one()
    {
        foreach (QubiqTask task in new[] { QubiqTask.Prostate1, QubiqTask.Prostate2 })
        {
            PhantomDataset.Write(_folder.Root, task, 2, 1, seed: 1, size: 16);
        }

        File.Delete(_folder["prostate/train/case02/task02_seg06.nii.gz"]);
        IDataView cases = _ml.Data.LoadFromQubiq(_folder.Root, [QubiqTask.Prostate1, QubiqTask.Prostate2], QubiqSplit.Train);
        Assert.Equal(["case01", "case02"], cases.GetColumn<string>("Case"));
        Assert.Equal([6, 6], cases.GetColumn<string[]>("AnnotationPaths.prostate-1").Select(paths => paths.Length));
        Assert.Equal([6, 0], cases.GetColumn<string[]>("AnnotationPaths.prostate-2").Select(paths => paths.Length));
        Assert.Equal(["1", "2", "3", "4", "5", "6"], cases.GetColumn<string[]>("RaterNames.prostate-2").First());
    }

    /// <summary>A structure that nobody drew on some slices of a volume must not put other volumes between the slices.</summary>
    [Fact]
    public void The_slices_of_a_volume_stay_together_whatever_a_structure_was_drawn_on()
    {
        IDataView rows = _ml.Data.LoadFromStructures(
        [
            new("core", [Slice("v", 2), Slice("v", 3), Slice("w", 1), new("single", "s.png", ["m.png"])]),
            new("whole", [Slice("v", 1), Slice("v", 2), Slice("v", 3), Slice("v", 10), Slice("w", 0), Slice("w", 1)]),
        ]);
        Assert.Equal(["v1", "v2", "v3", "v10", "w0", "w1", "single"], rows.GetColumn<string>("Case"));
        Assert.Equal([0, 1, 1, 0, 0, 1, 1], rows.GetColumn<string[]>("AnnotationPaths.core").Select(paths => paths.Length));

        static RaterCase Slice(string volume, int index) =>
            new($"{volume}{index}", $"{volume}.nii#axis=2,slice={index}", [$"{volume}-mask.nii#axis=2,slice={index}"]);
    }

    /// <summary>Two splits may have a case of one name, as QUBIQ's have. The second structure was drawn in one of them alone.</summary>
    [Fact]
    public void Cases_of_one_name_are_told_apart_by_their_images()
    {
        IDataView rows = _ml.Data.LoadFromStructures(
            [new("core", [Of("train", "core"), Of("val", "core")]), new("whole", [Of("val", "whole")])]);
        Assert.Equal(["case01", "case01"], rows.GetColumn<string>("Case"));
        Assert.Equal(["train/image.png", "val/image.png"], rows.GetColumn<string>("ImagePath"));
        Assert.Equal(
            ["train/core.png", "val/core.png"], rows.GetColumn<string[]>("AnnotationPaths.core").Select(paths => Assert.Single(paths)));
        Assert.Equal(["", "val/whole.png"], rows.GetColumn<string[]>("AnnotationPaths.whole").Select(paths => string.Join(" ", paths)));
        Expect<InvalidDataException>(
            () => _ml.Data.LoadFromStructures([new("core", [Of("train", "core"), Of("train", "core")])]),
            "The structure 'core' has the case 'case01' twice");

        static RaterCase Of(string split, string structure) => new("case01", $"{split}/image.png", [$"{split}/{structure}.png"]);
    }

    [Fact]
    public void Structures_of_different_images_are_refused() => Expect<InvalidDataException>(
        () => _ml.Data.LoadFromStructures([new("a", [new("one", "x.png", ["m.png"])]), new("b", [new("one", "y.png", ["m.png"])])]),
        "Case 'one'", "'x.png'", "'y.png'");

    [Fact]
    public void Named_raters_need_names()
    {
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.NamedRaters = true;
        IDataView features = _ml.Data.LoadFromEnumerable(new[] { new Vector() });
        Expect<ArgumentException>(
            () => _ml.Transforms.ConsensusSegment(options).Fit(features), "Column 'RaterNames' is missing", "NamedRaters", "who drew");
    }

    [Theory]
    [InlineData(TrainingTarget.Annotator, "a", "Target is Annotator; with Structures or NamedRaters it must be Consensus")]
    [InlineData(TrainingTarget.Consensus, "a|a", "Structures has 'a' twice")]
    [InlineData(TrainingTarget.Consensus, "a/b", "Structures has the name 'a/b'")]
    [InlineData(TrainingTarget.Consensus, " ", "Structures has the name ' '")]
    public void Structures_that_cannot_be_are_refused(TrainingTarget target, string names, string said)
    {
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        (options.Target, options.Structures) = (target, names.Split('|'));
        Expect<ArgumentException>(() => _ml.Transforms.ConsensusSegment(options), said);
    }

    private static void Expect<T>(Action action, params string[] said)
        where T : Exception
    {
        string message = Assert.Throws<T>(action).Message;
        Assert.All(said, words => Assert.Contains(words, message, StringComparison.Ordinal));
    }

    /// <summary>The phantom of brain growth: all seven raters drew loose, three of them strict, on all cases but one.</summary>
    private string WriteManifest()
    {
        PhantomDataset.Write(_folder.Root, QubiqTask.BrainGrowth, 4, 0, seed: 2, size: Side);
        DatasetCase[] cases =
        [
            .. Enumerable.Range(1, 4).Select(number => new DatasetCase(
                $"case{number:00}", [$"brain-growth/train/case{number:00}/image.nii.gz"], new Dictionary<string, string>())
            {
                Structures = new[] { ("loose", number == 2 ? 6 : 7), ("strict", number == 4 ? 0 : 3) }
                    .Where(one => one.Item2 > 0)
                    .ToDictionary(one => one.Item1, one => (IReadOnlyDictionary<string, string>)Enumerable.Range(0, one.Item2)
                        .ToDictionary(rater => Raters[rater], rater =>
                            $"brain-growth/train/case{number:00}/task01_seg{rater + 1:00}.nii.gz")),
            }),
        ];
        var manifest = new DatasetManifest
        {
            Folder = _folder.Root, Name = "growth", Raters = Raters, Structures = ["loose", "strict"],
            MissingRaters = MissingRaters.Fraction, Cases = cases,
        };
        manifest.Write(_folder["dataset.json"]);
        return _folder["dataset.json"];
    }

    /// <summary>Rows with the mask of one rater alone in the column Own.</summary>
    private IDataView Only(IDataView data, string rater)
    {
        string[][] paths = [.. data.GetColumn<string[]>("AnnotationPaths.loose")];
        string[][] names = [.. data.GetColumn<string[]>("RaterNames.loose")];
        float[][] maps = [.. data.GetColumn<float[]>($"RaterMap.loose.{rater}")];
        string[] cases = [.. data.GetColumn<string>("Case")];
        var schema = SchemaDefinition.Create(typeof(OwnRow));
        SchemaDefinition.Column map = schema["Map"];
        map.ColumnName = $"RaterMap.loose.{rater}";
        map.ColumnType = new VectorDataViewType(NumberDataViewType.Single, Side, Side);
        return _ml.Data.LoadFromEnumerable(
            cases.Select((name, i) => new OwnRow { Case = name, Map = maps[i], Own = [paths[i][Array.IndexOf(names[i], rater)]] }), schema);
    }

    private sealed class OwnRow
    {
        public string Case { get; set; } = "";

        public float[] Map { get; set; } = [];

        public string[] Own { get; set; } = [];
    }

    private sealed class Vector
    {
        [VectorType(1, 16, 16)]
        public float[] Features { get; set; } = new float[256];

        public string[] AnnotationPaths { get; set; } = ["a.png"];
    }
}
