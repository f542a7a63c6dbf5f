using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Machine;

/// <summary>Checks that libtorch computes rightly on this machine: <c>TorchRuntime.Check()</c>.</summary>
public static class TorchRuntimeCheck
{
    // Shares of the largest value. On a CPU, bfloat16 differed by up to 0.07. TF32 and float16 have three bits more, an eighth of that.
    private const double Float32Tolerance = 1e-3, TenBitsTolerance = 0.03, BFloat16Tolerance = 0.15;

    extension(TorchRuntime)
    {
        /// <summary>
        /// Computes a small network of each kind, forward, backward and to a map, on the CPU and on a device in each number format, and
        /// compares. Run it first on a new machine, or with another libtorch. It takes a few seconds, and always computes the same.
        /// </summary>
        /// <param name="device">"cpu", "cuda" or "cuda:N"; null for the GPU if there is one, else the CPU.</param>
        /// <param name="cancellation">Ends the check between two networks.</param>
        /// <returns>Every difference with its verdict. A bad verdict is no exception.</returns>
        /// <exception cref="ArgumentException"><paramref name="device"/> is none of the three forms.</exception>
        /// <exception cref="InvalidOperationException">The device that was asked for is not usable; the message says why.</exception>
        /// <exception cref="DllNotFoundException">There is no libtorch for this platform; the message says what to reference.</exception>
        /// <exception cref="OperationCanceledException">The check was cancelled.</exception>
        public static TorchReport Check(string? device = null, CancellationToken cancellation = default)
        {
            Device chosen = TorchDevice.Choose(device, gpuDeviceId: device is null ? 0 : null, fallbackToCpu: true).Device;
            bool isGpu = chosen.type == DeviceType.CUDA;
            string name = isGpu ? string.Create(CultureInfo.InvariantCulture, $"cuda:{chosen.index}") : "cpu";
            (string Name, Device Device)[] devices = isGpu ? [("cpu", CPU), (name, chosen)] : [("cpu", CPU)];
            var results = new List<TorchResult>();
            using (new TensorFloat32(isOn: false))
            {
                foreach (CheckedNetwork network in CheckedNetwork.CreateAll())
                {
                    CheckedValues? reference = null;
                    foreach ((string where, Device at) in devices)
                    {
                        foreach ((string format, Precision precision, double tolerance) in Formats(at))
                        {
                            cancellation.ThrowIfCancellationRequested();
                            var one = new Attempt(network, where, at, format, precision, tolerance);
                            results.Add(one.Run(ref reference));
                        }
                    }
                }
            }

            return new(
                ChosenLibtorch.Folder is { } folder ? $"{folder.Version ?? "of unknown version"} in {folder.Path}" : __version__,
                name, results);
        }
    }

    private static IEnumerable<(string Format, Precision Precision, double Tolerance)> Formats(Device device)
    {
        yield return ("float32", Precision.Float32, Float32Tolerance);
        if (device.type == DeviceType.CUDA)
        {
            yield return (TensorFloat32.Name, Precision.Float32, TenBitsTolerance);
        }

        yield return ("bfloat16", Precision.BFloat16, BFloat16Tolerance);
        yield return ("float16", Precision.Float16, TenBitsTolerance);
    }

    /// <summary>One network in one format on one device.</summary>
    private sealed record Attempt(
        CheckedNetwork Network, string Where, Device Device, string Format, Precision Precision, double Tolerance)
    {
        /// <summary>Computes and compares; the first result, of the CPU in float32, becomes the reference.</summary>
        public TorchResult Run(ref CheckedValues? reference)
        {
            if (WhyNotOffered() is { } reason)
            {
                return new(Network.Name, Where, Format, null, null, null, Tolerance, null, TorchVerdict.NotOffered, reason);
            }

            try
            {
                using var fast = new TensorFloat32(isOn: Format == TensorFloat32.Name);

                // The first round chooses kernels and takes memory.
                Network.Compute(Device, Precision);
                long before = Stopwatch.GetTimestamp();
                CheckedValues found = Network.Compute(Device, Precision);
                double milliseconds = Stopwatch.GetElapsedTime(before).TotalMilliseconds;
                bool isReference = reference is null;
                reference ??= found;
                double[] differences = isReference ? found.DifferencesFrom(Network.Recorded) : found.DifferencesFrom(reference);
                bool isGood = Array.TrueForAll(differences, difference => difference <= Tolerance);
                return new(
                    Network.Name, Where, Format, differences[0], differences[1], differences[2], Tolerance, milliseconds,
                    isGood ? TorchVerdict.Good : TorchVerdict.Differs, null);
            }
            catch (Exception exception) when (exception is ExternalException or InvalidOperationException or NotSupportedException)
            {
                return new(
                    Network.Name, Where, Format, null, null, null, Tolerance, null, TorchVerdict.Failed, exception.Message.Split('\n')[0]);
            }
        }

        private string? WhyNotOffered() =>
            Device.type == DeviceType.CUDA ? null
            : Precision == Precision.Float16 ? "not for CPUs, which are a hundred times slower in it"
            : ProcessorFormats.Effective(Precision, Device) != Precision ? ProcessorFormats.WhyNotBFloat16
            : null;
    }

    /// <summary>Turns TF32 on or off for the whole process, and back when it is disposed.</summary>
    private sealed class TensorFloat32 : IDisposable
    {
        public const string Name = "float32 (TF32)";

        private readonly bool _products = backends.cuda.matmul.allow_tf32, _convolutions = backends.cudnn.allow_tf32;

        public TensorFloat32(bool isOn) => (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) = (isOn, isOn);

        public void Dispose() => (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) = (_products, _convolutions);
    }
}
