using System.Text.Json;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Pictures;
using Consensus.ML.Evaluation;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Consensus.ML.Api.Tests;

/// <summary>What the estimator takes, what it refuses, and what its messages say.</summary>
[Collection(nameof(TinyModel))]
public sealed class SegmentationTrainingTests(TinyModel tiny) : IDisposable
{
    private readonly MLContext _ml = new(seed: 5);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Masks_from_files_from_memory_and_as_vectors_give_one_model()
    {
        float[] expected = Train(tiny.Data);
        Assert.Equal(expected, Train(_ml.Data.LoadFromEnumerable(tiny.Cases.Select((row, i) =>
            new MasksRow { Case = row.Case, ImagePath = row.ImagePath, AnnotationPaths = Blobs.Masks(i + 1) }).ToArray())));
        Assert.Equal(expected, Train(_ml.Data.LoadFromEnumerable(tiny.Cases.Select((row, i) => new VectorRow
        {
            Case = row.Case,
            ImagePath = row.ImagePath,
            AnnotationPaths = Array.ConvertAll(Blobs.Masks(i + 1).Pixels, value => (float)value),
        }).ToArray())));
        Assert.Equal(expected, Train(_ml.Data.LoadFromEnumerable(tiny.Cases.Select((row, i) => new BooleanRow
        {
            Case = row.Case,
            ImagePath = row.ImagePath,
            AnnotationPaths = Array.ConvertAll(Blobs.Masks(i + 1).Pixels, value => value > 0),
        }).ToArray())));

        float[] Train(IDataView data)
        {
            using var model = Pipelines.Build(_ml, TinyModel.Options()).Fit(data);
            return TinyModel.SoftMaps(model, tiny.Data)[0];
        }
    }

    [Theory]
    [InlineData(TrainingTarget.Annotator)]
    [InlineData(TrainingTarget.AnyAnnotator)]
    [InlineData(TrainingTarget.SoftLabel)]
    public void Every_target_trains_predicts_and_travels(TrainingTarget target)
    {
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.Target = target;
        using var model = Pipelines.Build(_ml, options).Fit(tiny.Data);
        using var memory = new MemoryStream();
        _ml.Model.Save(model, tiny.Data.Schema, memory);
        memory.Position = 0;
        ITransformer loaded = _ml.Model.Load(memory, out _);
        using ConsensusSegmentationTransformer segmentation = DeterminismTests.Segmentation(loaded);
        Assert.Equal(target, segmentation.Target);
        Assert.Equal(TinyModel.SoftMaps(model, tiny.Data), TinyModel.SoftMaps(loaded, tiny.Data));
    }

    [Fact]
    public void Several_channels_train_and_predict()
    {
        CaseRow[] rows = [.. Enumerable.Range(1, 3).Select(number => Blobs.WriteCase(_folder[$"case{number:00}"], number, channels: 4))];
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        using var model = Pipelines.Build(_ml, TinyModel.Options()).Fit(data);
        Assert.Equal(4, model.LastTransformer.ImageChannels);
        Assert.Equal(256, TinyModel.SoftMaps(model, data)[2].Length);
    }

    [Fact]
    public void A_model_remembers_how_its_volumes_were_cut_and_refuses_slices_along_another_axis()
    {
        // Six slices of the blobs, side by side along the first axis.
        const int size = 20, count = 6;
        string path = _folder["volume.nii"];
        byte[] bytes = new byte[352 + (4 * count * size * size)];
        BitConverter.TryWriteBytes(bytes, 348);
        short[] shape = [3, count, size, size, 1, 1, 1, 1];
        Buffer.BlockCopy(shape, 0, bytes, 40, 16);
        bytes[70] = 16;
        "n+1"u8.CopyTo(bytes.AsSpan(344));
        File.WriteAllBytes(path, bytes);
        NiftiFile.WriteVolume(
            _folder["blobs.nii"], Enumerable.Range(1, count).Select(number => Blobs.Image(number)), geometryFrom: path, axis: 0);
        path = _folder["blobs.nii"];

        ImageRow[] rows = [.. NiftiFile.ListSlices(path, 0)
            .Select((slice, index) => new ImageRow { ImagePath = slice.ToString(), AnnotationPaths = Blobs.Masks(index + 1) })];
        var options = new UNetSegmentationEstimator.Options
        {
            Network = TinyModel.Options().Network,
            Training = TinyModel.Options().Training,
        };
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        using var model = _ml.Transforms.LoadSlices("Image", "ImagePath").Append(_ml.Transforms.NormalizeSlices("Image"))
            .Append(_ml.Transforms.ResizeSlices("Features", "Image", height: 16, width: 16))
            .Append(_ml.Transforms.UNetSegment(options))
            .Fit(data);
        Assert.Equal([0], model.LastTransformer.VolumeAxes);

        // It is saved with the model.
        _ml.Model.Save(model, data.Schema, _folder["model.zip"]);
        ITransformer loaded = new MLContext().Model.Load(_folder["model.zip"], out _);
        using var disposable = (IDisposable)loaded;
        Assert.Equal(count, loaded.Transform(_ml.Data.LoadFromVolume(path, axis: 0)).GetColumn<float[]>("SoftMap").Count());
        string message = Assert.Throws<InvalidDataException>(
            () => loaded.Transform(_ml.Data.LoadFromVolume(path)).GetColumn<float[]>("SoftMap").First()).Message;
        Assert.Equal(
            $"'{path}#axis=2,slice=0' is a slice along axis 2, but the model was trained on slices along axis 0 of their volumes.",
            message);
    }

    [Fact]
    public void Photographs_through_ML_NETs_own_image_steps_train_and_predict()
    {
        ImageRow[] rows = [.. Enumerable.Range(1, 3)
            .Select(number => new ImageRow { ImagePath = _folder[$"photo{number}.png"], AnnotationPaths = Blobs.Masks(number) })];
        for (int i = 0; i < rows.Length; i++)
        {
            var picture = new RgbImage(20, 20);
            new Random(i).NextBytes(picture.Pixels);
            picture.SavePng(rows[i].ImagePath);
        }

        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        using var model = _ml.Transforms.LoadImages("Photo", imageFolder: "", inputColumnName: "ImagePath")
            .Append(_ml.Transforms.ResizeImages("Photo", imageWidth: 16, imageHeight: 16))
            .Append(_ml.Transforms.ExtractPixels("Features", "Photo", scaleImage: 1 / 255f))
            .Append(_ml.Transforms.ConsensusSegment(TinyModel.Options()))
            .Fit(data);
        Assert.Equal((3, 3), (model.LastTransformer.ImageChannels, model.LastTransformer.Levels));
        Assert.Equal(256, TinyModel.SoftMaps(model, data)[2].Length);
    }

    [Fact]
    public void A_chain_of_ML_NETs_image_steps_travels_and_gives_red_green_and_blue_planes()
    {
        (IDataView data, ImageRow[] rows) = Photographs(3);
        var chain = _ml.Transforms.LoadImages("Photo", imageFolder: "", inputColumnName: "ImagePath")
            .Append(
                _ml.Transforms.ResizeImages("Photo", imageWidth: 16, imageHeight: 16, resizing: ImageResizingEstimator.ResizingKind.Fill))
            .Append(_ml.Transforms.ExtractPixels("Features", "Photo", scaleImage: 1 / 255f))
            .Append(_ml.Transforms.ConsensusSegment(TinyModel.Options()));
        using var model = chain.Fit(data);
        _ml.Model.Save(model, data.Schema, _folder["photographs.zip"]);
        ITransformer loaded = new MLContext().Model.Load(_folder["photographs.zip"], out _);
        using var disposable = (IDisposable)loaded;
        Assert.Equal(TinyModel.SoftMaps(model, data), TinyModel.SoftMaps(loaded, data));

        // One plane after another, red first, rows as stored: the same as from the library's own steps.
        float[] features = loaded.Transform(data).GetColumn<float[]>("Features").First();
        IDataView own = _ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(_ml.Transforms.ResizeSlices("Features", "Image", height: 20, width: 20))
            .Fit(data)
            .Transform(data);
        float[] red = own.GetColumn<float[]>("Features").First()[..400];
        Assert.Equal(red.Average() / 255, features[..256].Average(), 0.02);
        Assert.Equal(SliceReader.Read(rows[0].ImagePath).Pixels[..400], red);
    }

    [Fact]
    public void Interleaved_pixels_are_refused_with_what_to_set()
    {
        (IDataView data, _) = Photographs(1);
        var chain = _ml.Transforms.LoadImages("Photo", imageFolder: "", inputColumnName: "ImagePath")
            .Append(_ml.Transforms.ResizeImages("Photo", imageWidth: 16, imageHeight: 16))
            .Append(_ml.Transforms.ExtractPixels("Features", "Photo", interleavePixelColors: true))
            .Append(_ml.Transforms.ConsensusSegment(TinyModel.Options()));
        string message = Assert.Throws<ArgumentException>(() => chain.Fit(data)).Message;
        Assert.Contains("16×16×3", message);
        Assert.Contains("interleavePixelColors: false", message);
    }

    [Theory]
    [InlineData(float.NaN, "holds the value NaN")]
    [InlineData(3, "holds the values 0, 1, 3")]
    public void Masks_in_memory_follow_the_rule_of_those_in_files(float value, string complaint)
    {
        VectorRow[] rows = [.. tiny.Cases.Select((row, i) => new VectorRow
        {
            Case = row.Case, ImagePath = row.ImagePath, AnnotationPaths = Array.ConvertAll(Blobs.Masks(i + 1).Pixels, mark => -(float)mark),
        })];

        // Any value that is not 0 marks a pixel, −1 too.
        Assert.Equal(
            _ml.Segmentation.DescribeRaters(tiny.Data).MeanPairwiseDice,
            _ml.Segmentation.DescribeRaters(_ml.Data.LoadFromEnumerable(rows)).MeanPairwiseDice);
        rows[1].AnnotationPaths = [.. Blobs.Masks(2).Pixels.Select((mark, i) => i == 405 ? value : mark)];
        string message = Assert.Throws<InvalidDataException>(
            () => _ml.Segmentation.DescribeRaters(_ml.Data.LoadFromEnumerable(rows))).Message;
        Assert.Contains(complaint, message, StringComparison.Ordinal);
        Assert.StartsWith("Case 'case02': Column 'AnnotationPaths' in row 1, mask 2, ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pixels_that_nobody_scaled_are_warned_of()
    {
        (IDataView data, _) = Photographs(3);
        var log = new List<string>();
        _ml.Log += (_, message) => log.Add($"{message.Kind}: {message.RawMessage}");
        _ml.Transforms.LoadImages("Photo", imageFolder: "", inputColumnName: "ImagePath")
            .Append(_ml.Transforms.ResizeImages("Photo", imageWidth: 16, imageHeight: 16))
            .Append(_ml.Transforms.ExtractPixels("Features", "Photo"))
            .Append(_ml.Transforms.ConsensusSegment(TinyModel.Options()))
            .Fit(data).Dispose();
        Assert.Contains(log, line => line.StartsWith("Warning: Column 'Features' has values around ", StringComparison.Ordinal)
            && line.Contains("scaleImage: 1f / 255"));
    }

    [Fact]
    public void A_mask_of_another_size_than_its_photograph_is_refused_in_a_chain_of_ML_NETs_image_steps()
    {
        (IDataView data, _) = Photographs(2, maskSize: 18);
        var chain = _ml.Transforms.LoadImages("Photo", imageFolder: "", inputColumnName: "ImagePath")
            .Append(_ml.Transforms.ResizeImages("Photo", imageWidth: 16, imageHeight: 16))
            .Append(_ml.Transforms.ExtractPixels("Features", "Photo", scaleImage: 1 / 255f))
            .Append(_ml.Transforms.ConsensusSegment(TinyModel.Options()));
        string message = Assert.Throws<InvalidDataException>(() => chain.Fit(data)).Message;
        Assert.Contains("18×18", message);
        Assert.Contains("'Photo' is 20×20", message);
    }

    [Theory]
    [InlineData(20, 40, ImageResizingEstimator.ResizingKind.IsoCrop, "cut")]
    [InlineData(40, 20, ImageResizingEstimator.ResizingKind.IsoCrop, "cut")]
    [InlineData(20, 40, ImageResizingEstimator.ResizingKind.IsoPad, "padded")]
    [InlineData(40, 20, ImageResizingEstimator.ResizingKind.IsoPad, "padded")]
    public void Photographs_that_ML_NET_cut_or_padded_are_refused_with_what_to_set(
        int height,
        int width,
        ImageResizingEstimator.ResizingKind resizing,
        string found)
    {
        string message = Assert.Throws<InvalidDataException>(() => FitPhotographs(height, width, resizing)).Message;
        Assert.Contains("Row 0 has a picture", message);
        Assert.Contains(
            $"{height}×{width} pixels (height × width), in column 'Photo', that was {found} to fit 16×16 in column 'Features'", message);
        Assert.Contains("resizing: ImageResizingEstimator.ResizingKind.Fill", message);

        // Without ML.NET's picture, the file itself says the size.
        message = Assert.Throws<InvalidDataException>(() => FitPhotographs(height, width, resizing, dropped: true)).Message;
        Assert.Contains($"photo1.png', that was {found} to fit 16×16", message);

        // Pictures in memory, which declare a size of 20×40 or the model's.
        foreach (bool sized in (bool[])[false, true])
        {
            message = Assert.Throws<InvalidDataException>(() => FitPictures(height, width, resizing, sized)).Message;
            Assert.Contains(
                $"Row 0 has a picture of {height}×{width} pixels (height × width), in column 'Photo', that was "
                + $"{found} to fit 16×16 in column 'Features'",
                message);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pictures_in_memory_are_left_to_whoever_gave_them(bool sized)
    {
        using MLImage first = FitPictures(20, 40, ImageResizingEstimator.ResizingKind.Fill, sized);
        Assert.Equal((20, 40), (first.Height, first.Width));
        Assert.Equal(4 * 20 * 40, first.Pixels.Length);
    }

    [Theory]
    [InlineData(ImageResizingEstimator.ResizingKind.Fill, false)]
    [InlineData(ImageResizingEstimator.ResizingKind.IsoCrop, true)]
    [InlineData(ImageResizingEstimator.ResizingKind.IsoPad, true)]
    public void Pictures_that_were_cut_are_not_scored_against_whole_masks(ImageResizingEstimator.ResizingKind resizing, bool refused)
    {
        // Square pictures teach the model: no way of fitting cuts them. Wider pictures are scored.
        ImageRow[] square = PatchedPhotographs(20, 20), wide = PatchedPhotographs(20, 40);
        using var model = Fitting(resizing)
            .Append(_ml.Transforms.ConsensusSegment(TinyModel.Options()))
            .Fit(_ml.Data.LoadFromEnumerable(square));
        Evaluate(model.Transform(_ml.Data.LoadFromEnumerable(square)));
        IDataView scored = model.Transform(_ml.Data.LoadFromEnumerable(wide));
        IDataView dropped = _ml.Transforms.SelectColumns("ImagePath", "AnnotationPaths", "Features", "SoftMap")
            .Fit(scored)
            .Transform(scored);
        foreach (IDataView view in (IDataView[])[scored, dropped])
        {
            if (refused)
            {
                foreach (Action evaluate in (Action[])[() => Evaluate(view), () => EvaluateStructures(view)])
                {
                    string message = Assert.Throws<InvalidDataException>(evaluate).Message;
                    Assert.Contains("Case '1' has a picture of 20×40 pixels (height × width)", message);
                    Assert.Contains("resizing: ImageResizingEstimator.ResizingKind.Fill", message);
                }
            }
            else
            {
                Assert.Equal(2, Evaluate(view).Cases.Count);
                Assert.Equal(2, EvaluateStructures(view).Cases.Count);
            }
        }

        SegmentationMetrics Evaluate(IDataView view) => _ml.Segmentation.Evaluate(view, caseColumnName: null);

        SegmentationMetrics EvaluateStructures(IDataView view) =>
            _ml.Segmentation.EvaluateStructures(view, model.LastTransformer.Structures, caseColumnName: null)[0].Metrics;
    }

    [Theory]
    [InlineData(20, 40, ImageResizingEstimator.ResizingKind.Fill)]
    [InlineData(40, 20, ImageResizingEstimator.ResizingKind.Fill)]
    [InlineData(20, 20, ImageResizingEstimator.ResizingKind.IsoCrop)]
    [InlineData(20, 20, ImageResizingEstimator.ResizingKind.IsoPad)]
    public void Photographs_that_were_fitted_whole_are_accepted(int height, int width, ImageResizingEstimator.ResizingKind resizing)
    {
        FitPhotographs(height, width, resizing);
        FitPhotographs(height, width, resizing, dropped: true);
        FitPictures(height, width, resizing, sized: false).Dispose();
        FitPictures(height, width, resizing, sized: true).Dispose();
    }

    [Fact]
    public void The_log_tells_device_augmentation_data_and_size()
    {
        Assert.Contains(tiny.Log, line => line == "Info: Device: cpu (no GPU was asked for (MLContext.GpuDeviceId is not set))");
        Assert.Contains(tiny.Log, line => line.StartsWith("Info: Augmentation: AugmentationPolicy {", StringComparison.Ordinal));
        Assert.Contains(tiny.Log, line => line == "Info: Data: 4 cases of 1×16×16 (channels × height × width), 3 raters, seed 5");
        Assert.Contains(tiny.Log, line => line.Contains(" parameters in 2 steps"));
        Assert.Contains(tiny.Log, line => line.Contains("validation soft Dice"));
    }

    [Fact]
    public void Training_without_augmentation_warns()
    {
        var log = new List<string>();
        _ml.Log += (_, message) => log.Add($"{message.Kind}: {message.RawMessage}");
        using var model = Pipelines.Build(_ml, TinyModel.Options()).Fit(tiny.Data);
        Assert.Contains(
            log, line => line.StartsWith("Warning: Augmentation: none", StringComparison.Ordinal) && line.Contains("AugmentSlices"));
    }

    [Fact]
    public void Progress_is_told_and_cancellation_returns_the_best_model_so_far()
    {
        using var source = new CancellationTokenSource();
        var progress = new Recorder(source, cancelAt: 3);
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.Training = options.Training with { Steps = 1000 };
        options.Progress = progress;
        options.Cancellation = source.Token;
        using var model = Pipelines.Build(_ml, options).Fit(tiny.Data);
        Assert.True(model.LastTransformer.Training.Cancelled);
        Assert.Equal(3, model.LastTransformer.Training.Steps);
        Assert.Equal([1, 2, 3], progress.Steps.Distinct());
        Assert.Equal(256, TinyModel.SoftMaps(model, tiny.Data)[0].Length);
    }

    [Fact]
    public void A_GPU_that_is_not_there_is_replaced_only_where_that_is_allowed()
    {
        Assert.SkipWhen(TorchSharp.torch.cuda.is_available(), "This machine has a GPU.");
        var log = new List<string>();
        var context = new MLContext(seed: 5) { GpuDeviceId = 1, FallbackToCpu = true };
        context.Log += (_, message) => log.Add(message.RawMessage);
        using (Pipelines.Build(context, TinyModel.Options()).Fit(tiny.Data))
        {
            Assert.Contains(log, line => line.StartsWith("Device: cpu (GPU 1 was asked for but is not usable", StringComparison.Ordinal));
        }

        context.FallbackToCpu = false;
        Assert.Contains(
            "'cuda:1'",
            Assert.Throws<InvalidOperationException>(() => Pipelines.Build(context, TinyModel.Options()).Fit(tiny.Data)).Message);

        // The options win over the context, in both directions.
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.Device = "cpu";
        Pipelines.Build(context, options).Fit(tiny.Data).Dispose();
        options.Device = "cuda:2";
        Assert.Contains("'cuda:2'", Assert.Throws<InvalidOperationException>(() => Pipelines.Build(_ml, options).Fit(tiny.Data)).Message);
    }

    [Fact]
    public void A_loaded_model_follows_the_context_that_loads_it()
    {
        Assert.SkipWhen(TorchSharp.torch.cuda.is_available(), "This machine has a GPU.");
        using var memory = new MemoryStream();
        _ml.Model.Save(tiny.Model, tiny.Data.Schema, memory);
        memory.Position = 0;
        Exception exception = Assert.ThrowsAny<Exception>(
            () => new MLContext { GpuDeviceId = 3, FallbackToCpu = false }.Model.Load(memory, out _));
        Assert.Contains("'cuda:3'", exception.GetBaseException().Message);
    }

    [Fact]
    public void A_side_that_the_levels_cannot_halve_is_refused_with_those_that_can()
    {
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.Network = options.Network with { ChannelMultipliers = [1, 1, 2, 2] };
        ArgumentException exception = Assert.Throws<ArgumentException>(() => Pipelines.Build(_ml, options, side: 63).Fit(tiny.Data));
        Assert.Contains("63×63", exception.Message);
        Assert.Contains("a multiple of 8: use 56 or 64 instead of 63", exception.Message);
        options.Network = options.Network with { PatchSize = 4 };
        Assert.Contains(
            "patches of 4×4 pixels (Network.PatchSize) and the 4 levels of Network.ChannelMultipliers together divide each side, "
            + "so it must be a multiple of 32: use 32 or 64 instead of 63",
            Assert.Throws<ArgumentException>(() => Pipelines.Build(_ml, options, side: 63).Fit(tiny.Data)).Message);
        options.Network = options.Network with { PatchSize = 1, ChannelMultipliers = [1, 1, 1, 1, 1, 1, 1, 1] };
        Assert.Contains(
            "a multiple of 128: use 128 instead of 63",
            Assert.Throws<ArgumentException>(() => Pipelines.Build(_ml, options, side: 63).Fit(tiny.Data)).Message);
    }

    [Fact]
    public void A_mask_of_another_size_than_its_image_names_both_files_and_sizes()
    {
        CaseRow[] rows = [Blobs.WriteCase(_folder["case01"], 1), Blobs.WriteCase(_folder["case02"], 2, size: 20, maskSize: 18)];
        foreach (bool cached in (bool[])[false, true])
        {
            string message = Assert.Throws<InvalidDataException>(() => Fit(rows, cached)).Message;
            Assert.Contains($"'{rows[1].AnnotationPaths[0]}' has 18×18 pixels, but '{rows[1].ImagePath}' has 20×20", message);
        }
    }

    [Fact]
    public void Cases_with_another_number_of_raters_are_left_out_by_name()
    {
        var log = new List<string>();
        _ml.Log += (_, message) => log.Add($"{message.Kind}: {message.RawMessage}");
        CaseRow[] rows =
        [
            Blobs.WriteCase(_folder["case01"], 1), Blobs.WriteCase(_folder["case02"], 2, raters: 2), Blobs.WriteCase(_folder["case03"], 3),
        ];
        using (var model = Pipelines.Build(_ml, TinyModel.Options()).Fit(_ml.Data.LoadFromEnumerable(rows)))
        {
            Assert.Equal((3, 2), (
                model.LastTransformer.Levels,
                model.LastTransformer.Training.TrainingCases + model.LastTransformer.Training.ValidationCases));
        }

        Assert.Contains(log, line =>
            line.StartsWith("Warning: Case 'case02' was left out: it has 2 annotations, where 3 are needed", StringComparison.Ordinal));
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.Levels = 5;
        string message = Assert.Throws<InvalidDataException>(
            () => Pipelines.Build(_ml, options).Fit(_ml.Data.LoadFromEnumerable(rows))).Message;
        Assert.Contains("No case has 5 annotations", message);
    }

    [Theory]
    [InlineData(TrainingTarget.Consensus, null, 32)]
    [InlineData(TrainingTarget.Consensus, 4, 4)]
    [InlineData(TrainingTarget.Annotator, null, 32)]
    [InlineData(TrainingTarget.AnyAnnotator, 2, 2)]
    [InlineData(TrainingTarget.SoftLabel, null, 32)]
    public void Cases_with_two_to_thirty_two_raters_train_and_are_scored_by_the_share_of_theirs(
        TrainingTarget target,
        int? levels,
        int expected)
    {
        var log = new List<string>();
        _ml.Log += (_, message) => log.Add(message.RawMessage);
        CaseRow[] rows = [.. new[] { 32, 2, 5, 3 }.Select((raters, i) => Blobs.WriteCase(_folder[$"case{i:00}"], i, raters: raters))];
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        (options.Target, options.MissingRaters, options.Levels) = (target, MissingRaters.Fraction, levels);

        // One step for each of the 32 levels. The maps need not be good.
        options.Sampling = new() { Generations = 1, Sampler = SamplerKind.Ddim, Steps = 1 };
        using var model = Pipelines.Build(_ml, options).Fit(data);
        Assert.Equal(expected, model.LastTransformer.Levels);
        Assert.Contains(log, line => line.Contains($"2 to 32 raters, {expected} levels, seed 5", StringComparison.Ordinal));
        IDataView predicted = model.Transform(data);
        Assert.All(predicted.GetColumn<float[]>("ConsensusMaps"), maps => Assert.Equal(expected * 256, maps.Length));
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(predicted);
        Assert.Equal([32, 2, 5, 3], metrics.Cases.Select(one => one.Raters));
        _ml.Model.Save(model, data.Schema, _folder["model.zip"]);
        using JsonDocument manifest = JsonDocument.Parse(ModelZip.Entry(_folder["model.zip"], "manifest.json"));
        Assert.Empty(JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "model-manifest.schema.json"))
            .Violations(manifest.RootElement));
        Assert.Equal("fraction", manifest.RootElement.GetProperty("training").GetProperty("missingRaters").GetString());
    }

    [Fact]
    public void Rater_names_say_whose_mask_is_which_where_that_is_learned()
    {
        CaseRow[] rows = [Blobs.WriteCase(_folder["case01"], 1), Blobs.WriteCase(_folder["case02"], 2, raters: 2)];
        IDataView data = _ml.Data.LoadFromCases(
            [
                new RaterCase("case01", [rows[0].ImagePath], rows[0].AnnotationPaths, ["Ann", "Bob", "Cem"]),
                new RaterCase("case02", [rows[1].ImagePath], rows[1].AnnotationPaths, ["Cem", "Dan"]),
            ]);
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        (options.Target, options.MissingRaters) = (TrainingTarget.Annotator, MissingRaters.Fraction);
        using var model = Pipelines.Build(_ml, options).Fit(data);
        Assert.Equal(4, model.LastTransformer.Levels);

        options.RaterNamesColumnName = "Who";
        Assert.Contains("'Who' is missing", Assert.Throws<ArgumentException>(() => Pipelines.Build(_ml, options).Fit(data)).Message);
        options.RaterNamesColumnName = "RaterNames";
        IDataView twice = _ml.Data.LoadFromCases(
            [new RaterCase("case01", [rows[0].ImagePath], rows[0].AnnotationPaths, ["Ann", "Bob", "Ann"])]);
        Assert.Equal(
            "Case 'case01' has two masks by the rater 'Ann' in column 'RaterNames'.",
            Assert.Throws<InvalidDataException>(() => Pipelines.Build(_ml, options).Fit(twice)).Message);
    }

    [Fact]
    public void A_case_without_annotations_is_refused_by_name()
    {
        CaseRow row = Blobs.WriteCase(_folder["case07"], 1);
        row.AnnotationPaths = [];
        Assert.Contains("Case 'case07' has no annotations", Assert.Throws<InvalidDataException>(() => Fit([row])).Message);
    }

    [Fact]
    public void Data_without_annotations_or_features_is_refused_before_anything_is_read()
    {
        IDataView paths = _ml.Data.LoadFromEnumerable(new[] { new FeaturesOnly { Features = new float[256] } });
        Assert.Contains(
            "'AnnotationPaths' is missing",
            Assert.Throws<ArgumentException>(() => _ml.Transforms.ConsensusSegment(TinyModel.Options()).Fit(paths)).Message);
        Assert.Contains(
            "'Features' is missing",
            Assert.Throws<ArgumentException>(() => _ml.Transforms.ConsensusSegment(TinyModel.Options()).Fit(tiny.Data)).Message);
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        options.FeaturesColumnName = "Case";
        Assert.Contains(
            "Column 'Case' is String; it must be a vector of Single",
            Assert.Throws<ArgumentException>(() => _ml.Transforms.ConsensusSegment(options).Fit(tiny.Data)).Message);
        options.FeaturesColumnName = "Features";
        options.AnnotationsColumnName = "Features";
        Assert.Contains(
            "'Features'", Assert.Throws<ArgumentException>(() => _ml.Transforms.ConsensusSegment(options).Fit(tiny.Data)).Message);
    }

    [Fact]
    public void Features_of_another_size_than_the_models_are_refused()
    {
        ConsensusSegmentationTransformer model = DeterminismTests.Segmentation(tiny.Model);
        IDataView known = _ml.Data.LoadFromEnumerable(new[] { new OtherSize { Features = new float[64] } });
        Assert.Contains(
            "Vector<Single, 1, 8, 8>; it must be a vector of Single of 1×16×16",
            Assert.Throws<ArgumentException>(() => model.Transform(known)).Message);
        IDataView unknown = _ml.Data.LoadFromEnumerable(new[] { new UnknownSize { Features = new float[64] } });
        Assert.Contains(
            "64 values in row 0; the model needs 1×16×16 = 256",
            Assert.Throws<InvalidOperationException>(() => TinyModel.SoftMaps(model, unknown)).Message);
        IDataView right = _ml.Data.LoadFromEnumerable(new[] { new UnknownSize { Features = new float[256] } });
        Assert.Equal(256, TinyModel.SoftMaps(model, right)[0].Length);
    }

    public static TheoryData<string, Action<ConsensusSegmentationEstimator.Options>> WrongOptions => new()
    {
        {
            "Network.ModelChannels is 48; it must be a multiple of 32",
            options => options.Network = options.Network with { ModelChannels = 48 }
        },
        { "Network.ChannelMultipliers is []", options => options.Network = options.Network with { ChannelMultipliers = [] } },
        { "Network.ChannelMultipliers is [1, 0]", options => options.Network = options.Network with { ChannelMultipliers = [1, 0] } },
        { "Network.PatchSize is 3; it must be 1, 2, 4 or 8, or null", options => options.Network = options.Network with { PatchSize = 3 } },
        { "Network.ResidualBlocks is 0; it must be from 1", options => options.Network = options.Network with { ResidualBlocks = 0 } },
        { "Network.AttentionResolutions is [16, 0]", options => options.Network = options.Network with { AttentionResolutions = [16, 0] } },
        {
            "Network.AttentionHeads is 5; it must be at least 1 and divide",
            options => options.Network = options.Network with { AttentionHeads = 5 }
        },
        { "Network.EncoderBlocks is 0", options => options.Network = options.Network with { EncoderBlocks = 0 } },
        { "Network.EncoderWidth is 0", options => options.Network = options.Network with { EncoderWidth = 0 } },
        { "Network.EncoderGrowth is -1", options => options.Network = options.Network with { EncoderGrowth = -1 } },
        { "Network.Dropout is 1; it must be at least 0 and below 1", options => options.Network = options.Network with { Dropout = 1 } },
        { "Network is null", options => options.Network = null! },
        { "Diffusion.Steps is 1; it must be from 2 to 4000", options => options.Diffusion = options.Diffusion with { Steps = 1 } },
        {
            "Diffusion.Schedule is 7; it must be one of Linear, Cosine",
            options => options.Diffusion = options.Diffusion with { Schedule = (NoiseScheduleKind)7 }
        },
        { "Sampling.Generations is 0; it must be from 1 to 1000", options => options.Sampling = options.Sampling with { Generations = 0 } },
        {
            "Sampling.Steps is 101; it must be from 1 to 100",
            options =>
                (options.Diffusion, options.Sampling) = (options.Diffusion with { Steps = 100 }, options.Sampling with { Steps = 101 })
        },
        { "Sampling.BatchSize is 5000", options => options.Sampling = options.Sampling with { BatchSize = 5000 } },
        { "Training.Steps and Training.TimeLimit are both null", options => options.Training = options.Training with { Steps = null } },
        { "Training.Steps is 0; it must be at least 1", options => options.Training = options.Training with { Steps = 0 } },
        {
            "Training.TimeLimit is 00:00:00; it must be above zero",
            options => options.Training = options.Training with { TimeLimit = TimeSpan.Zero }
        },
        { "Training.BatchSize is 0", options => options.Training = options.Training with { BatchSize = 0 } },
        { "Training.PairsPerImage is 0", options => options.Training = options.Training with { PairsPerImage = 0 } },
        { "Training.TimePower is -1; it must be from 0 to 100", options => options.Training = options.Training with { TimePower = -1 } },
        {
            "Training.LearningRate is NaN; it must be above 0",
            options => options.Training = options.Training with { LearningRate = double.NaN }
        },
        {
            "Training.Optimizer is 2; it must be one of AdamW, Muon",
            options => options.Training = options.Training with { Optimizer = (OptimizerKind)2 }
        },
        { "Training.WeightDecay is -0.1", options => options.Training = options.Training with { WeightDecay = -0.1 } },
        { "Training.WarmUpSteps is -1", options => options.Training = options.Training with { WarmUpSteps = -1 } },
        {
            "Training.UpdateClipping is -1; it must be above 0, or null",
            options => options.Training = options.Training with { UpdateClipping = -1 }
        },
        {
            "Training.GradientClipping is 0; it must be above 0, or null",
            options => options.Training = options.Training with { GradientClipping = 0 }
        },
        {
            "Training.EmaDecay is 1; it must be at least 0 and below 1",
            options => options.Training = options.Training with { EmaDecay = 1 }
        },
        {
            "Training.DiceLossWeight is 1; it must be 0 when the network does not predict x_0",
            options => options.Training = options.Training with { DiceLossWeight = 1 }
        },
        {
            "Training.MinSnrGamma is 0; it must be above 0, or null",
            options => options.Training = options.Training with { MinSnrGamma = 0 }
        },
        { "Sampling.Tolerance is 0; it must be above 0, or null", options => options.Sampling = options.Sampling with { Tolerance = 0 } },
        {
            "Training.ValidationFraction is 0.6; it must be from 0 to 0.5",
            options => options.Training = options.Training with { ValidationFraction = 0.6 }
        },
        {
            "Training.Patience is 0; it must be at least 1, or null for never",
            options => options.Training = options.Training with { Patience = 0 }
        },
        {
            "Training.Patience is 3; it must be null when no case is set aside",
            options => options.Training = options.Training with { Patience = 3, ValidationFraction = 0 }
        },
        { "Checkpoints.Folder is empty", options => options.Checkpoints = new() { Folder = " " } },
        {
            "Checkpoints.EverySteps is 0; it must be at least 1, or null",
            options => options.Checkpoints = new() { Folder = "run", EverySteps = 0 }
        },
        {
            "Checkpoints.Interval is 00:00:00; it must be above zero, or null",
            options => options.Checkpoints = new() { Folder = "run", Interval = TimeSpan.Zero }
        },
        {
            "Training.ValidationSampling.Generations is 0",
            options => options.Training = options.Training with { ValidationSampling = new() { Generations = 0 } }
        },
        { "Training.Threads is 0", options => options.Training = options.Training with { Threads = 0 } },
        { "Target is 9; it must be one of Consensus, Annotator", options => options.Target = (TrainingTarget)9 },
        { "Device is 'gpu'; it must be 'cpu', 'cuda' or 'cuda:N'", options => options.Device = "gpu" },
        { "Levels is 0; it must be from 1 to 255, or null", options => options.Levels = 0 },
        { "MissingRaters is 5; it must be one of Drop, Fraction", options => options.MissingRaters = (MissingRaters)5 },
        { "RaterNamesColumnName is empty", options => options.RaterNamesColumnName = "" },
        { "FeaturesColumnName is empty", options => options.FeaturesColumnName = "" },
        { "they must differ", options => options.UncertaintyColumnName = options.SoftMapColumnName },
        { "they must differ", options => options.SamplesColumnName = options.ConsensusMapsColumnName },
        { "SamplesColumnName is empty", options => options.SamplesColumnName = "" },
    };

    [Theory]
    [MemberData(nameof(WrongOptions), DisableDiscoveryEnumeration = true)]
    public void An_option_out_of_range_is_refused_with_its_name_its_value_and_what_is_allowed(
        string expected,
        Action<ConsensusSegmentationEstimator.Options> spoil)
    {
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        spoil(options);
        string message = Assert.Throws<ArgumentException>(() => _ml.Transforms.ConsensusSegment(options)).Message;
        Assert.Contains(expected, message);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Presets_are_the_ones_the_paper_and_the_documentation_name()
    {
        ConsensusSegmentationEstimator.Options paper = ConsensusSegmentationEstimator.Options.Paper();
        Assert.Equal(128, paper.Network.ModelChannels);
        Assert.Equal([1, 1, 1, 2, 2, 4, 4], paper.Network.ChannelMultipliers);
        Assert.Equal(
            (3, 8, 64, 32),
            (paper.Network.ResidualBlocks, paper.Network.EncoderBlocks, paper.Network.EncoderWidth, paper.Network.EncoderGrowth));
        Assert.False(paper.Network.EncoderCoordinates);
        Assert.Equal(
            new DiffusionOptions
            {
                Steps = 100,
                Schedule = NoiseScheduleKind.Linear,
                LearnedVariance = true,
                Prediction = PredictionType.Epsilon,
            },
            paper.Diffusion);
        Assert.Equal((Conditioning.Encoder, LevelConditioning.Embedding), (paper.Network.Conditioning, paper.Network.LevelConditioning));
        Assert.Equal((2e-5, 0.0, 4, 1, 0.9999), (
            paper.Training.LearningRate, paper.Training.WeightDecay, paper.Training.BatchSize, paper.Training.PairsPerImage,
            paper.Training.EmaDecay));
        Assert.Equal((25, SamplerKind.Ddpm, (int?)null), (paper.Sampling.Generations, paper.Sampling.Sampler, paper.Sampling.Steps));

        var fresh = new ConsensusSegmentationEstimator.Options();
        ConsensusSegmentationEstimator.Options compact = ConsensusSegmentationEstimator.Options.Compact();
        Assert.Equal(LevelConditioning.Channels, compact.Network.LevelConditioning);
        Assert.Null(compact.Network.PatchSize);
        Assert.Equal(1, paper.Network.PatchSize);
        Assert.Equal(
            (fresh.Network, fresh.Diffusion, fresh.Training, fresh.Sampling),
            (compact.Network, compact.Diffusion, compact.Training, compact.Sampling));
        _ml.Transforms.ConsensusSegment(paper);
        _ml.Transforms.ConsensusSegment();
    }

    [Theory]
    [InlineData(TrainingTarget.Consensus, LevelConditioning.Channels, 1e-3, OptimizerKind.Muon)]
    [InlineData(TrainingTarget.Annotator, LevelConditioning.Channels, 1e-3, OptimizerKind.Muon)]
    [InlineData(TrainingTarget.Consensus, LevelConditioning.Embedding, 2e-3, OptimizerKind.AdamW)]
    [InlineData(TrainingTarget.Annotator, LevelConditioning.Embedding, 2e-3, OptimizerKind.AdamW)]
    [InlineData(TrainingTarget.AnyAnnotator, LevelConditioning.Channels, 2e-3, OptimizerKind.Muon)]
    [InlineData(TrainingTarget.SoftLabel, LevelConditioning.Channels, 2e-3, OptimizerKind.Muon)]
    public void The_compact_rate_goes_by_the_maps_that_a_step_learns_and_the_optimizer_by_the_conditioning(
        TrainingTarget target,
        LevelConditioning levelConditioning,
        double rate,
        OptimizerKind optimizer)
    {
        var plain = new ConsensusSegmentationEstimator.Options();
        ConsensusSegmentationEstimator.Options compact = ConsensusSegmentationEstimator.Options.Compact(target, levelConditioning);
        Assert.Equal((target, plain.Network with { LevelConditioning = levelConditioning }), (compact.Target, compact.Network));
        Assert.Equal(
            (plain.Diffusion, plain.Training with { LearningRate = rate, Optimizer = optimizer }, plain.Sampling),
            (compact.Diffusion, compact.Training, compact.Sampling));
    }

    [Fact]
    public void Options_changed_after_the_estimator_was_made_do_not_reach_it()
    {
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        var pipeline = Pipelines.Build(_ml, options);
        options.SoftMapColumnName = "Later";
        using var model = pipeline.Fit(tiny.Data);
        Assert.NotNull(model.Transform(tiny.Data).Schema.GetColumnOrNull("SoftMap"));
    }

    [Fact]
    public void Column_names_are_the_users_to_choose()
    {
        ConsensusSegmentationEstimator.Options options = TinyModel.Options();
        (
            options.FeaturesColumnName, options.SoftMapColumnName, options.ConsensusMapsColumnName, options.UncertaintyColumnName,
            options.SamplesColumnName) = ("Pixels", "Share", "Levels", "Doubt", "Draws");
        using var model = _ml.Transforms.LoadSlices("Scan", "ImagePath")
            .Append(_ml.Transforms.ResizeSlices("Pixels", "Scan", 16, 16))
            .Append(_ml.Transforms.ConsensusSegment(options))
            .Fit(tiny.Data);
        using var memory = new MemoryStream();
        _ml.Model.Save(model, tiny.Data.Schema, memory);
        memory.Position = 0;
        ITransformer loaded = _ml.Model.Load(memory, out _);
        using ConsensusSegmentationTransformer segmentation = DeterminismTests.Segmentation(loaded);
        IDataView view = loaded.Transform(tiny.Data);
        Assert.Equal(768, view.GetColumn<float[]>("Levels").First().Length);
        Assert.Equal(256, view.GetColumn<float[]>("Share").First().Length);
        Assert.Equal(256, view.GetColumn<float[]>("Doubt").First().Length);
        Assert.Equal(2 * 768, view.GetColumn<float[]>("Draws").First().Length);
        SegmentationMetrics metrics = _ml.Segmentation.Evaluate(
            view, softMapColumnName: "Share", samplesColumnName: "Draws", uncertaintyColumnName: "Doubt");
        Assert.All(metrics.Cases, one => Assert.Equal(6, one.Samples));
        Assert.Equal(tiny.Cases.Length, metrics.Summary(SegmentationMeasure.ByName("UncertaintyErrorCorrelation")).Cases);
    }

    /// <summary>Photographs of 20×20 pixels: a red ramp over noise, each with three masks.</summary>
    private (IDataView Data, ImageRow[] Rows) Photographs(int count, int maskSize = 20)
    {
        ImageRow[] rows = [.. Enumerable.Range(1, count)
            .Select(number => new ImageRow { ImagePath = _folder[$"photo{number}.png"], AnnotationPaths = Blobs.Masks(number, maskSize) })];
        for (int i = 0; i < rows.Length; i++)
        {
            var picture = new RgbImage(20, 20);
            new Random(i).NextBytes(picture.Pixels);
            for (int pixel = 0; pixel < 400; pixel++)
            {
                picture.Pixels[3 * pixel] = (byte)(12 * (pixel % 20));
            }

            picture.SavePng(rows[i].ImagePath);
        }

        return (_ml.Data.LoadFromEnumerable(rows), rows);
    }

    private void FitPhotographs(int height, int width, ImageResizingEstimator.ResizingKind resizing, bool dropped = false)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(PatchedPhotographs(height, width)),
            features = Fitting(resizing).Fit(data).Transform(data);
        if (dropped)
        {
            features = _ml.Transforms.SelectColumns("ImagePath", "AnnotationPaths", "Features").Fit(features).Transform(features);
        }

        _ml.Transforms.ConsensusSegment(TinyModel.Options()).Fit(features).Dispose();
    }

    /// <summary>Trains on pictures in memory, which declare a size of 20×40 or the model's. Returns the first of them.</summary>
    private MLImage FitPictures(int height, int width, ImageResizingEstimator.ResizingKind resizing, bool sized)
    {
        ImageRow[] files = PatchedPhotographs(height, width);
        MLImage[] pictures = [.. files.Select(file => MLImage.CreateFromFile(file.ImagePath))];
        IDataView data = sized
            ? _ml.Data.LoadFromEnumerable(
                files.Select((file, i) => new WidePictureRow { Photo = pictures[i], AnnotationPaths = file.AnnotationPaths }).ToArray())
            : _ml.Data.LoadFromEnumerable(
                files.Select((file, i) => new PictureRow { Photo = pictures[i], AnnotationPaths = file.AnnotationPaths }).ToArray());
        _ml.Transforms.ResizeImages("Photo", imageWidth: 16, imageHeight: 16, resizing: resizing)
            .Append(_ml.Transforms.ExtractPixels("Features", "Photo", offsetImage: 127.5f, scaleImage: 1 / 127.5f))
            .Append(_ml.Transforms.ConsensusSegment(TinyModel.Options())).Fit(data).Dispose();
        return pictures[0];
    }

    private EstimatorChain<ImagePixelExtractingTransformer> Fitting(ImageResizingEstimator.ResizingKind resizing) =>
        _ml.Transforms.LoadImages("Photo", imageFolder: "", inputColumnName: "ImagePath")
            .Append(_ml.Transforms.ResizeImages("Photo", imageWidth: 16, imageHeight: 16, resizing: resizing))
            .Append(_ml.Transforms.ExtractPixels("Features", "Photo", offsetImage: 127.5f, scaleImage: 1 / 127.5f));

    private ImageRow[] PatchedPhotographs(int height, int width)
    {
        ImageRow[] rows = [.. Enumerable.Range(1, 2).Select(number => new ImageRow
        {
            ImagePath = _folder[$"{height}×{width} photo{number}.png"],
            AnnotationPaths = new RaterMasks(1, height, width, HalfOf(height * width)),
        })];
        for (int i = 0; i < rows.Length; i++)
        {
            // Patches of noise: no other part of a picture is the same.
            var picture = new RgbImage(height, width);
            byte[] noise = new byte[picture.Pixels.Length];
            new Random(i).NextBytes(noise);
            for (int at = 0; at < noise.Length; at++)
            {
                int row = at / 3 / width, column = at / 3 % width;
                picture.Pixels[at] = noise[(3 * ((row / 4 * width) + (column / 4))) + (at % 3)];
            }

            picture.SavePng(rows[i].ImagePath);
        }

        return rows;
    }

    private static byte[] HalfOf(int pixels) => [.. Enumerable.Range(0, pixels).Select(i => (byte)(i % 2))];

    private void Fit(CaseRow[] rows, bool cached = false)
    {
        var head = _ml.Transforms.LoadSlices("Image", "ImagePath").Append(_ml.Transforms.ResizeSlices("Features", "Image", 16, 16));
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        if (cached)
        {
            head.AppendCacheCheckpoint(_ml).Append(_ml.Transforms.ConsensusSegment(TinyModel.Options())).Fit(data);
        }
        else
        {
            head.Append(_ml.Transforms.ConsensusSegment(TinyModel.Options())).Fit(data);
        }
    }

    private sealed class Recorder(CancellationTokenSource source, int cancelAt) : IProgress<TrainingProgress>
    {
        public List<int> Steps { get; } = [];

        public void Report(TrainingProgress value)
        {
            Steps.Add(value.Step);
            if (value.Step == cancelAt)
            {
                source.Cancel();
            }
        }
    }

    private class Row
    {
        public string Case { get; set; } = "";

        public string ImagePath { get; set; } = "";
    }

    private sealed class MasksRow : Row
    {
        [RaterMasksType]
        public RaterMasks? AnnotationPaths { get; set; }
    }

    private sealed class ImageRow
    {
        public string ImagePath { get; set; } = "";

        [RaterMasksType]
        public RaterMasks? AnnotationPaths { get; set; }
    }

    private sealed class PictureRow
    {
        [ImageType(16, 16)]
        public MLImage? Photo { get; set; }

        [RaterMasksType]
        public RaterMasks? AnnotationPaths { get; set; }
    }

    private sealed class WidePictureRow
    {
        [ImageType(20, 40)]
        public MLImage? Photo { get; set; }

        [RaterMasksType]
        public RaterMasks? AnnotationPaths { get; set; }
    }

    private sealed class VectorRow : Row
    {
        [VectorType(3, 20, 20)]
        public float[] AnnotationPaths { get; set; } = [];
    }

    private sealed class BooleanRow : Row
    {
        [VectorType(3, 20, 20)]
        public bool[] AnnotationPaths { get; set; } = [];
    }

    private sealed class FeaturesOnly
    {
        [VectorType(1, 16, 16)]
        public float[] Features { get; set; } = [];
    }

    private sealed class OtherSize
    {
        [VectorType(1, 8, 8)]
        public float[] Features { get; set; } = [];
    }

    private sealed class UnknownSize
    {
        public float[] Features { get; set; } = [];
    }
}
