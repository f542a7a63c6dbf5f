// Writes a copy of an assembly in which the named types are public, for the compiler to reference.
// usage: Consensus.ML.Build <assembly.dll> <copy.dll> <Full.Type.Name;Outer+Nested;...>
// A generic type is named as Name:1 for one parameter: shells would take the metadata's backquote for a command.
// The copy is only ever compiled against: identity, method bodies and MVID stay, so the shipped assembly takes its place at run time.

using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

if (args.Length != 3)
{
    Console.Error.WriteLine("usage: Consensus.ML.Build <assembly.dll> <copy.dll> <Full.Type.Name;Outer+Nested;...>");
    return 2;
}

byte[] image = File.ReadAllBytes(args[0]);
var wanted = args[2].Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToHashSet();
if (wanted.Count == 0)
{
    Console.Error.WriteLine($"{Path.GetFileName(args[0])} : error CML002: no type was named");
    return 2;
}

using (var reader = new PEReader(new MemoryStream([.. image])))
{
    new VisibilityEditor(image, reader).Open(wanted);
}

if (wanted.Count > 0)
{
    // The form "origin : error CODE: text" is what MSBuild shows as a build error.
    Console.Error.WriteLine(
        $"{Path.GetFileName(args[0])} : error CML001: has no type {string.Join(", ", wanted)}: "
        + "this version of ML.NET has other internals than the one Consensus.ML was written for");
    return 1;
}

string target = Path.GetFullPath(args[1]);
Directory.CreateDirectory(Path.GetDirectoryName(target)!);
string temporary = $"{target}.{Environment.ProcessId}.tmp";
File.WriteAllBytes(temporary, image);
File.Move(temporary, target, overwrite: true);
return 0;

/// <summary>Flips accessibility bits in the metadata tables of an assembly image, in place (ECMA-335, II.22 and II.23.1).</summary>
internal sealed class VisibilityEditor(byte[] image, PEReader reader)
{
    private const int TypeVisibilityMask = 0x07, TypePublic = 0x01, TypeNestedPublic = 0x02;
    private const int MemberAccessMask = 0x07, MemberFamilyAndAssembly = 0x02, MemberAssembly = 0x03, MemberFamily = 0x04,
        MemberPublic = 0x06;

    private readonly MetadataReader _metadata = reader.GetMetadataReader();
    private readonly int _metadataStart = reader.PEHeaders.MetadataStartOffset;

    /// <summary>
    /// Makes each type named in <paramref name="wanted"/>, and its internal members, public; removes from the set what it found.
    /// </summary>
    public void Open(HashSet<string> wanted)
    {
        foreach (TypeDefinitionHandle handle in _metadata.TypeDefinitions)
        {
            if (!wanted.Remove(FullName(handle)))
            {
                continue;
            }

            TypeDefinition type = _metadata.GetTypeDefinition(handle);
            int flags = RowOffset(TableIndex.TypeDef, handle);
            int open = type.GetDeclaringType().IsNil ? TypePublic : TypeNestedPublic;
            image[flags] = (byte)((image[flags] & ~TypeVisibilityMask) | open);

            // Flags of a method follow its RVA (4 bytes) and implementation flags (2); those of a field come first.
            foreach (MethodDefinitionHandle method in type.GetMethods())
            {
                OpenMember(RowOffset(TableIndex.MethodDef, method) + 6);
            }

            foreach (FieldDefinitionHandle field in type.GetFields())
            {
                OpenMember(RowOffset(TableIndex.Field, field));
            }
        }
    }

    private void OpenMember(int offset)
    {
        int? open = (image[offset] & MemberAccessMask) switch
        {
            MemberAssembly => MemberPublic,
            MemberFamilyAndAssembly => MemberFamily,
            _ => null,
        };
        if (open is int access)
        {
            image[offset] = (byte)((image[offset] & ~MemberAccessMask) | access);
        }
    }

    private int RowOffset(TableIndex table, EntityHandle handle) =>
        _metadataStart + _metadata.GetTableMetadataOffset(table)
        + ((MetadataTokens.GetRowNumber(handle) - 1) * _metadata.GetTableRowSize(table));

    private string FullName(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        TypeDefinitionHandle outer = type.GetDeclaringType();
        string name = _metadata.GetString(type.Name).Replace('`', ':');
        return outer.IsNil ? $"{_metadata.GetString(type.Namespace)}.{name}" : $"{FullName(outer)}+{name}";
    }
}
