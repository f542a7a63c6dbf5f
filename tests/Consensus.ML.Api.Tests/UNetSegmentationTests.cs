using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Consensus.Imaging.Labels;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Runtime;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>One-pass U-Nets as a program trains, saves, loads and serves them.</summary>
[Collection(nameof(TinyModel))]
public sealed class UNetSegmentationTests(TinyModel tiny) : IDisposable
{
    private readonly MLContext _ml = new(seed: 5);
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<UNetKind> Kinds => [.. Enum.GetValues<UNetKind>()];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_trains_in_a_chain_travels_and_is_scored(UNetKind kind)
    {
        UNetSegmentationEstimator.Options options = Options(kind);
        using TransformerChain<UNetSegmentationTransformer> model = Fit(options);
        _ml.Model.Save(model, tiny.Data.Schema, _folder["model.zip"]);
        var fresh = new MLContext(seed: 99);
        ITransformer loaded = fresh.Model.Load(_folder["model.zip"], out _);
        using var disposable = (IDisposable)loaded;

        int maps = kind.DrawsAtRandom() ? 4
            : kind is UNetKind.Levels or UNetKind.MultiHead or UNetKind.MultiRaterAgreement ? 3
            : 1;
        Maps[] before = Read(model), after = Read(loaded);
        Assert.Equal(4, before.Length);
        foreach ((Maps one, Maps same) in before.Zip(after))
        {
            Assert.Equal(
                (256, 768, 256, maps * 256), (one.SoftMap.Length, one.ConsensusMaps.Length, one.Uncertainty.Length, one.Samples.Length));
            Assert.Equal(one.SoftMap, same.SoftMap);
            Assert.Equal(one.ConsensusMaps, same.ConsensusMaps);
            Assert.Equal(one.Uncertainty, same.Uncertainty);
            Assert.Equal(one.Samples, same.Samples);

            // The soft map is the mean of the samples. For levels, the samples are rounded first. MRNet has a map of its own for it.
            for (int pixel = 0; pixel < 256 && kind != UNetKind.MultiRaterAgreement; pixel++)
            {
                float[] samples = [.. Enumerable.Range(0, maps).Select(map => one.Samples[(map * 256) + pixel])];
                Assert.Equal(samples.Average(value => kind == UNetKind.Levels ? (value > 0.5f ? 1 : 0) : value), one.SoftMap[pixel], 1e-5f);
            }
        }

        UNetSegmentationTransformer facts = Find(loaded);
        Assert.Equal(
            (kind, kind == UNetKind.Levels, 16, 16, 1, 3),
            (facts.Kind, facts.RoundsMaps, facts.Height, facts.Width, facts.ImageChannels, facts.Levels));
        Assert.Equal(model.LastTransformer.Training, facts.Training);
        Assert.Equal((2, 3, 1), (facts.Training.Steps, facts.Training.TrainingCases, facts.Training.ValidationCases));
        Assert.Equal(4, _ml.Segmentation.Evaluate(model.Transform(tiny.Data)).Cases.Count);

        JsonSchema schema = JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "unet-manifest.schema.json"));
        string manifest = Encoding.UTF8.GetString(ModelZip.Entry(_folder["model.zip"], "manifest.json"));
        Assert.Empty(schema.Violations(JsonDocument.Parse(manifest).RootElement));
        Assert.Single(schema.Violations(
            JsonDocument.Parse(manifest.Replace("\"raters\": 3", "\"raters\": 0", StringComparison.Ordinal)).RootElement));
        Assert.DoesNotContain("case0", manifest, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_have_the_same_maps_alone_in_any_order_on_any_thread_and_one_by_one()
    {
        using TransformerChain<UNetSegmentationTransformer> model = Fit(Options(UNetKind.MonteCarloDropout));
        float[][] expected = TinyModel.SoftMaps(model, tiny.Data);
        Assert.NotEqual(expected[0], expected[1]);
        Assert.Equal(expected.Reverse(), TinyModel.SoftMaps(model, _ml.Data.LoadFromEnumerable(tiny.Cases.Reverse().ToArray())));
        Assert.Equal(expected[2], Assert.Single(TinyModel.SoftMaps(model, _ml.Data.LoadFromEnumerable(new[] { tiny.Cases[2] }))));
        var results = new float[4][][];
        Parallel.For(
            0, results.Length, new ParallelOptions { MaxDegreeOfParallelism = 3 }, i => results[i] = TinyModel.SoftMaps(model, tiny.Data));
        Assert.All(results, result => Assert.Equal(expected, result));

        using PredictionEngine<CaseRow, MapsRow> engine = _ml.Model.CreatePredictionEngine<CaseRow, MapsRow>(
            model, new PredictionEngineOptions { OwnsTransformer = false });
        using (TorchRuntime.UseThreads(1))
        {
            // One thread, as for each of the rows above: the number of threads changes rounding on some processors.
            Assert.All(tiny.Cases.Zip(expected), pair => Assert.Equal(pair.Second, engine.Predict(pair.First).SoftMap));
        }

        // Another seed drops other values, more passes give another mean, and the first model does not change.
        using UNetSegmentationTransformer reseeded = Find(model.WithSampling(new SamplingOptions { Generations = 4, Seed = 1 })),
            longer = Find(model).WithSampling(new SamplingOptions { Generations = 7 });
        IDataView features = model.Transform(tiny.Data);
        Assert.NotEqual(expected[0], TinyModel.SoftMaps(reseeded, features)[0]);
        Assert.Equal(7 * 256, longer.Transform(features).GetColumn<float[]>("Samples").First().Length);
        Assert.Equal(expected, TinyModel.SoftMaps(model, tiny.Data));
    }

    [Fact]
    public void Predictions_can_be_cancelled_and_limited_and_weights_stay_as_long_as_one_model_uses_them()
    {
        TransformerChain<UNetSegmentationTransformer> model = Fit(Options(UNetKind.MonteCarloDropout));
        IDataView features = tiny.Model.Transform(tiny.Data);
        using UNetSegmentationTransformer endless = model.LastTransformer.WithSampling(new SamplingOptions { Generations = 1000 });
        using UNetSegmentationTransformer cancelled = Find(((ITransformer)endless).WithCancellation(new(canceled: true))),
            limited = endless.WithTimeLimit(TimeSpan.FromMilliseconds(20));
        float[] expected = TinyModel.SoftMaps(model, tiny.Data)[0];
        Assert.ThrowsAny<OperationCanceledException>(() => TinyModel.SoftMaps(cancelled, features));
        Assert.Throws<TimeoutException>(() => TinyModel.SoftMaps(limited, features));
        using UNetSegmentationTransformer kept = model.LastTransformer.WithSampling(model.LastTransformer.Sampling);
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => TinyModel.SoftMaps(model, tiny.Data));
        Assert.Equal(expected, TinyModel.SoftMaps(kept, features)[0]);
    }

    [Fact]
    public void Output_columns_are_known_before_and_after_training_and_can_be_named()
    {
        UNetSegmentationEstimator.Options options = Options(UNetKind.SoftLabel);
        (options.SoftMapColumnName, options.ConsensusMapsColumnName, options.UncertaintyColumnName, options.SamplesColumnName) = (
            "A", "B", "C", "D");
        using TransformerChain<UNetSegmentationTransformer> model = Fit(options);
        DataViewSchema schema = model.GetOutputSchema(tiny.Data.Schema);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 16, 16), schema["A"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 3, 16, 16), schema["B"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 16, 16), schema["C"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 0, 16, 16), schema["D"].Type);

        // ML.NET checks the next step of a chain against what an estimator promises.
        using var longer = (IDisposable)Pipeline(options).Append(_ml.Transforms.NormalizeMinMax("Scaled", "A")).Fit(tiny.Data);
        Assert.Equal(256, ((ITransformer)longer).Transform(tiny.Data).GetColumn<float[]>("Scaled").First().Length);
        options.SamplesColumnName = "A";
        Assert.Contains(
            "must differ", Assert.Throws<ArgumentException>(() => _ml.Transforms.UNetSegment(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_reports_is_cancelled_and_taken_up_again()
    {
        UNetSegmentationEstimator.Options options = Options(UNetKind.Levels);
        options.Training = options.Training with { Steps = 4 };
        using TransformerChain<UNetSegmentationTransformer> whole = Fit(options);
        options.Checkpoints = new() { Folder = _folder["run"], Resume = true };
        using var source = new CancellationTokenSource();
        options.Cancellation = source.Token;
        options.Progress = new ProgressCallback(report =>
        {
            if (report.Step == 2)
            {
                source.Cancel();
            }
        });
        using (TransformerChain<UNetSegmentationTransformer> early = Fit(options))
        {
            Assert.Equal((2, true), (early.LastTransformer.Training.Steps, early.LastTransformer.Training.Cancelled));
        }

        (options.Cancellation, options.Progress) = (default, null);
        using TransformerChain<UNetSegmentationTransformer> resumed = Fit(options);
        Assert.Equal((4, false), (resumed.LastTransformer.Training.Steps, resumed.LastTransformer.Training.Cancelled));
        Assert.Equal(TinyModel.SoftMaps(whole, tiny.Data), TinyModel.SoftMaps(resumed, tiny.Data));
        whole.LastTransformer.SaveCheckpoint(_folder["whole"]);
        resumed.LastTransformer.SaveCheckpoint(_folder["resumed"]);
        Assert.Equal(File.ReadAllBytes(_folder["whole"]), File.ReadAllBytes(_folder["resumed"]));
    }

    [Fact]
    public void Heads_go_by_the_raters_names_and_missing_raters_are_dropped_or_left_out_of_the_loss()
    {
        // Rater 2 comes before rater 10, and 10 has not drawn the last case.
        NamedRow[] rows = [.. tiny.Cases.Select((row, i) => new NamedRow
        {
            Case = row.Case, ImagePath = row.ImagePath,
            AnnotationPaths = i == 3 ? row.AnnotationPaths[..1] : [row.AnnotationPaths[1], row.AnnotationPaths[0]],
            RaterNames = i == 3 ? ["2"] : ["10", "2"],
        })];
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        var warnings = new List<string>();
        _ml.Log += (_, message) => warnings.Add(message.RawMessage);
        UNetSegmentationEstimator.Options options = Options(UNetKind.MultiHead);
        using (TransformerChain<UNetSegmentationTransformer> dropped = Pipeline(options).Fit(data))
        {
            Assert.Equal((2, 3), (
                dropped.LastTransformer.Levels,
                dropped.LastTransformer.Training.TrainingCases + dropped.LastTransformer.Training.ValidationCases));
            Assert.Contains(warnings, line => line.StartsWith(
                "Case 'case04' was left out: it has annotations by 2, where those by 10, 2 are needed", StringComparison.Ordinal));
        }

        options.MissingRaters = MissingRaters.Fraction;
        using (TransformerChain<UNetSegmentationTransformer> kept = Pipeline(options).Fit(data))
        {
            Assert.Equal(
                (2, 4),
                (kept.LastTransformer.Levels, kept.LastTransformer.Training.TrainingCases + kept.LastTransformer.Training.ValidationCases));
        }

        options.Levels = 5;
        Assert.Contains(
            "each of whom the kind MultiHead takes for a level",
            Assert.Throws<InvalidDataException>(() => Pipeline(options).Fit(data)).Message,
            StringComparison.Ordinal);
        options.Levels = null;
        options.RaterNamesColumnName = "Names";
        Assert.Contains(
            "'Names' is missing", Assert.Throws<ArgumentException>(() => Pipeline(options).Fit(data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_work_is_refused_with_the_option_its_value_and_what_is_allowed()
    {
        Refused(
            options => options.FullyConvolutional = new() { Convolutions = [1, 2] }, "FullyConvolutional.Convolutions is [1, 2]",
            "5 numbers from 1 to 8");
        Refused(
            options => options.FullyConvolutional = new() { ChannelMultipliers = [1, 2, 4, 8, 65] },
            "FullyConvolutional.ChannelMultipliers is [1, 2, 4, 8, 65]", "5 numbers from 1 to 64");
        Refused(options => options.FullyConvolutional = new() { HeadMultiplier = 0 }, "FullyConvolutional.HeadMultiplier is 0", "1 to 64");
        Refused(options => options.FixedPoint = new() { Margin = -0.1 }, "FixedPoint.Margin is -0.1", "0 to 1");
        Refused(options => options.FixedPoint = new() { TrainingMargin = 2 }, "FixedPoint.TrainingMargin is 2", "0 to 1");
        Refused(options => options.FixedPoint = new() { Agreement = 1 }, "FixedPoint.Agreement is 1", "below 1");
        Refused(options => options.FixedPoint = new() { Passes = 0 }, "FixedPoint.Passes is 0", "1 to 100");
        Refused(options => options.Expertise = [0, 0, 0], "Expertise is [0, 0, 0]", "not all 0");
        Refused(options => options.Kind = (UNetKind)17, "Kind is 17", "Levels, SoftLabel, MajorityVote");
        Refused(options => options.PassDropout = 0, "PassDropout is 0", "above 0 and below 1");
        Refused(options => options.PassDropout = double.NaN, "PassDropout is NaN");
        Refused(options => options.Levels = 0, "Levels is 0", "from 1 to 255");
        Refused(options => options.Sampling = new() { Generations = 0 }, "Sampling.Generations is 0");
        Refused(options => options.Training = options.Training with { LearningRate = -1 }, "Training.LearningRate is -1");
        Refused(options => options.Network = null!, "Network is null");

        // Settings that only diffusion has are not checked.
        _ = _ml.Transforms.UNetSegment(new()
        {
            Sampling = new() { Steps = 5000 },
            Training = new() { ValidationSampling = new() { Steps = 9999 }, DiceLossWeight = 1 },
        });
        UNetSegmentationEstimator.Options deep = Options(UNetKind.Levels);
        deep.Network = deep.Network with { ChannelMultipliers = [1, 1, 1, 1, 1, 1] };
        Assert.Contains("must be a multiple of 32", Assert.Throws<ArgumentException>(() => Fit(deep)).Message, StringComparison.Ordinal);

        void Refused(Action<UNetSegmentationEstimator.Options> change, params string[] said)
        {
            var options = new UNetSegmentationEstimator.Options();
            change(options);
            string message = Assert.Throws<ArgumentException>(() => _ml.Transforms.UNetSegment(options)).Message;
            Assert.All(said, part => Assert.Contains(part, message, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Only_the_levels_are_trained_with_Muon_by_default_since_the_other_kinds_were_measured_with_AdamW(UNetKind kind)
    {
        UNetSegmentationEstimator.Options compact = UNetSegmentationEstimator.Options.Compact(kind), plain = new();
        OptimizerKind optimizer = kind == UNetKind.Levels ? OptimizerKind.Muon : OptimizerKind.AdamW;
        Assert.Equal((kind, plain.Training with { Optimizer = optimizer }), (compact.Kind, compact.Training));
        Assert.Equal((plain.Network, plain.Sampling), (compact.Network, compact.Sampling));
        Assert.Equal((UNetKind.Levels, OptimizerKind.Muon), (plain.Kind, plain.Training.Optimizer));
    }

    [Theory]
    [InlineData("weights.safetensors", "weights.safetensors has the SHA-256")]
    [InlineData("manifest.json", "manifest.json does not have the SHA-256")]
    [InlineData("Model.key", "the state of UNetSegment does not have the SHA-256")]
    public void A_changed_byte_of_a_model_file_is_refused(string name, string said)
    {
        using (TransformerChain<UNetSegmentationTransformer> model = Fit(Options(UNetKind.Levels)))
        {
            _ml.Model.Save(model, tiny.Data.Schema, _folder["model.zip"]);
        }

        byte[] hash = SHA256.HashData(ModelZip.Entry(_folder["model.zip"], "manifest.json"));
        using (ZipArchive archive = ZipFile.Open(_folder["model.zip"], ZipArchiveMode.Update))
        {
            // The step is the last of the chain. Its state holds the hash of the manifest.
            ZipArchiveEntry entry = archive.Entries.Last(
                other => other.Name == name && other.FullName.Contains("Transform_003", StringComparison.Ordinal));
            using Stream stream = entry.Open();
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            int at = name == "Model.key" ? bytes.AsSpan().IndexOf(hash) : bytes.Length - 20;
            bytes[at] ^= 1;
            stream.Position = 0;
            stream.Write(bytes);
        }

        Exception exception = Assert.ThrowsAny<TargetInvocationException>(() => new MLContext().Model.Load(_folder["model.zip"], out _))
            .GetBaseException();
        Assert.Contains($"damaged: {said}", Assert.IsType<InvalidDataException>(exception).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_of_a_newer_format_is_refused_with_what_to_do()
    {
        using TransformerChain<UNetSegmentationTransformer> model = Fit(Options(UNetKind.Levels));
        _ml.Model.Save(model, tiny.Data.Schema, _folder["model.zip"]);
        byte[] before = ModelZip.Entry(_folder["model.zip"], "manifest.json");
        byte[] newer = Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(before).Replace("\"formatVersion\": 1", "\"formatVersion\": 4", StringComparison.Ordinal));
        ModelFileTests.Reseal(_folder["model.zip"], newer);
        Exception exception = Assert.ThrowsAny<TargetInvocationException>(() => new MLContext().Model.Load(_folder["model.zip"], out _))
            .GetBaseException();
        Assert.Equal(
            "The model file has format version 4; this version of Consensus.ML reads up to 3. Update the Consensus.ML package.",
            exception.Message);
    }

    [Fact]
    public void The_diffusion_model_takes_the_image_beside_the_noise_and_travels_so()
    {
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.Network = options.Network with { Conditioning = Conditioning.Concatenation };
        using TransformerChain<ConsensusSegmentationTransformer> model = Pipelines.Build(_ml, options).Fit(tiny.Data);
        _ml.Model.Save(model, tiny.Data.Schema, _folder["model.zip"]);
        ITransformer loaded = new MLContext().Model.Load(_folder["model.zip"], out _);
        using var disposable = (IDisposable)loaded;
        Assert.Equal(TinyModel.SoftMaps(model, tiny.Data), TinyModel.SoftMaps(loaded, tiny.Data));
        using JsonDocument manifest = JsonDocument.Parse(ModelZip.Entry(_folder["model.zip"], "manifest.json"));
        Assert.Equal("concatenation", manifest.RootElement.GetProperty("network").GetProperty("conditioning").GetString());
        Assert.Empty(JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "model-manifest.schema.json"))
            .Violations(manifest.RootElement));
        Assert.DoesNotContain(
            "rrdb", Encoding.UTF8.GetString(ModelZip.Entry(_folder["model.zip"], "weights.safetensors")), StringComparison.Ordinal);

        // A model with the encoder is another network.
        options.StartFrom = tiny.Model;
        Assert.Contains(
            "Network.Conditioning is \"Encoder\" there and \"Concatenation\" here",
            Assert.Throws<ArgumentException>(() => Pipelines.Build(_ml, options).Fit(tiny.Data)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_one_pass_model_is_no_diffusion_model_to_train_further()
    {
        using TransformerChain<UNetSegmentationTransformer> model = Fit(Options(UNetKind.Levels));
        Assert.Contains(
            "no consensus segmentation",
            Assert.Throws<ArgumentException>(() => ConsensusSegmentationEstimator.Options.ContinueFrom(model)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_is_trained_further_from_its_own_weights(UNetKind kind)
    {
        using TransformerChain<UNetSegmentationTransformer> model = Fit(Options(kind));
        UNetSegmentationEstimator.Options options = UNetSegmentationEstimator.Options.ContinueFrom(model);
        Assert.Equal(
            (kind, kind == UNetKind.Levels, 4, 2), (options.Kind, options.RoundMaps, options.Sampling.Generations, options.Training.Steps));

        // The steps are far too small to be seen: the result equals the input.
        options.Training = options.Training with { LearningRate = 1e-30 };
        using (TransformerChain<UNetSegmentationTransformer> same = Fit(options))
        {
            foreach ((Maps before, Maps after) in Read(model).Zip(Read(same)))
            {
                Assert.All(before.Samples.Zip(after.Samples), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            }
        }

        options.Training = options.Training with { LearningRate = 1e-2 };
        using TransformerChain<UNetSegmentationTransformer> further = Fit(options);
        Assert.NotEqual(Read(model)[0].Samples, Read(further)[0].Samples);
    }

    [Fact]
    public void A_model_of_another_kind_or_network_is_refused_with_what_differs()
    {
        using TransformerChain<UNetSegmentationTransformer> model = Fit(Options(UNetKind.Levels));
        UNetSegmentationEstimator.Options options = UNetSegmentationEstimator.Options.ContinueFrom(model);
        options.Kind = UNetKind.MultiHead;
        options.Network = options.Network with
        {
            ResidualBlocks = 2,
            Dropout = 0.1,
            EncoderWidth = 7,
            Conditioning = Conditioning.Concatenation,
            ScaleShiftNorm = true,
        };
        Assert.Equal(
            "The model to start from cannot be trained further with these options and data: Kind is \"Levels\" there and \"MultiHead\" "
            + "here; Network.ResidualBlocks is 1 there and 2 here. Options.ContinueFrom takes over the model's.",
            Assert.Throws<ArgumentException>(() => Fit(options)).Message);

        options = UNetSegmentationEstimator.Options.ContinueFrom(model);
        (options.MissingRaters, options.Levels) = (MissingRaters.Fraction, 5);
        Assert.Contains(
            "Levels is 3 there and 5 here", Assert.Throws<ArgumentException>(() => Fit(options)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "no one-pass U-Net in it",
            Assert.Throws<ArgumentException>(() => UNetSegmentationEstimator.Options.ContinueFrom(tiny.Model)).Message,
            StringComparison.Ordinal);
        options.StartFrom = tiny.Model;
        Assert.Contains(
            "no one-pass U-Net in it",
            Assert.Throws<ArgumentException>(() => _ml.Transforms.UNetSegment(options)).Message,
            StringComparison.Ordinal);
    }

    private static UNetSegmentationEstimator.Options Options(UNetKind kind) => new()
    {
        Kind = kind,
        Network = TinyModel.Options().Network,
        Training = TinyModel.Options().Training,
        Sampling = new() { Generations = 4 },
        FullyConvolutional = new() { Convolutions = [1, 1, 1, 1, 1], ChannelMultipliers = [1, 1, 1, 1, 1], HeadMultiplier = 1 },
    };

    private static UNetSegmentationTransformer Find(ITransformer model) =>
        model as UNetSegmentationTransformer
            ?? ((IEnumerable<ITransformer>)model)
                .Select(step => step is UNetSegmentationTransformer or IEnumerable<ITransformer> ? Find(step) : null)
                .First(step => step is not null)!;

    private EstimatorChain<UNetSegmentationTransformer> Pipeline(UNetSegmentationEstimator.Options options) =>
        _ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(_ml.Transforms.NormalizeSlices("Image"))
            .Append(_ml.Transforms.ResizeSlices("Features", "Image", height: 16, width: 16))
            .Append(_ml.Transforms.UNetSegment(options));

    private TransformerChain<UNetSegmentationTransformer> Fit(UNetSegmentationEstimator.Options options) =>
        Pipeline(options).Fit(tiny.Data);

    private Maps[] Read(ITransformer model) => [.. _ml.Data.CreateEnumerable<Maps>(model.Transform(tiny.Data), reuseRowObject: false)];

    private sealed class NamedRow
    {
        public string Case { get; set; } = "";

        public string ImagePath { get; set; } = "";

        public string[] AnnotationPaths { get; set; } = [];

        public string[] RaterNames { get; set; } = [];
    }

    private sealed class Maps
    {
        public float[] SoftMap { get; set; } = [];

        public float[] ConsensusMaps { get; set; } = [];

        public float[] Uncertainty { get; set; } = [];

        public float[] Samples { get; set; } = [];
    }
}
