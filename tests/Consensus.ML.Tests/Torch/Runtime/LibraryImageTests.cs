using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Tests.Torch.Runtime;

/// <summary>A library is loaded from memory, or from a folder that only this user can use and that is deleted.</summary>
[SupportedOSPlatform("linux")]
public sealed class LibraryImageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_library_is_loaded_from_memory()
    {
        Assert.NotEqual(0, LibraryImage.LoadFromMemory(Stub()));
        Assert.Equal(0, LibraryImage.LoadFromMemory([1, 2, 3]));
    }

    [Fact]
    public void A_library_is_loaded_from_a_folder_that_is_gone_then()
    {
        Assert.NotEqual(0, LibraryImage.LoadFromFolder(Stub(), _folder.Root));
        Assert.Throws<DllNotFoundException>(() => LibraryImage.LoadFromFolder([1, 2, 3], _folder.Root));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void A_folder_whose_contents_others_may_move_is_refused()
    {
        string open = Directory.CreateDirectory(_folder["open"]).FullName;
        const UnixFileMode everybody = (UnixFileMode)0b111_111_111;
        File.SetUnixFileMode(open, everybody);
        Assert.Throws<UnauthorizedAccessException>(() => LibraryImage.LoadFromFolder(Stub(), open));

        // Like /tmp.
        File.SetUnixFileMode(open, everybody | UnixFileMode.StickyBit);
        Assert.NotEqual(0, LibraryImage.LoadFromFolder(Stub(), open));
        Assert.Empty(Directory.EnumerateFileSystemEntries(open));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A small library of libtorch. It contains only the names of other libraries, which are already loaded.</summary>
    private static byte[] Stub()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems load what is shipped.");
        NativeTorch.EnsureLoaded();
        string told = (string)AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES")!;
        return File.ReadAllBytes(told.Split(Path.PathSeparator)
            .Append(AppContext.BaseDirectory)
            .Append(Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"))
            .Select(folder => Path.Combine(folder, "libtorch.so")).First(File.Exists));
    }
}
