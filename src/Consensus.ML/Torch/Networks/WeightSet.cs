using Consensus.ML.Options;
using Consensus.ML.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Consensus.ML.Torch.Networks;

/// <summary>
/// The values of a network's weights: one flat float32 tensor, and a view of it for each weight. Optimizer and moving average then
/// work on one tensor instead of hundreds.
/// </summary>
internal sealed class WeightSet : IDisposable
{
    // Views begin at multiples of 64 bytes, which is faster for the convolution kernels.
    private const long Alignment = 16;

    private readonly Tensor[] _views;

    private WeightSet(WeightLayout layout, Tensor flat)
    {
        Layout = layout;
        Flat = flat;
        _views = Views(layout, flat);
    }

    /// <summary>The names and shapes.</summary>
    public WeightLayout Layout { get; }

    /// <summary>All values, float32, one dimension; weights that may be held in a 16-bit format come first.</summary>
    public Tensor Flat { get; }

    /// <summary>A view of each weight, in the layout's order.</summary>
    public IReadOnlyList<Tensor> Weights => _views;

    /// <summary>Zeros.</summary>
    public static WeightSet Zeros(WeightLayout layout, Device device)
    {
        Tensor flat = torch.zeros(FlatLength(layout), ScalarType.Float32, device).DetachFromDisposeScope();
        return new(layout, flat);
    }

    /// <summary>Seeded initial values, the same on every device.</summary>
    public static WeightSet Initialize(WeightLayout layout, Device device, int seed)
    {
        WeightSet set = Zeros(layout, device);
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using Generator generator = SeededNumbers.Begin((uint)seed);
        for (int i = 0; i < layout.Specs.Count; i++)
        {
            WeightSpec spec = layout.Specs[i];
            switch (spec.Initialization)
            {
                case Initialization.Ones:
                    set._views[i].FillInPlace(1);
                    break;
                case Initialization.Normal:
                    set._views[i].copy_(SeededNumbers.Normal(spec.Shape, CPU, generator));
                    break;
                case Initialization.Uniform:
                    double bound = 1 / Math.Sqrt(spec.FanIn);
                    set._views[i].copy_(SeededNumbers.Uniform(spec.Shape, CPU, generator).TimesInPlace(2 * bound).PlusInPlace(-bound));
                    break;
                default:
                    break;
            }
        }

        return set;
    }

    /// <summary>A copy of the values.</summary>
    public WeightSet Clone() => new(Layout, Flat.clone().DetachFromDisposeScope());

    /// <summary>The same values, which stay until both sets are disposed.</summary>
    public WeightSet Share() => new(Layout, Flat.alias().DetachFromDisposeScope());

    /// <summary>Length of the leading part of <see cref="Flat"/> that may be held in a 16-bit format.</summary>
    public static long LowPrecisionLength(WeightLayout layout) => layout.Specs.Where(spec => spec.LowPrecision).Sum(Padded);

    /// <summary>Length of <see cref="Flat"/>.</summary>
    public static long FlatLength(WeightLayout layout) => layout.Specs.Sum(Padded);

    /// <summary>
    /// A view for each weight of a flat tensor with the layout of <see cref="Flat"/>. With <paramref name="lowPrecisionOnly"/>, the tensor
    /// is only the leading part, and the other weights get null.
    /// </summary>
    public static Tensor[] Views(WeightLayout layout, Tensor flat, bool lowPrecisionOnly = false)
    {
        using var scope = NewDisposeScope();
        var views = new Tensor[layout.Specs.Count];
        long low = 0, full = LowPrecisionLength(layout);
        for (int i = 0; i < views.Length; i++)
        {
            WeightSpec spec = layout.Specs[i];
            ref long at = ref spec.LowPrecision ? ref low : ref full;
            if (spec.LowPrecision || !lowPrecisionOnly)
            {
                views[i] = flat.narrow(0, at, spec.Count).view(spec.Shape).detach().DetachFromDisposeScope();
            }

            at += Padded(spec);
        }

        return views;
    }

    /// <summary>
    /// The weights for a forward pass at <paramref name="precision"/>: views of <see cref="Flat"/>, or 16-bit copies where the layout
    /// allows them. The caller disposes the copies.
    /// </summary>
    /// <param name="precision">The number format.</param>
    /// <param name="norms">
    /// Whether to copy the weights of norms too, because the kernel needs a single type; null: on a GPU. They are rounded as in each call.
    /// </param>
    public PreparedWeights Prepare(Precision precision, bool? norms = null)
    {
        if (precision == Precision.Float32)
        {
            return new(_views, null, []);
        }

        using var scope = NewDisposeScope();
        Tensor low = Flat.narrow(0, 0, LowPrecisionLength(Layout)).to_type(precision.HeavyType()).DetachFromDisposeScope();
        Tensor?[] owned = Views(Layout, low, lowPrecisionOnly: true);
        if (norms ?? Flat.device_type != DeviceType.CPU)
        {
            for (int i = 0; i < owned.Length; i++)
            {
                owned[i] ??= Layout.Specs[i].IsNorm ? _views[i].to_type(precision.HeavyType()).DetachFromDisposeScope() : null;
            }
        }

        Tensor[] weights = [.. owned.Select((view, i) => view ?? _views[i])];
        return new(weights, low, owned);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor view in _views)
        {
            view.Dispose();
        }

        Flat.Dispose();
    }

    private static long Padded(WeightSpec spec) => (spec.Count + Alignment - 1) / Alignment * Alignment;
}

/// <summary>Weights ready for a forward pass; owns the copies that were made for it.</summary>
internal sealed class PreparedWeights(IReadOnlyList<Tensor> weights, Tensor? copy, IReadOnlyList<Tensor?> views) : IDisposable
{
    /// <summary>One tensor for each weight, in the layout's order.</summary>
    public IReadOnlyList<Tensor> Weights { get; } = weights;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? view in views)
        {
            view?.Dispose();
        }

        copy?.Dispose();
    }
}
