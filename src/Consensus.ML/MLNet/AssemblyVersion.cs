using System.Reflection;

namespace Consensus.ML.MLNet;

/// <summary>The version of a library, as its package has it.</summary>
internal static class AssemblyVersion
{
    /// <summary>The version without the commit that the build appends to it.</summary>
    public static string Of(Assembly assembly)
    {
        string? full = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return (full ?? assembly.GetName().Version?.ToString() ?? "unknown").Split('+')[0];
    }
}
