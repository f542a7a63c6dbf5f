using Consensus.Imaging;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Transforms;
using Consensus.ML.Transforms.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Api.Tests;

/// <summary>Loading, normalising, resizing, augmenting and restoring, each alone.</summary>
public sealed class TransformTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Loading_reads_the_file_with_its_geometry()
    {
        CaseRow row = Blobs.WriteCase(_folder["case01"], 1, size: 12);
        Slice slice = Assert.Single(Slices(_ml.Transforms.LoadSlices("Image", "ImagePath").Fit(Rows(row)).Transform(Rows(row))));
        Assert.Equal((1, 12, 12), (slice.Channels, slice.Height, slice.Width));
        Assert.Equal(Blobs.Image(1, 12).Pixels, slice.Pixels);
        Assert.Equal((0.5, 0.75), (slice.Geometry.SpacingRows, slice.Geometry.SpacingColumns));
        Assert.Equal(row.ImagePath, slice.Source);
    }

    [Fact]
    public void Loading_a_file_that_is_not_there_names_it()
    {
        var row = new CaseRow { ImagePath = _folder["absent.nii.gz"] };
        IDataView view = _ml.Transforms.LoadSlices("Image", "ImagePath").Fit(Rows(row)).Transform(Rows(row));
        Assert.Contains("absent.nii.gz", Assert.Throws<FileNotFoundException>(() => Slices(view)).Message);
    }

    [Fact]
    public void Loading_a_text_file_names_it()
    {
        File.WriteAllText(_folder["note.nii"], "This is not an image.");
        var row = new CaseRow { ImagePath = _folder["note.nii"] };
        IDataView view = _ml.Transforms.LoadSlices("Image", "ImagePath").Fit(Rows(row)).Transform(Rows(row));
        Assert.Contains("note.nii", Assert.Throws<InvalidDataException>(() => Slices(view)).Message);
    }

    [Fact]
    public void A_row_that_names_no_file_says_which_column()
    {
        IDataView view = _ml.Transforms.LoadSlices("Image", "ImagePath").Fit(Rows(new CaseRow())).Transform(Rows(new CaseRow()));
        Assert.Contains("'ImagePath'", Assert.Throws<InvalidOperationException>(() => Slices(view)).Message);
    }

    [Fact]
    public void Normalising_takes_the_mean_of_means_and_of_population_deviations()
    {
        // Means 2 and 10, deviations 1 and 4: a large image counts as much as a small one.
        Slice small = new(1, 1, 2, [1, 3]), large = new(1, 2, 2, [6, 14, 6, 14]);
        IDataView data = Memory(small, large);
        SliceNormalizingTransformer model = _ml.Transforms.NormalizeSlices("Image").Fit(data);
        Assert.Equal([6.0], model.Means);
        Assert.Equal([2.5], model.StandardDeviations);
        Assert.Equal([-2f, -1.2f], Slices(model.Transform(data))[0].Pixels);
        Assert.Equal([0f, 3.2f, 0f, 3.2f], Slices(model.Transform(data))[1].Pixels);
        Assert.Equal([1f, 3f], small.Pixels);
    }

    [Fact]
    public void Normalising_works_on_each_channel_and_survives_a_constant_one()
    {
        IDataView data = Memory(new Slice(2, 1, 2, [1, 3, 7, 7]));
        Assert.Equal([-1f, 1f, 0f, 0f], Slices(_ml.Transforms.NormalizeSlices("Image").Fit(data).Transform(data))[0].Pixels);
    }

    [Fact]
    public void Normalising_is_exact_for_values_far_from_zero()
    {
        IDataView data = Memory(new Slice(1, 1, 4, [1e6f, 1e6f + 1, 1e6f, 1e6f + 1]));
        Assert.Equal([0.5], _ml.Transforms.NormalizeSlices("Image").Fit(data).StandardDeviations);
    }

    [Fact]
    public void A_slice_with_other_channels_is_refused_by_name()
    {
        IDataView one = Memory(new Slice(1, 1, 2, [1, 3])), two = Memory(new Slice(2, 1, 2, [1, 2, 3, 4], source: "two-channels.nii"));
        IDataView normalized = _ml.Transforms.NormalizeSlices("Image").Fit(one).Transform(two);
        Assert.Equal(
            "'two-channels.nii' has 2 channel(s); the training images have 1.",
            Assert.Throws<InvalidDataException>(() => Slices(normalized)).Message);
        IDataView resized = _ml.Transforms.ResizeSlices("Features", "Image", 4, 4).Fit(one).Transform(two);
        Assert.Equal(
            "'two-channels.nii' has 2 channel(s); the training images have 1.",
            Assert.Throws<InvalidDataException>(() => resized.GetColumn<float[]>("Features").ToArray()).Message);
        Assert.Throws<InvalidDataException>(
            () => _ml.Transforms.NormalizeSlices("Image").Fit(Memory(new Slice(1, 1, 1, [1]), new Slice(2, 1, 1, [1, 2]))));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_pixel_that_is_not_finite_is_refused_by_name(float value)
    {
        IDataView data = Memory(new Slice(1, 1, 2, [1, value], source: "holes.nii"));
        string message = Assert.Throws<InvalidDataException>(() => _ml.Transforms.NormalizeSlices("Image").Fit(data)).Message;
        Assert.Contains("'holes.nii'", message);
        Assert.Contains(value.ToString(), message);
    }

    [Fact]
    public void Resizing_is_bilinear_into_channels_rows_and_columns()
    {
        IDataView data = Memory(new Slice(2, 1, 2, [0, 4, 10, 30]));
        IDataView resized = _ml.Transforms.ResizeSlices("Features", "Image", height: 1, width: 4).Fit(data).Transform(data);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 2, 1, 4), resized.Schema["Features"].Type);
        Assert.Equal([0f, 1f, 3f, 4f, 10f, 15f, 25f, 30f], Assert.Single(resized.GetColumn<float[]>("Features")));
    }

    [Fact]
    public void A_reduced_slice_has_means_of_pixels_unless_antialiasing_is_off()
    {
        // Bilinear, as published, takes the second and third of four pixels alone.
        IDataView data = Memory(new Slice(1, 1, 4, [0, 2, 10, 20]));
        foreach ((bool antialias, float expected) in ((bool, float)[])[(true, 8), (false, 6)])
        {
            SliceResizingTransformer resizing = _ml.Transforms.ResizeSlices("Features", "Image", 1, 1, antialias).Fit(data);
            using var memory = new MemoryStream();
            _ml.Model.Save(resizing, inputSchema: null, memory);
            memory.Position = 0;
            ITransformer loaded = new MLContext().Model.Load(memory, out _);
            Assert.Equal([expected], Assert.Single(resizing.Transform(data).GetColumn<float[]>("Features")));
            Assert.Equal([expected], Assert.Single(loaded.Transform(data).GetColumn<float[]>("Features")));
        }

        Assert.True(_ml.Transforms.ResizeSlices("Features", "Image", 1, 1).Fit(data).Antialias);
    }

    [Fact]
    public void Augmenting_changes_no_value_and_leaves_its_policy_behind()
    {
        IDataView data = Memory(new Slice(1, 1, 2, [1, 3]));
        IDataView resized = _ml.Transforms.NormalizeSlices("Image")
            .Append(_ml.Transforms.ResizeSlices("Features", "Image", 2, 2))
            .Fit(data)
            .Transform(data);
        IDataView augmented = _ml.Transforms.AugmentSlices("Features").Fit(resized).Transform(resized);
        Assert.Equal(resized.GetColumn<float[]>("Features").ToArray(), augmented.GetColumn<float[]>("Features").ToArray());
        Assert.Equal(resized.Schema["Features"].Type, augmented.Schema["Features"].Type);
        DataViewSchema.Annotations annotations = augmented.Schema["Features"].Annotations;
        VBuffer<float> zero = default;
        annotations.GetValue("Consensus.RawZero", ref zero);
        Assert.Equal([-2f], zero.DenseValues());
        Assert.Contains(annotations.Schema, column => column.Name == "Consensus.AugmentationPolicy");
        Assert.DoesNotContain(resized.Schema["Features"].Annotations.Schema, column => column.Name == "Consensus.AugmentationPolicy");
    }

    [Fact]
    public void Augmenting_is_strong_unless_a_policy_says_otherwise_and_a_new_policy_is_the_papers()
    {
        IDataView data = Memory(new Slice(1, 1, 2, [1, 3]));
        IDataView resized = _ml.Transforms.ResizeSlices("Features", "Image", 2, 2).Fit(data).Transform(data);
        Assert.Same(AugmentationPolicy.Strong, _ml.Transforms.AugmentSlices("Features").Fit(resized).Policy);
        Assert.Equal(
            new AugmentationPolicy
            {
                HorizontalFlip = 0.5,
                VerticalFlip = 0.5,
                RotationDegrees = 15,
                Translation = 0.1,
                MinimumScale = 0.9,
                MaximumScale = 1.1,
                Deformation = 0,
                Contrast = 0,
                Brightness = 0,
                Padding = PaddingMode.Constant,
                Interpolation = InterpolationMode.Linear,
                AnyRotationIfUnoriented = false,
            },
            new AugmentationPolicy());
        Assert.Equal(
            new AugmentationPolicy
            {
                Deformation = 0.015,
                Contrast = 0.2,
                Brightness = 0.2,
                Padding = PaddingMode.Reflection,
                Interpolation = InterpolationMode.Cubic,
                AnyRotationIfUnoriented = true,
            },
            AugmentationPolicy.Strong);
    }

    [Theory]
    [InlineData("HorizontalFlip")]
    [InlineData("VerticalFlip")]
    [InlineData("RotationDegrees")]
    [InlineData("Translation")]
    [InlineData("MinimumScale")]
    [InlineData("MaximumScale")]
    [InlineData("Padding")]
    [InlineData("Interpolation")]
    public void An_augmentation_out_of_range_is_refused_by_name(string option)
    {
        AugmentationPolicy policy = option switch
        {
            "HorizontalFlip" => new() { HorizontalFlip = 1.5 },
            "VerticalFlip" => new() { VerticalFlip = double.NaN },
            "RotationDegrees" => new() { RotationDegrees = -1 },
            "Translation" => new() { Translation = 2 },
            "MinimumScale" => new() { MinimumScale = 0 },
            "Padding" => new() { Padding = (PaddingMode)2 },
            "Interpolation" => new() { Interpolation = (InterpolationMode)(-1) },
            _ => new() { MaximumScale = 0.5 },
        };
        Assert.Contains(option, Assert.Throws<ArgumentException>(() => _ml.Transforms.AugmentSlices("Features", policy)).Message);
    }

    [Fact]
    public void Restoring_brings_a_map_to_the_size_and_place_of_its_image()
    {
        Slice image = Blobs.Image(1, size: 4, source: "image.nii");
        IDataView data = _ml.Data.LoadFromEnumerable(new[] { new MapRow { Image = image, Map = [0, 0, 1, 1] } });
        Slice restored = Assert.Single(
            Slices(_ml.Transforms.RestoreSlices("Restored", "Map", "Image").Fit(data).Transform(data), "Restored"));
        Assert.Equal((1, 4, 4), (restored.Channels, restored.Height, restored.Width));
        Assert.Equal(image.Geometry, restored.Geometry);
        Assert.Equal("image.nii", restored.Source);

        // Reduction by the nearest pixel took rows 0 and 2, so the map's rows go back there.
        Assert.Equal([0f, 0f, 0f, 0f, 0.5f, 0.5f, 0.5f, 0.5f, 1f, 1f, 1f, 1f, 1f, 1f, 1f, 1f], restored.Pixels);
    }

    [Fact]
    public void Restoring_a_stack_of_levels_keeps_the_levels()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(
            new[] { new LevelsRow { Image = Blobs.Image(1, size: 6), Levels = [1, 1, 1, 1, 0, 0, 0, 0] } });
        Slice restored = Assert.Single(
            Slices(_ml.Transforms.RestoreSlices("Restored", "Levels", "Image").Fit(data).Transform(data), "Restored"));
        Assert.Equal((2, 6, 6), (restored.Channels, restored.Height, restored.Width));
        Assert.Equal([.. Enumerable.Repeat(1f, 36), .. Enumerable.Repeat(0f, 36)], restored.Pixels);
    }

    [Fact]
    public void Slices_and_masks_pass_through_rows_of_a_class()
    {
        Slice image = Blobs.Image(1);
        RaterMasks masks = Blobs.Masks(1);
        IDataView data = _ml.Data.LoadFromEnumerable(new[] { new MasksRow { Image = image, Masks = masks } });
        Assert.Same(SliceDataViewType.Instance, data.Schema["Image"].Type);
        Assert.Same(RaterMasksDataViewType.Instance, data.Schema["Masks"].Type);
        MasksRow row = Assert.Single(_ml.Data.CreateEnumerable<MasksRow>(data, reuseRowObject: false));
        Assert.Same(image, row.Image);
        Assert.Same(masks, row.Masks);
    }

    [Fact]
    public void A_missing_slice_says_which_row()
    {
        IDataView data = Memory(Blobs.Image(1), null!);
        Assert.Contains(
            "'Image' has no slice in row 1",
            Assert.Throws<InvalidOperationException>(() => _ml.Transforms.NormalizeSlices("Image").Fit(data)).Message);
    }

    [Fact]
    public void A_missing_column_lists_those_there_are()
    {
        IDataView data = Rows(new CaseRow());
        string message = Assert.Throws<ArgumentException>(() => _ml.Transforms.LoadSlices("Image", "Path").Fit(data)).Message;
        Assert.Equal("Column 'Path' is missing; the data has 'Case', 'ImagePath', 'AnnotationPaths'.", message);
        Assert.Equal("Column 'Path' is missing; the data has no columns.", Assert.Throws<ArgumentException>(() =>
            _ml.Transforms.LoadSlices("Image", "Path").GetOutputSchema(new SchemaShape([]))).Message);
    }

    [Fact]
    public void A_column_of_another_type_says_what_it_must_be()
    {
        IDataView data = Rows(new CaseRow());
        Assert.Equal(
            "Column 'ImagePath' is String; it must be Slice (use LoadSlices).",
            Assert.Throws<ArgumentException>(() => _ml.Transforms.NormalizeSlices("ImagePath").Fit(data)).Message);
        IDataView numbers = _ml.Data.LoadFromEnumerable([new { ImagePath = 1f }]);
        Assert.Contains(
            "Column 'ImagePath' is Single; it must be Text",
            Assert.Throws<ArgumentException>(() => _ml.Transforms.LoadSlices("Image", "ImagePath").Fit(numbers)).Message);
        Assert.Contains("'Case'", Assert.Throws<ArgumentException>(() => _ml.Transforms.AugmentSlices("Case").Fit(data)).Message);
    }

    [Fact]
    public void Steps_that_learn_refuse_data_without_rows()
    {
        IDataView data = Memory();
        Assert.Contains("no rows", Assert.Throws<InvalidDataException>(() => _ml.Transforms.NormalizeSlices("Image").Fit(data)).Message);
        Assert.Contains(
            "no rows", Assert.Throws<InvalidDataException>(() => _ml.Transforms.ResizeSlices("Features", "Image", 4, 4).Fit(data)).Message);
    }

    [Theory]
    [InlineData(0, 4, "height is 0")]
    [InlineData(4, -1, "width is -1")]
    public void A_side_below_one_pixel_is_refused(int height, int width, string expected) =>
        Assert.Contains(
            expected, Assert.Throws<ArgumentException>(() => _ml.Transforms.ResizeSlices("Features", "Image", height, width)).Message);

    [Fact]
    public void Every_step_survives_saving_and_loading()
    {
        CaseRow[] rows = [Blobs.WriteCase(_folder["case01"], 1), Blobs.WriteCase(_folder["case02"], 2)];
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        var pipeline = _ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(_ml.Transforms.NormalizeSlices("Normal", "Image"))
            .Append(_ml.Transforms.ResizeSlices("Features", "Normal", height: 8, width: 6))
            .Append(_ml.Transforms.AugmentSlices("Features", new AugmentationPolicy { Translation = 0.25, VerticalFlip = 0 }))
            .Append(_ml.Transforms.RestoreSlices("Restored", "Features", "Image"));
        var model = pipeline.Fit(data);
        using var memory = new MemoryStream();
        _ml.Model.Save(model, data.Schema, memory);
        memory.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(memory, out _);

        IDataView before = model.Transform(data), after = loaded.Transform(data);
        Assert.Equal(before.GetColumn<float[]>("Features").ToArray(), after.GetColumn<float[]>("Features").ToArray());
        Assert.Equal(Slices(before, "Restored").Select(slice => slice.Pixels), Slices(after, "Restored").Select(slice => slice.Pixels));
        Assert.Equal(before.Schema.Select(column => column.Name), after.Schema.Select(column => column.Name));
        SliceAugmentingTransformer augmenting = ((IEnumerable<ITransformer>)loaded).OfType<SliceAugmentingTransformer>().Single();
        Assert.Equal(new AugmentationPolicy { Translation = 0.25, VerticalFlip = 0 }, augmenting.Policy);
    }

    [Fact]
    public void A_phantom_folder_loads_with_the_columns_of_the_contract()
    {
        PhantomDataset.Write(_folder.Root, QubiqTask.Kidney, trainCases: 11, validationCases: 1, seed: 1, size: 32);
        IDataView data = _ml.Data.LoadFromQubiq(_folder.Root, QubiqTask.Kidney, QubiqSplit.Train);
        Assert.Equal(["Case", "Group", "ImagePath", "AnnotationPaths", "RaterNames"], data.Schema.Select(column => column.Name));
        Assert.Equal(TextDataViewType.Instance, data.Schema["ImagePath"].Type);
        Assert.Equal(new VectorDataViewType(TextDataViewType.Instance), data.Schema["AnnotationPaths"].Type);
        CaseRow[] rows = [.. _ml.Data.CreateEnumerable<CaseRow>(data, reuseRowObject: false)];
        Assert.Equal(11, rows.Length);
        Assert.EndsWith("2", rows[1].Case, StringComparison.Ordinal);
        Assert.All(rows, row => Assert.Equal(3, row.AnnotationPaths.Length));
    }

    [Fact]
    public void Channels_in_files_of_their_own_are_one_image()
    {
        string[] files = [_folder["t1.nii"], _folder["t2.nii"]];
        NiftiFile.WriteSlice(files[0], new Slice(1, 2, 3, [1, 2, 3, 4, 5, 6]));
        NiftiFile.WriteSlice(files[1], new Slice(1, 2, 3, [7, 8, 9, 10, 11, 12]));
        IDataView data = _ml.Data.LoadFromCases([new RaterCase("first", files, [_folder["mask.nii"]], ["Ann"])]);
        Assert.Equal(new VectorDataViewType(TextDataViewType.Instance), data.Schema["ImagePath"].Type);
        IDataView loaded = _ml.Transforms.LoadSlices("Image", "ImagePath").Fit(data).Transform(data);
        Slice image = Assert.Single(loaded.GetColumn<Slice>("Image"));
        Assert.Equal((2, 2, 3), (image.Channels, image.Height, image.Width));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], image.Pixels);

        NiftiFile.WriteSlice(files[1], new Slice(1, 3, 2, [7, 8, 9, 10, 11, 12]));
        string complaint = Assert.Throws<InvalidDataException>(() => loaded.GetColumn<Slice>("Image").ToArray()).Message;
        Assert.Contains("t2.nii' has 3×2", complaint);
        Assert.Contains("t1.nii' has 2×3", complaint);
    }

    [Fact]
    public void A_volume_is_a_row_for_each_slice()
    {
        // Two rows, two columns, three slices: 352 bytes of header, then single-precision values, rows fastest.
        byte[] bytes = new byte[352 + 48];
        BitConverter.TryWriteBytes(bytes, 348);
        short[] shape = [3, 2, 2, 3, 1, 1, 1, 1];
        Buffer.BlockCopy(shape, 0, bytes, 40, 16);
        bytes[70] = 16;
        "n+1"u8.CopyTo(bytes.AsSpan(344));
        float[] values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        Buffer.BlockCopy(values, 0, bytes, 352, 48);
        File.WriteAllBytes(_folder["volume.nii"], bytes);
        IDataView data = _ml.Data.LoadFromVolume(_folder["volume.nii"]);
        Assert.Equal(["Case", "Group", "ImagePath"], data.Schema.Select(column => column.Name));
        Assert.Equal(["volume.nii 000", "volume.nii 001", "volume.nii 002"], data.GetColumn<string>("Case"));
        IDataView loaded = _ml.Transforms.LoadSlices("Image", "ImagePath").Fit(data).Transform(data);
        Assert.Equal([[1, 3, 2, 4], [5, 7, 6, 8], [9, 11, 10, 12]], loaded.GetColumn<Slice>("Image").Select(slice => slice.Pixels));
        NiftiFile.WriteVolume(_folder["again.nii"], loaded.GetColumn<Slice>("Image"), geometryFrom: _folder["volume.nii"]);
        Assert.Equal(bytes[352..], File.ReadAllBytes(_folder["again.nii"])[352..]);
        Assert.Equal(2, _ml.Data.LoadFromVolume(_folder["volume.nii"], axis: 0).GetColumn<string>("Case").Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Data.LoadFromVolume(_folder["volume.nii"], axis: 3));
    }

    [Fact]
    public void A_case_without_all_its_masks_is_left_out_with_a_warning_in_the_log()
    {
        PhantomDataset.Write(_folder.Root, QubiqTask.Kidney, trainCases: 3, validationCases: 1, seed: 1, size: 32);
        CaseRow victim = _ml.Data.CreateEnumerable<CaseRow>(
            _ml.Data.LoadFromQubiq(_folder.Root, QubiqTask.Kidney, QubiqSplit.Train), reuseRowObject: false).ElementAt(1);
        File.Delete(victim.AnnotationPaths[2]);
        var warnings = new List<string>();
        _ml.Log += (_, message) =>
        {
            if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
            {
                warnings.Add(message.RawMessage);
            }
        };
        IDataView data = _ml.Data.LoadFromQubiq(_folder.Root, QubiqTask.Kidney, QubiqSplit.Train);
        Assert.Equal(2, data.GetColumn<string>("Case").Count());
        Assert.Contains(victim.Case, Assert.Single(warnings));
    }

    private static Slice[] Slices(IDataView view, string column = "Image") => [.. view.GetColumn<Slice>(column)];

    private IDataView Rows(params CaseRow[] rows) => _ml.Data.LoadFromEnumerable(rows);

    private IDataView Memory(params Slice[] slices) =>
        _ml.Data.LoadFromEnumerable(slices.Select(slice => new SliceRow { Image = slice }).ToArray());

    private sealed class SliceRow
    {
        [SliceType]
        public Slice? Image { get; set; }
    }

    private sealed class MapRow
    {
        [SliceType]
        public Slice? Image { get; set; }

        [VectorType(2, 2)]
        public float[] Map { get; set; } = [];
    }

    private sealed class LevelsRow
    {
        [SliceType]
        public Slice? Image { get; set; }

        [VectorType(2, 2, 2)]
        public float[] Levels { get; set; } = [];
    }

    private sealed class MasksRow
    {
        [SliceType]
        public Slice? Image { get; set; }

        [RaterMasksType]
        public RaterMasks? Masks { get; set; }
    }
}
