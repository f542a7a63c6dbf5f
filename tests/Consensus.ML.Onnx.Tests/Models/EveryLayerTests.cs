using System.Reflection;
using Consensus.ML.Graphs;
using Consensus.ML.Torch.Networks;
using static TorchSharp.torch;

namespace Consensus.ML.Onnx.Tests.Models;

/// <summary>A layer that computes with torch can also write itself into a graph, part by part.</summary>
public sealed class EveryLayerTests
{
    private const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Fact]
    public void Every_layer_with_a_forward_pass_can_be_exported()
    {
        // ISampledNetwork has a graph of its own, EmitSamples, for two of its methods together; its loss is for training alone.
        MethodInfo[] passes =
        [
            .. Passes(typeof(UNet).Assembly.GetTypes().Where(type => type.Namespace == typeof(UNet).Namespace && !type.IsInterface)),
        ];

        // Convolution, linear, norm, residual block, attention, down, up, encoder, its blocks and parts, U-Net, its stages, and the whole.
        Assert.True(passes.Length >= 17, $"only {passes.Length} passes were found");
        Assert.Empty(Missing(passes));
    }

    [Fact]
    public void A_layer_without_the_other_half_is_found() =>
        Assert.Equal(["OneSided.Forward has no Emit"], Missing([.. Passes([typeof(OneSided)])]));

    private static IEnumerable<MethodInfo> Passes(IEnumerable<Type> types) => types
        .SelectMany(type => type.GetMethods(Public))
        .Where(method => method.ReturnType == typeof(Tensor)
            && method.GetParameters().Any(parameter => parameter.ParameterType == typeof(ForwardContext)));

    private static IEnumerable<string> Missing(IEnumerable<MethodInfo> passes) =>
        from pass in passes
        let name = pass.Name == "Forward" ? "Emit" : $"Emit{pass.Name}"
        where !pass.DeclaringType!.GetMethods(Public).Any(method => method.Name == name
            && method.ReturnType == typeof(GraphValue)
            && method.GetParameters().Any(parameter => parameter.ParameterType == typeof(GraphContext))
            && Required(method) == Required(pass))
        select $"{pass.DeclaringType!.Name}.{pass.Name} has no {name}";

    // An optional parameter is another way to the same values, such as a copy that a GPU is spared.
    private static int Required(MethodInfo method) => method.GetParameters().Count(parameter => !parameter.IsOptional);

    private sealed class OneSided
    {
        public static Tensor Forward(ForwardContext context, Tensor input) => context.Training ? input : input.alias();

        // This belongs to another name.
        public static GraphValue EmitOther(GraphContext context, GraphValue input) => context.Prefix.Length == 0 ? input : input.Silu();
    }
}
