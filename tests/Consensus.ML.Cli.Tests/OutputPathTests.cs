using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Output;

namespace Consensus.ML.Cli.Tests;

public sealed class OutputPathTests
{
    [Theory]
    [InlineData("/dev/null", true)]
    [InlineData("/dev/stdout", true)]
    [InlineData("/dev/../dev/full", true)]
    [InlineData("/proc/self/fd/1", true)]
    [InlineData("/dev/shm/report.json", false)]
    [InlineData("/tmp/report.json", false)]
    [InlineData("dev/null", false)]
    public void Devices_are_known_so_that_no_file_takes_their_place(string path, bool isDevice)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names.");
        Assert.Equal(isDevice, AtomicFile.IsDevice(path));
    }

    [Fact]
    public void A_model_is_no_device()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names.");
        Assert.Contains(
            "it is a device", Assert.Throws<IOException>(() => OutputPath.EnsureFile("/dev/null")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Asking_whether_a_file_can_be_written_leaves_no_trace()
    {
        using var workspace = new Workspace();
        OutputPath.EnsureFile(workspace["new/folder/model.zip"]);
        OutputPath.EnsureFolder(workspace["maps"]);
        Assert.Empty(workspace.Contents());
    }
}
