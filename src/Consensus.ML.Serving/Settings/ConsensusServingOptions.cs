using System.Globalization;
using Microsoft.ML;

namespace Consensus.ML.Serving.Settings;

/// <summary>Which model is served, and how much one server takes on.</summary>
public sealed class ConsensusServingOptions
{
    /// <summary>
    /// The model's file: a zip as <c>consensus train</c> or <c>ml.Model.Save</c> wrote it, or an ONNX file (.onnx) as
    /// <c>consensus export</c> or <c>SaveOnnx</c> wrote it. Either this or <see cref="Model"/> is needed.
    /// Default null.
    /// </summary>
    public string? ModelPath { get; set; }

    /// <summary>
    /// Gives the model in place of <see cref="ModelPath"/>: a chain that begins with LoadSlices, or at a column of slices. It is called
    /// once for each of <see cref="Workers"/> and must return another model each time, which the server disposes. Default null.
    /// </summary>
    public Func<MLContext, ITransformer>? Model { get; set; }

    /// <summary>
    /// Where the model of <see cref="ModelPath"/> computes: "cpu", "cuda" or "cuda:N". Null (the default) takes the first GPU where there
    /// is one, else the CPU; for an ONNX file, the CPU.
    /// </summary>
    public string? Device { get; set; }

    /// <summary>
    /// Requests that are predicted at a time, 1 to 64. Each has its own copy of the model. They share the processor's cores equally; a
    /// request that is alone has all of them. Default: as many as there are cores, at most 4. On a GPU, 1 is enough.
    /// </summary>
    public int Workers { get; set; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>
    /// Requests that may wait while <see cref="Workers"/> are predicted, 0 to 10000. Requests beyond that are refused with status 429.
    /// Default 16.
    /// </summary>
    public int QueueLength { get; set; } = 16;

    /// <summary>The most bytes of a request's body, at least 1. Larger ones are refused with status 413. Default 64 MiB.</summary>
    public long MaximumBodyBytes { get; set; } = 64L << 20;

    /// <summary>
    /// The most values of a decoded image over all channels and slices, and of the maps that one answer may hold; at least 1. Default 2²⁵,
    /// which take 128 MiB as single-precision values.
    /// </summary>
    public long MaximumValues { get; set; } = 1L << 25;

    /// <summary>The most slices of a volume, at least 1. Default 1024.</summary>
    public int MaximumSlices { get; set; } = 1024;

    /// <summary>The most generations that a request may ask for, 1 to 1000. Default 100.</summary>
    public int MaximumGenerations { get; set; } = 100;

    /// <summary>
    /// How long a request may take from its arrival to its maps: the transfer of its body, the wait in the queue and the prediction
    /// together. Above zero, at most one day. Default one minute.
    /// </summary>
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The least bytes that a client must send in a second, on average, once <see cref="BodyGrace"/> is over; 0 for no limit. Default 1024.
    /// </summary>
    public double MinimumBytesPerSecond { get; set; } = 1024;

    /// <summary>How long a client may send more slowly. Above one second. Default five seconds.</summary>
    public TimeSpan BodyGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Refuses a value that is out of range.</summary>
    internal void Check()
    {
        if (ModelPath is null == Model is null)
        {
            throw new ArgumentException(
                ModelPath is null
                    ? $"There is no model to serve: set {nameof(ModelPath)} or {nameof(Model)}."
                    : $"Set either {nameof(ModelPath)} or {nameof(Model)}, not both.");
        }

        Require(nameof(Workers), Workers, 1, 64);
        Require(nameof(QueueLength), QueueLength, 0, 10_000);
        Require(nameof(MaximumBodyBytes), MaximumBodyBytes, 1, int.MaxValue);
        Require(nameof(MaximumValues), MaximumValues, 1, int.MaxValue);
        Require(nameof(MaximumSlices), MaximumSlices, 1, int.MaxValue);
        Require(nameof(MaximumGenerations), MaximumGenerations, 1, 1000);
        if (TimeLimit <= TimeSpan.Zero || TimeLimit > TimeSpan.FromDays(1))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"{nameof(TimeLimit)} is {TimeLimit}; it must be above zero and at most one day."));
        }

        if (!double.IsFinite(MinimumBytesPerSecond) || MinimumBytesPerSecond < 0)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"{nameof(MinimumBytesPerSecond)} is {MinimumBytesPerSecond}; it must be 0 or more."));
        }

        if (BodyGrace <= TimeSpan.FromSeconds(1))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"{nameof(BodyGrace)} is {BodyGrace}; it must be above one second."));
        }
    }

    private static void Require(string name, long value, long smallest, long largest)
    {
        if (value < smallest || value > largest)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"{name} is {value}; it must be from {smallest} to {largest}."));
        }
    }
}
