using System.Reflection;
using System.Reflection.Emit;

namespace Consensus.ML.Tests.Shared;

/// <summary>Finds the methods that a method calls, from its compiled code.</summary>
internal static class MethodCalls
{
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    /// <summary>All methods and constructors with code in an assembly, including those of lambdas and iterators.</summary>
    public static IEnumerable<MethodBase> MethodsOf(Assembly assembly) =>
        assembly.GetTypes()
            .SelectMany(type => type.GetMembers(Everything))
            .OfType<MethodBase>()
            .Where(method => method.GetMethodBody() is not null);

    /// <summary>
    /// The methods and constructors that a method calls, or of which it makes a delegate. For generic methods, their declaration.
    /// </summary>
    public static IEnumerable<MethodBase> Of(MethodBase method) =>
        Operands(method, OperandType.InlineMethod, (module, token, type, own) => module.ResolveMethod(token, type, own)!)
            .Select(called => called is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericMethodDefinition() : called);

    /// <summary>The fields that a method reads or writes.</summary>
    public static IEnumerable<FieldInfo> FieldsOf(MethodBase method) =>
        Operands(method, OperandType.InlineField, (module, token, type, own) => module.ResolveField(token, type, own)!);

    private static IEnumerable<T> Operands<T>(MethodBase method, OperandType kind, Func<Module, int, Type[]?, Type[]?, T> resolve)
    {
        byte[] code = method.GetMethodBody()!.GetILAsByteArray()!;
        Type[]? typeArguments = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        Type[]? methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (int at = 0; at < code.Length;)
        {
            // Codes of two bytes begin with 0xFE.
            OpCode operation = Codes[code[at] == 0xFE ? (short)(0xFE00 | code[at + 1]) : code[at]];
            at += operation.Size;
            if (operation.OperandType == kind)
            {
                yield return resolve(method.Module, BitConverter.ToInt32(code, at), typeArguments, methodArguments);
            }

            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.ShortInlineR => 4,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    /// <summary>The outermost type that a member belongs to. Types that the compiler makes for lambdas are skipped.</summary>
    public static Type Home(MethodBase method)
    {
        Type type = method.DeclaringType!;
        while (type.DeclaringType is Type outer)
        {
            type = outer;
        }

        return type;
    }
}
