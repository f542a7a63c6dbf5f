using Consensus.ML.Tests.Shared;
using Consensus.ML.Torch.Collectives;
using Consensus.ML.Torch.Runtime;
using static TorchSharp.torch;

namespace Consensus.ML.Tests.Torch.Collectives;

/// <summary>What needs no MPI: which library is refused, and where a tensor's values are.</summary>
public sealed class OpenMpiTests
{
    [Fact]
    public void A_library_that_is_missing_or_is_of_another_mpi_is_refused_with_what_to_do()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Several processes need Linux.");
        Complaint.Expect<DllNotFoundException>(
            () => OpenMpi.Open("libmpi.so.none"), "needs Open MPI 4 or 5, and its library 'libmpi.so.none' cannot be opened", "openmpi-bin",
            "LD_LIBRARY_PATH");
        Complaint.Expect<NotSupportedException>(
            () => OpenMpi.Open("libm.so.6"), "'libm.so.6' is the library of another MPI", "has no 'ompi_mpi_comm_world'");
    }

    [Fact]
    public void The_values_of_a_tensor_are_exchanged_in_place()
    {
        using Tensor values = TensorArithmetic.Range(0, 5, ScalarType.Float32, CPU), odd = values.view(5, 1).expand(5, 2);
        nint address = TensorExchange.Address(values);
        OneProcess.Instance.OnHost(values, part =>
        {
            Assert.Equal(5 * sizeof(float), part.Length);
            BitConverter.TryWriteBytes(part[(2 * sizeof(float))..], 7f);
        });
        Assert.Equal([0f, 1, 7, 3, 4], values.data<float>().ToArray());
        Assert.Equal(address, TensorExchange.Address(values));
        Assert.Throws<ArgumentException>(() => TensorExchange.Address(odd));
    }
}
