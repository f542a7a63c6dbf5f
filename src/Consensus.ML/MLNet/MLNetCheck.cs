using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Consensus.ML.MLNet;

/// <summary>
/// Checks once whether the loaded ML.NET has the internals that <see cref="MLNetInternals"/> uses. If it has not, the check reports the
/// version in one sentence before any work begins. Without it, a type would fail to load in the middle of a pipeline.
/// </summary>
internal static class MLNetCheck
{
    /// <summary>The version of ML.NET that this library is built and tested with.</summary>
    public const string KnownVersion = "5.0.1";

    /// <summary>The metadata of this assembly that names the types which the build opens (MLNetInternals.targets).</summary>
    private const string OpenedTypes = "MLNetInternals";

    // The members of the opened types that this library uses, as Describe writes them. A test compares the list with the code.
    internal static readonly string[] Members =
    [
        "Microsoft.ML.Data.IInternalCatalog.get_Environment()",
        "Microsoft.ML.Data.ITransformerChainAccessor.get_Scopes()",
        "Microsoft.ML.Data.ITransformerChainAccessor.get_Transformers()",
        "Microsoft.ML.LoadableClassAttribute..ctor(Type, Type, Type, String, String[])",
        "Microsoft.ML.LoadableClassAttribute..ctor(Type, Type, Type, Type, String, String[])",
        "Microsoft.ML.ModelLoadContext.CheckAtModel(VersionInfo)",
        "Microsoft.ML.ModelLoadContext.Directory",
        "Microsoft.ML.ModelLoadContext.Reader",
        "Microsoft.ML.ModelLoadContext.Repository",
        "Microsoft.ML.ModelLoadContext.TryLoadBinaryStream(String, Action`1)",
        "Microsoft.ML.ModelSaveContext.CheckAtModel()",
        "Microsoft.ML.ModelSaveContext.SaveBinaryStream(String, Action`1)",
        "Microsoft.ML.ModelSaveContext.SetVersionInfo(VersionInfo)",
        "Microsoft.ML.ModelSaveContext.Writer",
        "Microsoft.ML.Runtime.ICancelable.get_IsCanceled()",
        "Microsoft.ML.Runtime.IHostEnvironmentInternal.get_FallbackToCpu()",
        "Microsoft.ML.Runtime.IHostEnvironmentInternal.get_GpuDeviceId()",
        "Microsoft.ML.Runtime.IHostEnvironmentInternal.get_Seed()",
        "Microsoft.ML.SchemaShape+Column..ctor(String, VectorKind, DataViewType, Boolean, SchemaShape)",
        "Microsoft.ML.SchemaShape+Column.ItemType",
        "Microsoft.ML.SchemaShape+Column.Kind",
        "Microsoft.ML.SchemaShape+Column.Name",
        "Microsoft.ML.TrainCatalogBase+CrossValidationResult`1..ctor(ITransformer, T, IDataView, Int32)",
        "Microsoft.ML.TrainCatalogBase+CrossValidationResult`1.Model",
        "Microsoft.ML.TrainerInfo..ctor(Boolean, Boolean, Boolean, Boolean, Boolean, Boolean)",
        "Microsoft.ML.VersionInfo..ctor(String, UInt32, UInt32, UInt32, String, String, String)",
    ];

    // The private members of public types that this library uses, as Describe writes them. A test compares the list with the code.
    internal static readonly string[] PrivateMembers =
    [
        "Microsoft.ML.Data.EstimatorChain`1..ctor(IHostEnvironment, IEstimator`1[], TransformerScope[], Boolean[])",
        "Microsoft.ML.Data.EstimatorChain`1._estimators",
        "Microsoft.ML.Data.EstimatorChain`1._host",
        "Microsoft.ML.Data.EstimatorChain`1._needCacheAfter",
        "Microsoft.ML.Data.EstimatorChain`1._scopes",
    ];

    private static readonly Lazy<string?> Found = new(() =>
        Problem([typeof(IHostEnvironment).Assembly, typeof(MLContext).Assembly], AssemblyVersion.Read(typeof(MLContext).Assembly)));

    /// <summary>
    /// Call this before any use of an internal type, from a method that uses no internal type: the runtime resolves the types of a whole
    /// method at once.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// This ML.NET has other internals; the message names its version and the one that works.
    /// </exception>
    public static void Ensure()
    {
        if (Found.Value is { } problem)
        {
            throw new InvalidOperationException(problem);
        }
    }

    /// <summary>
    /// What is wrong with these assemblies of ML.NET, as one sentence; null if they have everything that this library uses.
    /// </summary>
    internal static string? Problem(IReadOnlyList<Assembly> assemblies, string version)
    {
        string? missing = null;
        HashSet<string> members = [];
        foreach (string name in Opened().Append(typeof(EstimatorChain<>).FullName!))
        {
            if (assemblies.Select(assembly => assembly.GetType(name)).FirstOrDefault(type => type is not null) is not { } type)
            {
                missing ??= name;
                continue;
            }

            const BindingFlags all =
                BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
            members.UnionWith(type.GetMembers(all).Where(member => member is MethodBase or FieldInfo).Select(Describe));
        }

        missing ??= Members.Concat(PrivateMembers).FirstOrDefault(member => !members.Contains(member));
        return missing is null
            ? null
            : $"ML.NET {version} is loaded, but this version of Consensus.ML works with ML.NET {KnownVersion}, whose internals it needs "
                + $"(here there is no {missing}): reference the package Microsoft.ML in version {KnownVersion}.";
    }

    /// <summary>Names of the types that the build opens.</summary>
    internal static IEnumerable<string> Opened() => typeof(MLNetCheck).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Where(attribute => attribute.Key == OpenedTypes)
        .SelectMany(attribute => attribute.Value!.Split(';'))
        .Select(name => name.Replace(':', '`'));

    /// <summary>A method, constructor or field as written in the list.</summary>
    internal static string Describe(MemberInfo member)
    {
        string arguments = member is MethodBase method
            ? $"({string.Join(", ", method.GetParameters().Select(parameter => parameter.ParameterType.Name))})"
            : "";
        return $"{member.DeclaringType!.FullName}.{member.Name}{arguments}";
    }
}
