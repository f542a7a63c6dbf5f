using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Consensus.ML.Machine;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Api.Tests;

/// <summary>How libtorch gets into a process. Each test looks at a separate process, because a process loads it only once.</summary>
public sealed class TorchLoadingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("load")]
    [InlineData("first-use")]
    public async Task A_program_of_TorchSharp_works_once_the_library_was_asked_to_load_it(string how)
    {
        (int code, string output) = await Run(how, null);
        Assert.True(code == 0, output);
        Assert.Contains("sum 12", output, StringComparison.Ordinal);

        // Loading writes nothing, and leaves nothing behind.
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    [Fact]
    public async Task Torch_that_was_used_too_early_is_explained_in_one_line()
    {
        Assert.SkipWhen(RuntimeInfo.Collect("cpu").AdaptedNativeLibrary is null, "On this system TorchSharp's library loads by itself.");
        (int code, string output) = await Run("torch", null);
        Assert.Equal(1, code);
        string line = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.StartsWith(
            "InvalidOperationException: TorchSharp was used in this process before Consensus.ML was", line, StringComparison.Ordinal);
        Assert.Contains(
            "Make Consensus.ML.Torch.Runtime.TorchRuntime.Load() the first line of the program", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("load", null, null, "2000")]
    [InlineData("first-use", null, null, "2000")]
    [InlineData("load", "GOMP_SPINCOUNT", "77", "77")]
    [InlineData("load", "OMP_WAIT_POLICY", "PASSIVE", "0")]
    [InlineData("load", "OMP_NUM_THREADS", "1", "2000")]
    public async Task Threads_that_wait_for_each_other_soon_sleep_unless_the_user_has_said_how_they_wait(
        string how,
        string? variable,
        string? value,
        string expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Torch uses GNU's OpenMP library on Linux.");
        (int code, string output) = await Run(how, null, ("OMP_DISPLAY_ENV", "VERBOSE"), (variable ?? "UNUSED", value ?? ""));
        Assert.True(code == 0, output);
        Assert.Contains($"GOMP_SPINCOUNT = '{expected}'", output, StringComparison.Ordinal);

        // The process itself has the variables that it was started with.
        Assert.Contains($"variable '{(variable == "GOMP_SPINCOUNT" ? value : "")}'", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("use")]
    [InlineData("first-use")]
    [InlineData("load")]
    public async Task Libtorch_comes_from_the_folder_that_was_chosen_and_from_nowhere_else(string how)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other folders are for Linux.");
        string folder = OtherLibtorch("2.10.0+cu130");
        (int code, string output) = how == "use"
            ? await Run(how, folder)
            : await Run(how, null, ("CONSENSUS_LIBTORCH", folder));
        Assert.True(code == 0, output);
        Assert.Contains("sum 12", output, StringComparison.Ordinal);
        Assert.Equal(
            [Path.Combine(folder, "torch", "lib", "libc10.so"), Path.Combine(folder, "torch", "lib", "libtorch_cpu.so")],
            output.Split('\n').Where(line => line.StartsWith("loaded ", StringComparison.Ordinal)).Select(line => line["loaded ".Length..])
                .Order(StringComparer.Ordinal));

        // The version is the one that TorchSharp is built for, and every function is there: there is nothing to say.
        Assert.DoesNotContain("note:", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_libtorch_of_another_version_that_lacks_a_function_is_refused_by_name_or_used_with_a_note()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other folders are for Linux.");
        string folder = OtherLibtorch("2.6.0");
        Rename(Path.Combine(folder, "torch", "lib", "libc10.so"), "ExcludeDispatchKeyGuardC2E", "ExcludeDispatchKeyGuardX2E");
        (int code, string output) = await Run("use", folder);
        Assert.Equal(1, code);
        Assert.Contains("DllNotFoundException: libtorch 2.6.0 in", output, StringComparison.Ordinal);
        Assert.Contains(
            "lacks 1 of the 1204 functions that TorchSharp may call (_ZN3c104impl23ExcludeDispatchKeyGuardC2ENS_14DispatchKeySetE)", output,
            StringComparison.Ordinal);
        Assert.Contains("set CONSENSUS_LIBTORCH_ALLOW_MISSING=1", output, StringComparison.Ordinal);

        (code, output) = await Run("use", folder, ("CONSENSUS_LIBTORCH_ALLOW_MISSING", "1"));
        Assert.True(code == 0, output);
        Assert.Contains("sum 12", output, StringComparison.Ordinal);
        Assert.Contains("note: libtorch 2.6.0 in", output, StringComparison.Ordinal);
        Assert.Contains("is used by a TorchSharp that is built for 2.10.0", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_libtorch_one_that_is_incomplete_and_one_that_comes_too_late_are_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other folders are for Linux.");
        (int code, string output) = await Run("use", _folder["nowhere"]);
        Assert.Equal(1, code);
        Assert.Contains($"DirectoryNotFoundException: There is no folder '{_folder["nowhere"]}'", output, StringComparison.Ordinal);
        (_, output) = await Run("use", _folder.Root);
        Assert.Contains(
            $"DllNotFoundException: '{_folder.Root}' holds no libtorch: libc10.so, libtorch_cpu.so", output, StringComparison.Ordinal);
        (_, output) = await Run("load", null, ("CONSENSUS_LIBTORCH", _folder["nowhere"]));
        Assert.Contains($"'{_folder["nowhere"]}' (CONSENSUS_LIBTORCH)", output, StringComparison.Ordinal);

        string folder = OtherLibtorch("2.10.0");
        (code, output) = await Run("late", folder);
        Assert.Equal(1, code);
        Assert.Contains("InvalidOperationException: libtorch is loaded already, from '", output, StringComparison.Ordinal);

        File.WriteAllText(Path.Combine(folder, "torch", "lib", "libtorch_cuda.so"), "not a library");
        (code, output) = await Run("use", folder);
        Assert.Equal(1, code);
        Assert.Contains("libtorch_cuda.so' of the chosen libtorch 2.10.0 does not load: ", output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The libtorch of these tests in another folder, laid out as an installation of PyTorch.</summary>
    private string OtherLibtorch(string version)
    {
        string torch = Path.Combine(_folder.Root, "site-packages", "torch"), lib = Path.Combine(torch, "lib");
        Directory.CreateDirectory(lib);
        File.WriteAllText(Path.Combine(torch, "version.py"), $"# made for tests\n__version__ = '{version}'\ncuda = None\n");
        string native = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native");
        foreach (string name in (string[])["libc10.so", "libtorch_cpu.so", "libtorch.so"])
        {
            // A second name of the same file costs no space. The loader takes it for another library, since it has another path.
            string target = Path.Combine(lib, name);
            if (Link(Path.Combine(native, name), target) != 0)
            {
                File.Copy(Path.Combine(native, name), target);
            }
        }

        string openMP = Directory.GetFiles(native, "libgomp*.so*").Single();
        File.Copy(openMP, Path.Combine(lib, Path.GetFileName(openMP)));
        return Path.Combine(_folder.Root, "site-packages");
    }

    /// <summary>Gives a function of a library another name, in a copy.</summary>
    private static void Rename(string library, string from, string to)
    {
        byte[] image = File.ReadAllBytes(library), old = Encoding.ASCII.GetBytes(from);
        int found = 0;
        for (int at = image.AsSpan().IndexOf(old); at >= 0; at = image.AsSpan().IndexOf(old))
        {
            Encoding.ASCII.GetBytes(to).CopyTo(image, at);
            found++;
        }

        Assert.True(found > 0);
        File.Delete(library); // it may be a second name of the original
        File.WriteAllBytes(library, image);
    }

    [DllImport("libc", EntryPoint = "link", BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Link(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    /// <summary>
    /// Runs the program with its own writable folders. TorchSharp finds no folder from which it could copy libtorch.
    /// </summary>
    private async Task<(int Code, string Output)> Run(string how, string? folder, params (string Name, string Value)[] variables)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Consensus.ML.Api.Tests.TorchFirst.dll");
        var start =
            new ProcessStartInfo("dotnet", ["exec", program, how, .. folder is null ? Array.Empty<string>() : [folder]])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
        foreach (string name in new[] { "HOME", "TMPDIR", "XDG_CACHE_HOME" })
        {
            start.Environment[name] = _folder.Root;
        }

        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // its sockets are in the temporary folder
        start.Environment["NUGET_PACKAGES"] = _folder["nowhere"];
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        using ChildProcess process = ChildProcess.Start(start);
        (int code, string output, string error) = await process.FinishAsync();
        return (code, error + output);
    }
}
