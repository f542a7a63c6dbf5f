using System.Reflection;

namespace Consensus.ML.MLNet;

/// <summary>The version of a library, as in its package.</summary>
internal static class AssemblyVersion
{
    /// <summary>The version of an assembly, without the commit that the build appends to it.</summary>
    public static string Read(Assembly assembly)
    {
        string? full = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return (full ?? assembly.GetName().Version?.ToString() ?? "unknown").Split('+')[0];
    }
}
