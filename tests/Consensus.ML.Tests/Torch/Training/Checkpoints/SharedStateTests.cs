using Consensus.ML.Tests.Shared;
using Consensus.ML.Tests.Torch.Collectives;
using Consensus.ML.Torch.Collectives;
using Consensus.ML.Torch.Training.Checkpoints;
using TorchSharp;

namespace Consensus.ML.Tests.Torch.Training.Checkpoints;

/// <summary>What the processes of a training compare before they exchange anything else.</summary>
public sealed class SharedStateTests
{
    [Fact]
    public void A_process_without_a_gpu_beside_one_with_a_gpu_is_refused_and_the_message_names_both_devices()
    {
        (int Result, Exception? Failure)[] outcomes = ThreadCollective.Run(2, processes =>
        {
            var fingerprint = new TrainingFingerprint(new Dictionary<string, string>(), []);
            SharedState.EnsureSame(processes, fingerprint, processes.Rank == 0 ? DeviceType.CUDA : DeviceType.CPU);
            return 0;
        });
        Complaint.Expect<InvalidDataException>(() => throw outcomes[1].Failure!, "Process 1 computes on CPU and process 0 on CUDA");
        Assert.IsType<OtherProcessException>(outcomes[0].Failure);
    }
}
