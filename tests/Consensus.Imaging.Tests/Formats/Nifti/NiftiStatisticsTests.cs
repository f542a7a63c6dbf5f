using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>Statistics count and summarise the values of a file in little memory.</summary>
public sealed class NiftiStatisticsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Statistics_leave_out_what_is_not_finite_and_count_it()
    {
        string path = new NiftiBytes { Type = 64, Values = [1, double.NaN, 2, double.PositiveInfinity, 6, double.NegativeInfinity] }
            .WriteTo(_folder["image.nii"]);
        Assert.Equal(new NiftiStatistics(1, 6, 3, 6, 3), NiftiFile.ReadStatistics(path));
    }

    [Fact]
    public void Statistics_of_nothing_finite_are_no_numbers()
    {
        string path = new NiftiBytes { Dimensions = [1, 1], Type = 16, Values = [double.NaN] }.WriteTo(_folder["image.nii"]);
        Assert.Equal(new NiftiStatistics(double.NaN, double.NaN, double.NaN, 1, 1), NiftiFile.ReadStatistics(path));
    }

    [Fact]
    public void Statistics_of_a_large_file_take_no_memory_for_it()
    {
        string path = new NiftiBytes { Dimensions = [1000, 100, 40], Type = 4, Values = [.. Enumerable.Repeat(3.0, 4_000_000)] }
            .WriteTo(_folder["large.nii.gz"]);
        NiftiFile.ReadStatistics(path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(3, NiftiFile.ReadStatistics(path).Mean);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 18);
    }
}
