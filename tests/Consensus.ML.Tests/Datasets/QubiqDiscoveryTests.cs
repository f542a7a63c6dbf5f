using Consensus.ML.Datasets;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Tests.Datasets;

/// <summary>Sets of any name in QUBIQ's layout are tasks too. Their raters, channels and sizes are read from the files.</summary>
public sealed class QubiqDiscoveryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_set_of_its_own_name_is_a_task_with_the_raters_of_most_training_cases()
    {
        Case([1, 2, 3, 4, 5, 6, 7, 8, 9], "cells", "train", "case01");
        Case([1, 2, 3, 4, 5, 6, 7, 9], "cells", "train", "case02");
        Case([1, 2, 3, 4, 5, 6, 7, 8, 9], "cells", "train", "case03");
        Case([1, 2], "cells", "val", "case04");
        QubiqTask task = QubiqDataset.FindTask(_folder.Root, "cells");
        Assert.Equal(("cells", 1, 9), (task.Name, task.Number, task.Raters));
        Assert.Equal(["case01", "case03"], QubiqDataset.List(_folder.Root, task, QubiqSplit.Train).Cases.Select(item => item.Name));
    }

    [Fact]
    public void Of_two_numbers_of_raters_that_are_as_frequent_the_larger_counts()
    {
        Case([1, 2, 3], "cells", "train", "case01");
        Case([1, 2, 3, 4], "cells", "train", "case02");
        Assert.Equal(4, QubiqDataset.FindTask(_folder.Root, "cells").Raters);
    }

    [Fact]
    public void Channels_and_size_are_those_of_the_first_image_that_can_be_read()
    {
        Case([1, 2], "cells", "train", "case01");
        Case([1, 2], "cells", "train", "case02");
        new NiftiBytes { Dimensions = [3, 2, 1, 4], Values = new double[24] }.WriteTo(_folder["cells", "train", "case02", "image.nii.gz"]);
        QubiqTask task = QubiqDataset.FindTask(_folder.Root, "cells");
        Assert.Equal((4, 3, 2), (task.Channels, task.Height, task.Width));
    }

    [Theory]
    [InlineData("rat_cells")]
    [InlineData("Rat-Cells")]
    [InlineData("rat-cells-1")]
    public void Spelling_is_free_and_a_bare_name_is_the_first_task(string name)
    {
        Case([1, 2], "rat-cells", "train", "case01");
        Assert.Equal("rat-cells", QubiqDataset.FindTask(_folder.Root, name).Name);
    }

    [Fact]
    public void A_number_behind_the_name_is_another_task_of_the_set()
    {
        Case([1, 2], "cells", "train", "case01");
        File.WriteAllText(_folder["cells", "train", "case01", "task02_seg01.nii.gz"], "");
        QubiqTask second = QubiqDataset.FindTask(_folder.Root, "cells-2");
        Assert.Equal(("cells-2", 2, 1), (second.Name, second.Number, second.Raters));
        Assert.Equal("cells-1", QubiqDataset.FindTask(_folder.Root, "cells").Name);
        Assert.Equal(["cells-1", "cells-2"], QubiqDataset.FindTasks(_folder.Root).Select(task => task.Name));
        Complaint.Expect<ArgumentException>(() => QubiqDataset.FindTask(_folder.Root, "cells-3"), "'cells-3'", "cells-1, cells-2");
    }

    [Fact]
    public void A_set_whose_own_name_ends_in_a_number_comes_before_the_task_of_that_number()
    {
        Case([1, 2, 3], "cells-2", "train", "case01");
        Case([1, 2], "cells", "train", "case01");
        File.WriteAllText(_folder["cells", "train", "case01", "task02_seg01.nii.gz"], "");
        Assert.Equal(3, QubiqDataset.FindTask(_folder.Root, "cells-2").Raters);
    }

    [Fact]
    public void The_root_may_be_the_set_itself_one_of_the_archives_or_above_them()
    {
        Case([1, 2], "training_data_v3_QC", "cells", "Training", "case01");
        Case([1, 2], "validation_data_qubiq2021_QC", "cells", "Validation", "case02");
        Case([1, 2, 3], "kidney", "train", "case01");
        Assert.Equal(["cells", "kidney"], QubiqDataset.FindTasks(_folder.Root).Select(task => task.Name));
        Assert.Same(QubiqTask.Kidney, QubiqDataset.FindTask(_folder["kidney"]));
        foreach (string root in new[]
        {
            _folder.Root, _folder["training_data_v3_QC"], _folder["validation_data_qubiq2021_QC"], _folder["training_data_v3_QC", "cells"],
        })
        {
            QubiqTask task = QubiqDataset.FindTask(root, "cells");
            Assert.Equal(2, task.Raters);
            Assert.Equal("case02", Assert.Single(QubiqDataset.List(root, task, QubiqSplit.Validation).Cases).Name);
        }
    }

    [Fact]
    public void Without_a_name_there_must_be_one_task()
    {
        Complaint.Expect<ArgumentException>(() => QubiqDataset.FindTask(_folder.Root), "no set", "train/case01/image.nii.gz");
        Case([1, 2], "cells", "train", "case01");
        Assert.Equal("cells", QubiqDataset.FindTask(_folder.Root).Name);
        Case([1, 2, 3], "kidney", "train", "case01");
        Complaint.Expect<ArgumentException>(() => QubiqDataset.FindTask(_folder.Root), "say which", "cells, kidney");
        Complaint.Expect<DirectoryNotFoundException>(() => QubiqDataset.FindTask(_folder["none"], "cells"), "none", "does not exist");
    }

    [Fact]
    public void A_known_task_is_known_whatever_lies_there()
    {
        Case([1, 2], "kidney", "train", "case01");
        Assert.Same(QubiqTask.Kidney, QubiqDataset.FindTask(_folder.Root, "Kidney"));
        Assert.Same(QubiqTask.Kidney, Assert.Single(QubiqDataset.FindTasks(_folder.Root)));
    }

    [Fact]
    public void Real_cells_with_eight_raters_are_found_by_name()
    {
        string folder = SharedData.FindOrSkip(null, "rat-smc");
        QubiqTask task = QubiqDataset.FindTask(folder, "rat-smc");
        Assert.Equal((8, 1, 256, 256), (task.Raters, task.Channels, task.Height, task.Width));
        CaseListing train = QubiqDataset.List(folder, task, QubiqSplit.Train),
            validation = QubiqDataset.List(folder, task, QubiqSplit.Validation);
        Assert.NotEmpty(train.Cases);
        Assert.NotEmpty(validation.Cases);
        Assert.Empty(train.Warnings.Concat(validation.Warnings));
    }

    private void Case(int[] raters, params string[] names)
    {
        Directory.CreateDirectory(_folder[names]);
        File.WriteAllText(Path.Combine(_folder[names], "image.nii.gz"), "");
        foreach (int rater in raters)
        {
            File.WriteAllText(Path.Combine(_folder[names], $"task01_seg{rater:00}.nii.gz"), "");
        }
    }
}
