using System.Runtime.InteropServices;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests.Cluster;

/// <summary>
/// The scripts of samples/Cluster under a real Slurm, which each test brings up and ends. Skipped where Slurm is not installed.
/// </summary>
public sealed class SlurmTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_array_predicts_the_files_of_one_process_byte_for_byte()
    {
        using var cluster = SlurmCluster.Start(_folder["slurm"]);
        WriteList(cluster, MovedScans.Write(cluster["images"], 5));
        string job = cluster.Submit("0-2", "predict.sbatch", MovedScans.Model, "images.txt", "maps");
        Predict(cluster, MovedScans.Model);
        cluster.WaitForEnd(job);
        Assert.All([0, 1, 2], task => Assert.Equal(("COMPLETED", 0), cluster.TaskOf(job, task)));
        AssertSameMaps(cluster, 5);
        Assert.Equal(5, Directory.GetFiles(cluster["maps/log"]).Sum(log => File.ReadLines(log).Count()));
    }

    /// <summary>
    /// Task 0 is killed; task 1 is requeued from outside, as by preemption; the process of task 2 gets SIGTERM, as before the time limit.
    /// </summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void An_array_whose_tasks_are_killed_and_requeued_predicts_the_files_of_one_process_byte_for_byte()
    {
        using var cluster = SlurmCluster.Start(_folder["slurm"]);
        WriteList(cluster, MovedScans.Write(cluster["images"], 24));
        string[] slow = ["--generations", "50", "--tolerance", "0"];
        string job = cluster.Submit("0-2", "predict.sbatch", [MovedScans.Model, "images.txt", "maps", .. slow]);

        // Each task has eight images. It is hit after one to four of them, at some moment of the next one.
        var random = new Random(20261128);
        WaitForMaps(cluster, 0, random);
        cluster.Signal(0, "KILL");
        WaitForMaps(cluster, 1, random);
        cluster.Run("scontrol", "requeue", $"{job}_1");
        WaitForMaps(cluster, 2, random);
        cluster.Signal(2, "TERM");

        Predict(cluster, MovedScans.Model, slow);
        cluster.WaitForEnd(job);
        Assert.All([0, 1, 2], task => Assert.Equal(("COMPLETED", 1), cluster.TaskOf(job, task)));
        string[] said = [.. Enumerable.Range(0, 3).Select(task => File.ReadAllText(cluster[$"predict-{job}_{task}.out"]))];
        Assert.Contains("task 0: Killed", said[0], StringComparison.Ordinal);
        Assert.All(said[1..], text => Assert.Contains(" left (the same command goes on)", text, StringComparison.Ordinal));
        Assert.Contains("Exited with exit code 75", said[2], StringComparison.Ordinal);

        // Each went on where it was: it found maps, and had others to predict.
        Assert.All(said, text => Assert.Matches(@"\n[1-7] predicted, [1-7] skipped, 0 failed\n$", text));
        AssertSameMaps(cluster, 24);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void An_array_whose_task_is_killed_evaluates_to_the_report_of_one_process()
    {
        using var cluster = SlurmCluster.Start(_folder["slurm"]);
        PhantomDataset.Write(cluster["data"], QubiqTask.Kidney, 4, 12, seed: 7, size: 32);
        cluster.Consensus(
            "train", "--data", "data", "--task", "kidney", "--size", "32", "--steps", "2", "--precision", "float32", "--out", "model.zip");
        string[] what = ["--model", "model.zip", "--data", "data", "--task", "kidney", "--generations", "50", "--tolerance", "0"];
        string job = cluster.Submit("0-2", "evaluate.sbatch", ["scores", .. what]);

        // Task 0 has the cases 0, 3, 6 and 9.
        SlurmCluster.WaitUntil(() => File.Exists(cluster["scores/case-000003.json"]), "task 0 has scored two cases");
        cluster.Signal(0, "KILL");
        cluster.WaitForEnd(job);
        Assert.Equal(
            [("COMPLETED", 1), ("COMPLETED", 0), ("COMPLETED", 0)], Enumerable.Range(0, 3).Select(task => cluster.TaskOf(job, task)));
        Assert.Matches(@"\n[12] scored, [23] skipped, 0 failed\n$", File.ReadAllText(cluster[$"evaluate-{job}_0.out"]));

        cluster.Consensus("merge", "scores", "--json", "merged.json");
        cluster.Consensus(["evaluate", .. what, "--json", "whole.json"]);
        Assert.Equal(File.ReadAllText(cluster["whole.json"]), File.ReadAllText(cluster["merged.json"]));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_training_that_is_stopped_goes_on_to_the_weights_of_one_that_was_not()
    {
        using var cluster = SlurmCluster.Start(_folder["slurm"]);
        PhantomDataset.Write(cluster["data"], QubiqTask.Kidney, 4, 1, seed: 7, size: 32);
        string[] what = ["--data", "data", "--task", "kidney", "--size", "32", "--steps", "60", "--precision", "float32"];
        string job = cluster.Submit(null, "train.sbatch", ["run", "model.zip", "--checkpoint-every", "10", .. what]);
        SlurmCluster.WaitUntil(
            () => Directory.Exists(cluster["run"]) && Directory.GetFiles(cluster["run"], "step-*").Length > 0, "there is a checkpoint");
        cluster.Signal(0, "TERM");
        cluster.WaitForEnd(job);
        string said = File.ReadAllText(cluster[$"train-{job}.out"]);
        Assert.True(cluster.Ended(job) == ("COMPLETED", 1), said);
        Assert.Contains("Exited with exit code 75", said, StringComparison.Ordinal);

        // A map shows every weight.
        cluster.Consensus(["train", "--out", "whole.zip", "--threads", "1", .. what]);
        foreach (string model in (string[])["model", "whole"])
        {
            cluster.Consensus("predict", "--model", $"{model}.zip", "--data", "data", "--task", "kidney", "--out", model);
        }

        Assert.Equal(
            File.ReadAllBytes(Assert.Single(Directory.GetFiles(cluster["whole"], "*_soft.nii.gz"))),
            File.ReadAllBytes(Assert.Single(Directory.GetFiles(cluster["model"], "*_soft.nii.gz"))));
    }

    /// <summary>Slurm connects the processes by PMIx, which it looks for under the name that development packages give it.</summary>
    [Fact]
    public void The_processes_of_srun_train_the_model_of_one()
    {
        using var cluster = SlurmCluster.Start(_folder["slurm"]);
        SkipWithout("libmpi.so.40", "openmpi-bin");
        SkipWithout("libpmix.so", "libpmix-dev");
        PhantomDataset.Write(cluster["data"], QubiqTask.Kidney, 4, 1, seed: 7, size: 32);
        string[] train =
        [
            "train", "--data", "data", "--task", "kidney", "--size", "32", "--precision", "float32", "--threads", "1", "--steps", "3",
        ];
        string said = cluster.Run(
            "srun",
            [
                "--mpi=pmix", "--ntasks=2", "--cpus-per-task=1", "--mem=500", "--kill-on-bad-exit=1",
                "--export=ALL,OMPI_MCA_btl_vader_single_copy_mechanism=none",
                "consensus", .. train, "--checkpoints", "two", "--out", "two.zip",
            ]);
        cluster.Consensus([.. train, "--checkpoints", "one", "--out", "one.zip"]);

        // Two models in place of one would be written by two processes. Single precision rounds at 6e-8.
        Assert.Equal(1, said.Split("Wrote two.zip").Length - 1);
        Assert.InRange(
            CheckpointWeights.Distance(CheckpointWeights.Read(cluster["one"], 3), CheckpointWeights.Read(cluster["two"], 3)), 0, 1e-5);

        static void SkipWithout(string library, string package)
        {
            bool exists = NativeLibrary.TryLoad(library, out nint handle);
            Assert.SkipUnless(exists, $"There is no {library}: install Debian's package '{package}'.");
            NativeLibrary.Free(handle);
        }
    }

    private static void WriteList(SlurmCluster cluster, string[] images) => File.WriteAllLines(cluster["images.txt"], images);

    private static void Predict(SlurmCluster cluster, string model, params string[] more) =>
        cluster.Consensus(["predict", "--model", model, "--inputs", "images.txt", "--out", "whole", "--threads", "1", .. more]);

    /// <summary>Waits until a task of three has predicted some of its images, and some milliseconds more.</summary>
    private static void WaitForMaps(SlurmCluster cluster, int task, Random random)
    {
        (int maps, int more) = (random.Next(1, 5), random.Next(100));
        string last = cluster[$"maps/case{task + (3 * (maps - 1))}.png"];
        SlurmCluster.WaitUntil(() => File.Exists(last), $"task {task} has predicted {maps} maps");
        long until = Environment.TickCount64 + more;
        SlurmCluster.WaitUntil(() => Environment.TickCount64 >= until, "the moment has come");
    }

    /// <summary>Makes sure that the folder of the array holds the files of one process: a map and a picture for each image.</summary>
    private static void AssertSameMaps(SlurmCluster cluster, int images)
    {
        string[] names = Names("whole");
        Assert.Equal(2 * images, names.Length);
        Assert.Equal(names, Names("maps"));
        Assert.All(names, name => Assert.Equal(File.ReadAllBytes(cluster[$"whole/{name}"]), File.ReadAllBytes(cluster[$"maps/{name}"])));

        // What a killed process was about to write stays in a hidden file, which no name of a map is.
        string[] Names(string folder) =>
        [
            .. Directory.GetFiles(cluster[folder]).Select(path => Path.GetFileName(path)).Where(name => name[0] != '.')
                .Order(StringComparer.Ordinal),
        ];
    }
}
