using System.Collections.Immutable;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Consensus.ML.Cli.Tests;

/// <summary>
/// Searches the code of an assembly for conversions between text and numbers or dates that depend on the current culture. The analyzers see
/// most such calls. They do not look into interpolated strings, and not into a program that is built for the invariant culture alone.
/// </summary>
internal sealed class CultureScan
{
    private static readonly Dictionary<int, OpCode> OpCodesByValue = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value);

    // Types whose values every culture writes in its own way. A whole number differs only if it is negative or grouped.
    private static readonly HashSet<string> Fractions =
        [
            "float", "double", "decimal", "System.Half", "System.DateTime", "System.DateTimeOffset", "System.DateOnly", "System.TimeOnly",
            "object", "System.IFormattable",
        ];

    private static readonly HashSet<string> Numbers = [.. Fractions, "sbyte", "short", "int", "long", "byte", "ushort", "uint", "ulong"];

    private static readonly HashSet<string> Handlers =
    [
        "System.Runtime.CompilerServices.DefaultInterpolatedStringHandler", "System.Text.StringBuilder.AppendInterpolatedStringHandler",
    ];

    private readonly MetadataReader _metadata;
    private readonly PEReader _file;
    private readonly Names _names = new();

    private CultureScan(PEReader file) => (_file, _metadata) = (file, file.GetMetadataReader());

    /// <summary>The findings, each as "Type.Method: what".</summary>
    public static IReadOnlyList<string> Of(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var scan = new CultureScan(file);
        return [.. scan._metadata.MethodDefinitions.SelectMany(scan.Scan)];
    }

    private IEnumerable<string> Scan(MethodDefinitionHandle handle)
    {
        MethodDefinition method = _metadata.GetMethodDefinition(handle);
        string name = _metadata.GetString(method.Name);

        string place = $"{_names.GetTypeFromDefinition(_metadata, method.GetDeclaringType(), 0)}.{name}";

        // The compiler writes ToString of records and anonymous types. These texts are no messages.
        if (method.RelativeVirtualAddress == 0 || name == "PrintMembers" || place.StartsWith("<>f", StringComparison.Ordinal))
        {
            yield break;
        }

        BlobReader code = _file.GetMethodBody(method.RelativeVirtualAddress).GetILReader();

        // In the code, the parts of an interpolated string stand between the constructor of its handler and the call that takes its text.
        // The parts of an inner string stand in between.
        var open = new Stack<bool>();
        string lastText = "", lastCall = "";
        string? constrained = null;
        while (code.RemainingBytes > 0)
        {
            int value = code.ReadByte();
            OpCode opcode = OpCodesByValue[value == 0xFE ? (value << 8) | code.ReadByte() : value];
            int token = 0;
            switch (opcode.OperandType)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.InlineSwitch:
                    int targets = code.ReadInt32();
                    code.Offset += 4 * targets;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += 8;
                    break;
                case OperandType.InlineVar:
                    code.Offset += 2;
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset += 1;
                    break;
                default:
                    token = code.ReadInt32();
                    break;
            }

            if (opcode == OpCodes.Ldstr)
            {
                lastText = _metadata.GetUserString(MetadataTokens.UserStringHandle(token & 0xFFFFFF));
            }
            else if (opcode == OpCodes.Constrained)
            {
                constrained = TypeName(MetadataTokens.EntityHandle(token));
            }
            else if (opcode.OperandType == OperandType.InlineMethod)
            {
                Call call = Describe(MetadataTokens.EntityHandle(token));
                if (Handlers.Contains(call.Type) && call.Name == ".ctor")
                {
                    open.Push(call.TakesProvider && lastCall == "System.Globalization.CultureInfo.get_InvariantCulture");
                }
                else if (Handlers.Contains(call.Type)
                    && call.Name == "AppendFormatted"
                    && !open.Peek()
                    && Shows(call, lastText) is { } shown)
                {
                    yield return $"{place}: a {shown} in an interpolated string";
                }
                else if (open.Count > 0
                    && (call.Name == "ToStringAndClear" || call.Parameters.Any(type => Handlers.Contains(type.TrimEnd('&')))))
                {
                    open.Pop();
                }
                else if (Culprit(call, constrained, lastText) is { } culprit)
                {
                    yield return $"{place}: {culprit}";
                }

                (lastCall, constrained) = ($"{call.Type}.{call.Name}", null);
            }
        }
    }

    private static string? Shows(Call call, string lastText)
    {
        string type = call.Generic.Length == 1 ? call.Generic[0] : call.Parameters[0];
        bool formatted = call.Parameters.Length > 1 && call.Parameters[^1] == "string";
        return Depends(type) || (formatted && Numbers.Contains(type) && IsCultural(lastText)) ? type : null;
    }

    private static string? Culprit(Call call, string? constrained, string lastText)
    {
        if (call.TakesProvider)
        {
            return null;
        }

        string type = call.Name == "ToString" && constrained is not null ? constrained : call.Type;
        bool culprit = call.Name switch
        {
            "ToString" => call.Parameters.Length == 0
                ? Depends(type) && type != "object"
                : Numbers.Contains(type) && (Fractions.Contains(type) || IsCultural(lastText)),
            "Parse" or "TryParse" => Numbers.Contains(type),
            "ToLower" or "ToUpper" => type is "string" or "char",
            "Append" or "Insert" => type == "System.Text.StringBuilder" && call.Parameters.Any(Depends),
            "Write" or "WriteLine" => type is "System.IO.TextWriter" or "System.Console" && call.Parameters.Any(Depends),
            "Join" or "Concat" =>
                type == "string" && (call.Generic.Any(Depends) || call.Parameters.Any(parameter => parameter is "object" or "object[]")),
            "Format" => type == "string",
            _ => type == "System.Convert"
                && call.Parameters.Concat([call.Returns]).Any(Fractions.Contains)
                && call.Parameters.Concat([call.Returns]).Contains("string"),
        };
        return culprit ? $"{type}.{call.Name}" : null;
    }

    // A type parameter may be any of these types.
    private static bool Depends(string type) => Fractions.Contains(type) || type.StartsWith('!');

    private static bool IsCultural(string format) =>
        format.IndexOfAny(['N', 'n', 'C', 'P', 'p', 'E', 'F', 'f', ',', '.', '%', ':', '/']) >= 0;

    private Call Describe(EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.MethodSpecification:
                MethodSpecification specification = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                return Describe(specification.Method) with { Generic = [.. specification.DecodeSignature(_names, null)] };
            case HandleKind.MemberReference:
                MemberReference member = _metadata.GetMemberReference((MemberReferenceHandle)handle);
                return From(TypeName(member.Parent), _metadata.GetString(member.Name), member.DecodeMethodSignature(_names, null));
            default:
                MethodDefinition method = _metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                return From(
                    _names.GetTypeFromDefinition(_metadata, method.GetDeclaringType(), 0),
                    _metadata.GetString(method.Name),
                    method.DecodeSignature(_names, null));
        }

        static Call From(string type, string name, MethodSignature<string> signature) =>
            new(type, name, [.. signature.ParameterTypes], signature.ReturnType, []);
    }

    private string TypeName(EntityHandle handle) => handle.Kind switch
    {
        HandleKind.TypeReference => Names.Short(_names.GetTypeFromReference(_metadata, (TypeReferenceHandle)handle, 0)),
        HandleKind.TypeDefinition => _names.GetTypeFromDefinition(_metadata, (TypeDefinitionHandle)handle, 0),
        HandleKind.TypeSpecification => _metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(_names, null),
        _ => "",
    };

    private sealed record Call(string Type, string Name, string[] Parameters, string Returns, string[] Generic)
    {
        public bool TakesProvider => Parameters.Any(type => type is "System.IFormatProvider" or "System.Globalization.CultureInfo");
    }

    /// <summary>The types by name. A nullable type counts as the type inside it.</summary>
    private sealed class Names : ISignatureTypeProvider<string, object?>
    {
        public static string Short(string name) => name switch
        {
            "System.Single" => "float",
            "System.Double" => "double",
            "System.Decimal" => "decimal",
            "System.SByte" => "sbyte",
            "System.Int16" => "short",
            "System.Int32" => "int",
            "System.Int64" => "long",
            "System.Byte" => "byte",
            "System.UInt16" => "ushort",
            "System.UInt32" => "uint",
            "System.UInt64" => "ulong",
            "System.Object" => "object",
            "System.String" => "string",
            "System.Char" => "char",
            _ => name,
        };

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => Short($"System.{typeCode}");

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
        {
            TypeDefinition type = reader.GetTypeDefinition(handle);
            string name = reader.GetString(type.Name);
            return type.GetDeclaringType() is { IsNil: false } outer
                ? $"{GetTypeFromDefinition(reader, outer, 0)}.{name}"
                : $"{reader.GetString(type.Namespace)}.{name}".TrimStart('.');
        }

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            TypeReference type = reader.GetTypeReference(handle);
            string name = reader.GetString(type.Name);
            return Short(type.ResolutionScope.Kind == HandleKind.TypeReference
                ? $"{GetTypeFromReference(reader, (TypeReferenceHandle)type.ResolutionScope, 0)}.{name}"
                : $"{reader.GetString(type.Namespace)}.{name}");
        }

        public string GetTypeFromSpecification(
            MetadataReader reader,
            object? genericContext,
            TypeSpecificationHandle handle,
            byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) =>
            genericType == "System.Nullable`1" ? typeArguments[0] : $"{genericType}<{string.Join(", ", typeArguments)}>";

        public string GetArrayType(string elementType, ArrayShape shape) => elementType + "[,]";

        public string GetSZArrayType(string elementType) => elementType + "[]";

        public string GetByReferenceType(string elementType) => elementType + "&";

        public string GetPointerType(string elementType) => elementType + "*";

        public string GetFunctionPointerType(MethodSignature<string> signature) => "function";

        public string GetGenericMethodParameter(object? genericContext, int index) => "!!" + index;

        public string GetGenericTypeParameter(object? genericContext, int index) => "!" + index;

        public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => unmodifiedType;

        public string GetPinnedType(string elementType) => elementType;
    }
}
