using System.Text.Json;
using Consensus.Imaging.Storage;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Storage;

/// <summary>
/// Where the operating system's lock holds back nobody, the owner's record does: whoever comes second is refused, or takes over from an
/// owner that is gone, and whoever was taken over from writes nothing more.
/// </summary>
public sealed class FolderOwnershipTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HandClock _clock = new();
    private readonly Machine _here, _there;

    public FolderOwnershipTests() => (_here, _there) = (new(_clock, "here"), new(_clock, "there"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_process_of_the_machine_is_refused_while_the_first_runs()
    {
        using (Take(_here.Process(1)))
        {
            LockAttempt refused = Try(_here.Process(2));
            Assert.Equal("process 1 on here, since 2024-10-04 00:00:00 UTC", refused.Holder);
            Assert.False(refused.IsUndecided);
            Assert.Null(refused.Lock);
        }

        using FolderLock second = Take(_here.Process(2));
        Assert.Null(second.Predecessor);
        second.EnsureHeld();
        Assert.Equal([".lock", ".owner-1.json"], Names());
        Assert.All(Names(), name => Assert.True(FolderLock.IsLockFile(name)));
        Assert.False(FolderLock.IsLockFile("model.zip"));
    }

    [Fact]
    public void An_owner_that_crashed_is_taken_over_from_at_once_and_can_publish_nothing_more()
    {
        using FolderLock crashed = Take(_here.Process(1));
        _here.Running.Clear();
        using FolderLock next = Take(_here.Process(2));
        Assert.Equal(1, next.Predecessor?.Owner?.Process);
        Assert.Equal([".lock", ".owner-2.json"], Names());

        File.WriteAllText(_folder["result"], "of the second");
        var taken = Assert.Throws<FolderTakenException>(
            () => AtomicFile.Write(_folder["result"], stream => stream.WriteByte(1), crashed));
        Assert.StartsWith(
            $"'{_folder.Root}' does not belong to this run any more: it is in use by process 2 on here, since 2024-10-04 00:00:00 UTC. ",
            taken.Message,
            StringComparison.Ordinal);
        Assert.Equal("of the second", File.ReadAllText(_folder["result"]));
        Assert.Equal([".lock", ".owner-2.json", "result"], Names());
        AtomicFile.Write(_folder["result"], stream => stream.WriteByte((byte)'2'), next);
        Assert.Equal("2", File.ReadAllText(_folder["result"]));

        // What the first leaves behind does not harm the second.
        crashed.Dispose();
        next.EnsureHeld();
    }

    [Fact]
    public void A_sign_of_life_of_an_owner_on_another_machine_refuses_the_folder_to_others()
    {
        using FolderLock first = Take(_there.Process(1));
        Assert.True(Try(_here.Process(1)).IsUndecided);
        int told = 0;
        LockAttempt refused = FolderTaking.TryAfterWatch(_folder.Root, _ => told++, _here.Process(1), CancellationToken.None);
        Assert.Null(refused.Lock);
        Assert.Contains("process 1 on there", refused.Holder, StringComparison.Ordinal);
        Assert.Equal(1, told);
        first.EnsureHeld();
    }

    /// <summary>By the newcomer's clock alone: the record says that it is from years ago.</summary>
    [Fact]
    public void A_silent_owner_on_another_machine_is_taken_over_from_after_ninety_seconds()
    {
        using FolderLock silent = Take(_there.Process(1));
        _clock.StopTimers();
        LockSurroundings here = _here.Process(1);
        Assert.True(Try(here).IsUndecided);
        _clock.Advance(89);
        Assert.True(Try(here).IsUndecided);
        _clock.Advance(1);
        using FolderLock next = Take(here);
        Assert.Throws<FolderTakenException>(silent.EnsureHeld);
        next.EnsureHeld();
    }

    [Fact]
    public void A_sign_of_life_begins_the_ninety_seconds_anew()
    {
        using FolderLock first = Take(_there.Process(1));
        LockSurroundings here = _here.Process(1);
        Assert.True(Try(here).IsUndecided);
        _clock.Advance(80);
        Assert.False(Try(here).IsUndecided);
        _clock.StopTimers();
        _clock.Advance(89);
        Assert.True(Try(here).IsUndecided);
        _clock.Advance(90);
        using FolderLock? next = Try(here).Lock;
        Assert.NotNull(next);
    }

    [Fact]
    public void A_later_start_of_the_same_job_takes_over_at_once_from_any_node()
    {
        using FolderLock first = Take(_there.Process(1, "Slurm job 7", restarts: 0));
        Assert.True(Try(_here.Process(1, "Slurm job 8", restarts: 1)).IsUndecided);
        Assert.True(Try(_here.Process(1, "Slurm job 7", restarts: 0)).IsUndecided);
        using FolderLock second = Take(_here.Process(1, "Slurm job 7", restarts: 1));
        Assert.Throws<FolderTakenException>(first.EnsureHeld);
        Assert.True(Try(_there.Process(1, "Slurm job 7", restarts: 0)).IsUndecided);
        second.EnsureHeld();
    }

    /// <summary>A machine that was suspended, for example.</summary>
    [Fact]
    public void A_silent_owner_that_wakes_up_finds_out_with_its_next_sign_of_life()
    {
        using FolderLock silent = Take(_there.Process(1));
        _there.Running.Clear();
        using FolderLock next = Take(_there.Process(2));
        silent.EnsureNotLost();
        _clock.Advance(15);
        Assert.Throws<FolderTakenException>(silent.EnsureNotLost);
        next.EnsureNotLost();
    }

    [Fact]
    public void Of_many_that_come_after_a_crash_one_takes_over()
    {
        for (int round = 0; round < 20; round++)
        {
            FolderLock crashed = Take(_here.Process(1));
            _here.Running.Clear();
            LockSurroundings[] newcomers = [.. Enumerable.Range(2, 8).Select(number => _here.Process(number))];
            var taken = new FolderLock?[newcomers.Length];
            Parallel.For(
                0, newcomers.Length, new() { MaxDegreeOfParallelism = newcomers.Length }, i => taken[i] = Try(newcomers[i]).Lock);
            FolderLock one = Assert.Single(taken.OfType<FolderLock>());
            one.EnsureHeld();
            Assert.Throws<FolderTakenException>(crashed.EnsureHeld);
            one.Dispose();
            crashed.Dispose();
            Assert.Equal([".lock"], Names());
        }
    }

    [Fact]
    public void Who_looked_at_a_dead_owner_does_not_take_over_from_the_living_that_came_in_between()
    {
        FolderLock crashed = Take(_here.Process(1));
        _here.Running.Clear();
        FolderLock? living = null;
        _here.BeforeAnswer = () =>
        {
            // After the newcomer has read the record of the dead, others take the folder, end, and count from 1 again.
            _here.BeforeAnswer = () => { };
            Take(_here.Process(3)).Dispose();
            living = Take(_here.Process(4));
        };
        LockAttempt late = Try(_here.Process(2));
        Assert.Null(late.Lock);
        Assert.Contains("process 4", late.Holder, StringComparison.Ordinal);
        living!.EnsureHeld();
        Assert.Equal([".lock", ".owner-1.json"], Names());
        living.Dispose();
        crashed.Dispose();
    }

    [Fact]
    public void A_record_that_a_crash_left_unfinished_is_watched()
    {
        File.WriteAllText(_folder[".owner-1.json"], "{ \"formatVersion\": 1,");
        LockSurroundings here = _here.Process(1);
        Assert.True(Try(here).IsUndecided);
        _clock.Advance(90);
        using FolderLock taken = Take(here);
        Assert.Equal([".lock", ".owner-2.json"], Names());
    }

    [Fact]
    public void A_folder_whose_record_was_removed_is_written_to_no_more()
    {
        using FolderLock held = Take(_here.Process(1));
        File.Delete(_folder[".owner-1.json"]);
        Assert.Contains(
            "its owner's record was removed", Assert.Throws<FolderTakenException>(held.EnsureHeld).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_watch_can_be_cancelled()
    {
        using FolderLock first = Take(_there.Process(1));
        using var source = new CancellationTokenSource();
        LockSurroundings here = _here.Process(1) with { Pause = _ => source.Cancel() };
        Assert.Throws<OperationCanceledException>(() => FolderTaking.TryAfterWatch(_folder.Root, _ => { }, here, source.Token));
    }

    [Fact]
    public void The_test_of_the_file_system_finds_a_lock_that_holds_back_nobody()
    {
        using (FolderLock held = Take(_here.Process(1)))
        {
            Assert.Equal("does not keep a locked file from being opened again", held.TestFileSystem());
            held.EnsureHeld();
        }

        using (FolderLock held = FolderLock.Take(_folder.Root))
        {
            Assert.Null(held.TestFileSystem());
            held.EnsureHeld();
        }

        Assert.Equal([".lock"], Names());
    }

    /// <summary>Real processes of this machine, and the real record of this one.</summary>
    [Fact]
    public void A_process_is_known_by_its_number_and_its_start()
    {
        FolderOwner me = ProcessOfOwner.This(_clock.GetUtcNow());
        Assert.True(ProcessOfOwner.IsRunning(me));
        Assert.False(ProcessOfOwner.IsRunning(me with { ProcessStart = "1" }));
        Assert.False(ProcessOfOwner.IsRunning(me with { Process = int.MaxValue }));
        Assert.Null(ProcessOfOwner.IsRunning(me with { Host = "elsewhere" }));
        Assert.Null(ProcessOfOwner.IsRunning(me with { Machine = "another start of the system" }));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Slurm job 12_3")]
    public void A_record_keeps_its_schema(string? job)
    {
        FolderOwner owner = ProcessOfOwner.This(_clock.GetUtcNow()) with { Job = job };
        Assert.Equal(owner, FolderOwner.Read(owner.Write()));
        Assert.Null(FolderOwner.Read((owner with { FormatVersion = 2 }).Write()));
        var schema = JsonSchema.Read(Path.Combine(RepositoryFolder.Find(), "data-schemas", "folder-owner.schema.json"));
        using var written = JsonDocument.Parse(owner.Write());
        Assert.Empty(schema.Violations(written.RootElement));
    }

    [Fact]
    public void A_job_is_named_as_its_batch_system_names_it()
    {
        Assert.Equal((null, 0), Job([]));
        Assert.Equal(("Slurm job 12", 0), Job(new() { ["SLURM_JOB_ID"] = "12" }));
        Assert.Equal(
            ("Slurm job 12_3", 2),
            Job(new()
            {
                ["SLURM_JOB_ID"] = "15", ["SLURM_ARRAY_JOB_ID"] = "12", ["SLURM_ARRAY_TASK_ID"] = "3", ["SLURM_RESTART_COUNT"] = "2",
            }));
        Assert.Equal(
            ("index 4 of a Kubernetes job, pod train-4-x7kq2", 0),
            Job(new() { ["JOB_COMPLETION_INDEX"] = "4", ["HOSTNAME"] = "train-4-x7kq2" }));

        static (string? Name, int Restarts) Job(Dictionary<string, string> variables) =>
            BatchJob.FromEnvironment(name => variables.GetValueOrDefault(name));
    }

    /// <summary>As with two mounts of a network file system: one folder under two paths, whose locks do not know of each other.</summary>
    [Fact]
    public void Two_mounts_of_one_folder_have_one_owner()
    {
        using var mounted = BindMount.Create(_folder.Root);
        using (FolderLock held = FolderLock.Take(_folder.Root))
        {
            Assert.Null(FolderLock.TryTake(mounted.Path));
            Assert.Contains(
                $"by process {Environment.ProcessId} on ",
                Assert.Throws<IOException>(() => FolderLock.Take(mounted.Path)).Message,
                StringComparison.Ordinal);
        }

        using FolderLock there = FolderLock.Take(mounted.Path);
        Assert.Null(FolderLock.TryTake(_folder.Root));
    }

    private FolderLock Take(LockSurroundings surroundings)
    {
        LockAttempt attempt = Try(surroundings);
        return attempt.Lock ?? throw new InvalidOperationException($"It is held by {attempt.Holder}.");
    }

    private LockAttempt Try(LockSurroundings surroundings) => FolderTaking.Try(_folder.Root, surroundings);

    private string[] Names() =>
        [.. Directory.GetFiles(_folder.Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
