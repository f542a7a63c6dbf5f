using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Tests.Torch.Runtime;

/// <summary>How a folder with libtorch is found, with its version and the packages beside it.</summary>
public sealed class LibtorchFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("site-packages/torch/lib")]
    [InlineData("site-packages/torch")]
    [InlineData("site-packages")]
    public void It_is_found_from_the_folders_above_it(string named)
    {
        string lib = Make("site-packages/torch/lib");
        Write("site-packages/torch/version.py", "from typing import Optional\n\n__version__ = '2.11.0+cu130'\ncuda = '13.0'\n");
        var found = LibtorchFolder.Find(_folder[named]);
        Assert.Equal((lib, "2.11.0+cu130", false), (found.Path, found.Version, found.HasCuda));
        Assert.Equal(["libc10.so", "libtorch_cpu.so", "libtorch.so"], found.Libraries.Select(Path.GetFileName));
    }

    [Fact]
    public void A_build_with_CUDA_brings_the_packages_beside_it()
    {
        string lib = Make("site-packages/torch/lib", "libc10_cuda.so", "libtorch_cuda.so");
        string[] beside = ["torch.libs", "nvidia/cublas/lib", "nvidia/cudnn/lib"];
        Write("site-packages/nvidia/cublas/lib/libcublas.so.13", "");
        Write("site-packages/nvidia/cudnn/lib/libcudnn.so.9", "");
        Write("site-packages/torch.libs/libgomp.so.1", "");
        var found = LibtorchFolder.Find(lib);
        Assert.True(found.HasCuda);
        Assert.Equal(
            ["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"],
            found.Libraries.Select(Path.GetFileName));
        Assert.Equal([lib, .. beside.Select(name => _folder[$"site-packages/{name}"])], found.CompanionFolders);
        Assert.Empty(found.KernelCompilers);
    }

    [Fact]
    public void The_compiler_of_kernels_is_found_in_its_package()
    {
        string lib = Make("site-packages/torch/lib", "libc10_cuda.so", "libtorch_cuda.so");
        string[] compiler = ["libnvrtc-builtins.so.13.0", "libnvrtc.so.13", "libnvJitLink.so.13"];
        foreach (string name in compiler.Append("libnvrtc.alt.so.13").Append("libcublas.so.13"))
        {
            Write($"site-packages/nvidia/cu13/lib/{name}", "");
        }

        Assert.Equal(
            compiler.Select(name => _folder[$"site-packages/nvidia/cu13/lib/{name}"]), LibtorchFolder.Find(lib).KernelCompilers);
    }

    [Theory]
    [InlineData("libtorch/build-version", "2.10.0+cpu\n", "2.10.0+cpu")]
    [InlineData("libtorch/build-version", "", null)]
    [InlineData("libtorch/version.py", "__version__ = 'a; b'", null)]
    [InlineData("libtorch/else", "2.10.0", null)]
    public void The_version_is_read_from_a_file_beside_the_libraries(string file, string text, string? expected)
    {
        Make("libtorch/lib");
        Write(file, text);
        Assert.Equal(expected, LibtorchFolder.Find(_folder["libtorch"]).Version);
    }

    [Fact]
    public void Folders_without_it_are_refused_with_what_was_looked_for()
    {
        Complaint.Expect<DirectoryNotFoundException>(() => LibtorchFolder.Find(_folder["none"]), "There is no folder", "none");
        Write("lib/libtorch_cpu.so", "");
        Complaint.Expect<DllNotFoundException>(
            () => LibtorchFolder.Find(_folder.Root, "CONSENSUS_LIBTORCH"), $"'{_folder.Root}' (CONSENSUS_LIBTORCH)",
            "libc10.so, libtorch_cpu.so, libtorch.so", "torch/lib");
    }

    private string Make(string lib, params string[] more)
    {
        foreach (string name in (string[])["libc10.so", "libtorch_cpu.so", "libtorch.so", .. more])
        {
            Write($"{lib}/{name}", "");
        }

        return _folder[lib];
    }

    private void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[file])!);
        File.WriteAllText(_folder[file], text);
    }
}
