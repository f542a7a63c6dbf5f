using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;

namespace Consensus.ML.Cli.Tests;

/// <summary>Every bad input gives one line on the error stream and an exit code, before any work, and leaves nothing behind.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void A_mask_of_another_size_than_its_image_is_named()
    {
        _workspace.Phantom();
        string wrong = Path.Combine(_workspace.TrainingCase(2), "task01_seg02.nii.gz");
        NiftiFile.WriteSlice(wrong, new Slice(1, 32, 30, new float[32 * 30]));
        AssertLeavesNothing(Train(), 1, "task01_seg02.nii.gz", "32×30");
    }

    [Fact]
    public void Masks_of_another_size_than_their_image_are_named()
    {
        _workspace.Phantom();
        for (int rater = 1; rater <= 3; rater++)
        {
            NiftiFile.WriteSlice(
                Path.Combine(_workspace.TrainingCase(1), $"task01_seg{rater:00}.nii.gz"), new Slice(1, 16, 16, new float[256]));
        }

        AssertLeavesNothing(Train(), 1, "16×16", "32×32", "case01");
    }

    [Theory]
    [InlineData("--thresholds", "0,1", "evaluate", "--model", "m.zip", "--data", "d")]
    [InlineData("--thresholds", " 0.5", "evaluate", "--model", "m.zip", "--data", "d")]
    [InlineData("--surface-tolerance", "2,5", "evaluate", "--model", "m.zip", "--data", "d")]
    [InlineData("--surface-tolerance", "1,000", "evaluate", "--model", "m.zip", "--data", "d")]
    [InlineData("--tolerance", "0,1", "evaluate", "--model", "m.zip", "--data", "d")]
    [InlineData("--minutes", "2,5", "train", "--data", "d", "--out", "m.zip")]
    [InlineData("--no-data", "9,999", "train", "--data", "d", "--out", "m.zip")]
    [InlineData("--no-data", "1e400", "study", "--data", "d", "--out", "s")]
    [InlineData("--seed", "1,5", "train", "--data", "d", "--out", "m.zip")]
    [InlineData("--steps", "1.000", "train", "--data", "d", "--out", "m.zip")]
    [InlineData("--validation-fraction", "0,2", "dataset", "init", "--data", "d", "--out", "d.json")]
    public void Numbers_are_taken_as_they_are_written_or_not_at_all(string option, string value, params string[] command) =>
        AssertLeavesNothing([.. command, option, value], 2, $"'{value}' is not a value of {option}");

    [Fact]
    public void Marks_for_missing_data_stop_training_unless_they_are_named()
    {
        _workspace.Phantom();
        string image = Path.Combine(_workspace.TrainingCase(2), "image.nii.gz");
        Slice slice = SliceReader.Read(image);
        slice.Pixels[5] = float.MinValue;
        NiftiFile.WriteSlice(image, slice);
        AssertLeavesNothing(
            Train(), 1, image, "the value -3.4028235E+38 in 1 of 1024 pixels, which no scanner gives", "--no-data -3.4028235E+38");
        CommandRun.InProcess("dataset", "check", "--data", _workspace["data"], "--no-data", "-3.4e38").AssertSucceeded();
    }

    [Fact]
    public void An_empty_folder_says_what_was_looked_for()
    {
        Directory.CreateDirectory(_workspace["data"]);
        AssertLeavesNothing(Train(), 1, "kidney", "train");
    }

    [Fact]
    public void A_folder_that_is_not_there_is_named() => AssertLeavesNothing(Train(), 1, _workspace["data"], "does not exist");

    [Fact]
    public void An_unknown_task_lists_the_tasks_and_those_that_are_there()
    {
        _workspace.Phantom();
        Directory.Move(Path.Combine(_workspace["data"], "kidney"), Path.Combine(_workspace["data"], "lungs"));
        AssertLeavesNothing(Train("--task", "liver"), 2, "liver", "brain-growth", "kidney", "prostate-2", "brain-tumor-3", "holds lungs");
        AssertLeavesNothing(["phantom", "--out", _workspace["more"], "--task", "lungs"], 2, "lungs", "kidney");
    }

    [Fact]
    public void Without_a_task_several_sets_are_listed()
    {
        _workspace.Phantom();
        PhantomDataset.Write(_workspace["data"], QubiqTask.Prostate2, 1, 0, seed: 1, size: 16);
        string[] args = ["train", "--data", _workspace["data"], "--out", _workspace["model.zip"]];
        AssertLeavesNothing(args, 2, "say which", "kidney, prostate-2");
    }

    [Fact]
    public void A_truncated_image_is_named()
    {
        _workspace.Phantom();
        string image = Path.Combine(_workspace.TrainingCase(1), "image.nii.gz");
        File.WriteAllBytes(image, File.ReadAllBytes(image)[..200]);
        AssertLeavesNothing(Train(), 1, image);
        AssertLeavesNothing(["inspect", image], 1, image);
    }

    [Fact]
    public void A_text_file_called_nii_is_named()
    {
        File.WriteAllText(_workspace["notes.nii"], string.Concat(Enumerable.Repeat("This is no image. ", 40)));
        AssertLeavesNothing(["inspect", _workspace["notes.nii"]], 1, "notes.nii", "not a NIfTI file");
    }

    [Fact]
    public void A_missing_file_is_named() => AssertLeavesNothing(["inspect", _workspace["none.nii"]], 1, "none.nii", "does not exist");

    [Fact]
    public void A_size_that_the_network_cannot_halve_is_refused_before_the_data_is_read() =>
        AssertLeavesNothing(Train("--size", "63"), 2, "--size 63", "multiple of 8", "56 or 64");

    [Fact]
    public void A_size_that_does_not_hold_whole_patches_is_refused_before_the_data_is_read() =>
        AssertLeavesNothing(
            Train("--size", "72", "--patch-size", "2"), 2, "--size 72", "patches of 2×2 pixels", "multiple of 16", "64 or 80");

    [Fact]
    public void A_model_that_could_not_be_written_is_refused_before_training()
    {
        _workspace.Phantom();
        File.WriteAllText(_workspace["file"], "");
        AssertLeavesNothing(
            ["train", "--data", _workspace["data"], "--task", "kidney", "--out", Path.Combine(_workspace["file"], "model.zip")], 1,
            "Cannot write", "is a file");
        AssertLeavesNothing(
            ["train", "--data", _workspace["data"], "--task", "kidney", "--out", _workspace["data"]], 1, "Cannot write", "is a folder");
    }

    [Fact]
    public void A_GPU_that_is_not_there_is_refused_before_training()
    {
        _workspace.Phantom();
        AssertLeavesNothing(Train("--device", "cuda:63"), 1, "cuda:63");
    }

    [Fact]
    public void Float16_is_refused_on_the_CPU_before_training()
    {
        _workspace.Phantom();
        AssertLeavesNothing(Train("--precision", "float16", "--device", "cpu"), 1, "Float16", "BFloat16 or Float32 on the CPU");
    }

    [Theory]
    [InlineData("--device", "gpu")]
    [InlineData("--precision", "float64")]
    [InlineData("--preset", "large")]
    [InlineData("--target", "majority")]
    [InlineData("--level-conditioning", "both")]
    [InlineData("--patch-size", "3")]
    [InlineData("--missing-raters", "ignore")]
    [InlineData("--split", "test")]
    [InlineData("--minutes", "0")]
    [InlineData("--minutes", "NaN")]
    [InlineData("--steps", "-1")]
    [InlineData("--batch", "0")]
    [InlineData("--size", "big")]
    public void A_value_that_an_option_does_not_know_is_a_usage_error(string option, string value) =>
        AssertLeavesNothing(Train(option, value), 2, value);

    [Theory]
    [InlineData]
    [InlineData("fly")]
    [InlineData("train")]
    [InlineData("inspect")]
    [InlineData("predict", "--model", "m.zip", "--out", "maps", "--nonsense")]
    public void What_is_not_understood_points_to_the_help(params string[] args)
    {
        if (args.Length > 0)
        {
            AssertLeavesNothing(args, 2, "--help");
        }
        else
        {
            Assert.Contains("Examples:", CommandRun.InProcess().AssertSucceeded().Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Two_inputs_of_one_name_are_refused_before_any_work()
    {
        File.WriteAllText(_workspace["model.zip"], "never opened");
        string first = _workspace["case01/image.nii.gz"], second = _workspace["other/case01.nii.gz"];
        AssertLeavesNothing(
            ["predict", "--model", _workspace["model.zip"], "--out", _workspace["maps"], first, second], 2, "'case01'", first, second);
    }

    [Fact]
    public void Files_and_a_data_set_together_are_refused()
    {
        AssertLeavesNothing(
            ["predict", "--model", "m.zip", "--out", _workspace["maps"], "--data", "d", "--task", "kidney", "a.nii"], 2, "not both");
        AssertLeavesNothing(["predict", "--model", "m.zip", "--out", _workspace["maps"]], 2, "nothing to predict");
        AssertLeavesNothing(
            ["predict", "--model", "m.zip", "--out", _workspace["maps"], "--split", "val", "a.nii"], 2, "--split needs --data");
    }

    [Fact]
    public void A_missing_model_is_named()
    {
        AssertLeavesNothing(
            ["evaluate", "--model", _workspace["none.zip"], "--data", _workspace["data"], "--task", "kidney"], 1, "none.zip");
        AssertLeavesNothing(["predict", "--model", _workspace["none.zip"], "--out", _workspace["maps"], "a.nii"], 1, "none.zip");
    }

    [Fact]
    public void A_file_that_is_no_model_is_named()
    {
        _workspace.Phantom();
        File.WriteAllText(_workspace["notes.zip"], "This is no model.");
        AssertLeavesNothing(
            ["evaluate", "--model", _workspace["notes.zip"], "--data", _workspace["data"], "--task", "kidney"], 1, "notes.zip");
    }

    [Fact]
    public void A_phantom_set_that_cannot_be_written_leaves_nothing()
    {
        File.WriteAllText(_workspace["file"], "");
        AssertLeavesNothing(["phantom", "--out", Path.Combine(_workspace["file"], "data"), "--task", "kidney"], 1, "Cannot write");
    }

    [Fact]
    public void Verbose_shows_where_an_error_happened()
    {
        CommandRun run = CommandRun.InProcess("inspect", _workspace["none.nii"], "--verbose");
        Assert.Contains("   at ", run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Code);
    }

    private string[] Train(params string[] more)
    {
        string[] args =
        [
            "train", "--data", _workspace["data"], "--task", "kidney", "--size", "32", "--steps", "1", "--out", _workspace["model.zip"],
        ];
        foreach (string[] option in more.Chunk(2))
        {
            int at = Array.IndexOf(args, option[0]);
            args = at < 0 ? [.. args, .. option] : [.. args[..at], .. option, .. args[(at + 2)..]];
        }

        return args;
    }

    private void AssertLeavesNothing(string[] args, int code, params string[] said)
    {
        string[] before = _workspace.Contents();
        CommandRun.InProcess(args).AssertFailed(code, said);
        Assert.Equal(before, _workspace.Contents());
    }
}
