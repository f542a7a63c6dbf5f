using System.Reflection;
using Consensus.ML.Torch.Runtime;
using TorchSharp;

namespace Consensus.ML.Tests.Shared;

/// <summary>
/// TorchSharp makes a <see cref="Scalar"/> from every number, and releases it before libtorch has read it: <c>a + b</c> (its factor, 1),
/// <c>a * 2</c>, <c>a.clamp(0, 1)</c>. A garbage collection that another thread starts in that moment frees it. Our code, tests included,
/// passes numbers through <see cref="TensorArithmetic"/>, which keeps them.
/// </summary>
internal static class LostNumbers
{
    /// <summary>Fails when a method of the assembly gives torch a number that torch may lose.</summary>
    public static void AssertNone(Assembly assembly)
    {
        HashSet<MethodBase> hazards = CallsThatMakeScalars();

        // The calls that were seen to fail must be among them. Otherwise this test would pass because it finds nothing.
        Assert.Contains(hazards, method => method.Name == "op_Addition");
        Assert.Contains(hazards, method => method.Name == nameof(torch.Tensor.add_));
        Assert.Contains(hazards, method => method.Name == nameof(torch.nn.functional.leaky_relu));

        string[] found =
        [
            .. MethodCalls.MethodsOf(assembly)
                .Where(method => MethodCalls.Home(method) != typeof(TensorArithmetic))
                .SelectMany(method => MethodCalls.Of(method)
                    .Where(hazards.Contains)
                    .Select(called => $"{MethodCalls.Home(method).Name} ({method.Name}) calls {called}"))
                .Distinct(),
        ];
        Assert.True(
            found.Length == 0,
            $"Use the members of {nameof(TensorArithmetic)} instead:{Environment.NewLine}{string.Join(Environment.NewLine, found)}");
    }

    /// <summary>
    /// TorchSharp's methods that make a scalar from a number, directly or through another of its methods, and the conversions themselves.
    /// </summary>
    private static HashSet<MethodBase> CallsThatMakeScalars()
    {
        MethodBase[] methods = [.. MethodCalls.MethodsOf(typeof(torch).Assembly).Where(method => !method.ContainsGenericParameters)];
        ILookup<MethodBase, MethodBase> callers = methods.SelectMany(
            method => MethodCalls.Of(method).Select(called => (Called: called, Caller: method)))
            .ToLookup(pair => pair.Called, pair => pair.Caller);
        HashSet<MethodBase> found = [.. methods.Where(method => method.DeclaringType == typeof(Scalar) && method.Name == "op_Implicit"
            || method.DeclaringType == typeof(ScalarExtensionMethods)
                && method.Name.StartsWith("To", StringComparison.Ordinal)
                && ((MethodInfo)method).ReturnType == typeof(Scalar))];
        var open = new Stack<MethodBase>(found);
        while (open.TryPop(out MethodBase? method))
        {
            foreach (MethodBase caller in callers[method].Where(found.Add))
            {
                open.Push(caller);
            }
        }

        return found;
    }
}
