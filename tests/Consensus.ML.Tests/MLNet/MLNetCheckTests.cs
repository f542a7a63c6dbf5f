using System.Reflection;
using System.Runtime.CompilerServices;
using Consensus.ML.Machine;
using Consensus.ML.MLNet;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML.Tests.MLNet;

/// <summary>If ML.NET has other internals, one sentence names them.</summary>
public sealed class MLNetCheckTests
{
    private static readonly Assembly[] Real = [typeof(IHostEnvironment).Assembly, typeof(MLContext).Assembly];

    [Fact]
    public void The_version_that_the_library_is_tested_with_has_all_that_is_used()
    {
        MLNetCheck.Ensure();
        Assert.Equal(MLNetCheck.KnownVersion, RuntimeInfo.Collect("cpu").MLNet);
    }

    [Fact]
    public void Every_internal_member_that_the_code_uses_is_looked_for()
    {
        Assert.NotEmpty(MLNetCheck.Opened());
        IEnumerable<MemberInfo> called = MethodCalls.MethodsOf(typeof(MLNetCheck).Assembly)
            .SelectMany(method => MethodCalls.Of(method).Concat<MemberInfo>(MethodCalls.FieldsOf(method)));
        IEnumerable<MemberInfo> attributes = typeof(MLNetCheck).Assembly
            .GetCustomAttributesData()
            .Select(attribute => attribute.Constructor);
        string[] used =
        [
            .. called.Concat(attributes)
                .Where(member => member.DeclaringType is { } type
                    && Real.Contains(type.Assembly)
                    && MLNetCheck.Opened().Contains((type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName))
                .Select(member => MLNetCheck.Describe(Definition(member)))
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal([], used.Except(MLNetCheck.Members));
        Assert.Equal([], MLNetCheck.Members.Except(used));
    }

    [Fact]
    public void Every_private_member_that_the_code_uses_is_looked_for()
    {
        // A version without the archive's field works too: the code that uses the field catches its absence.
        const string Archive = "Microsoft.ML.RepositoryReader._archive";
        const BindingFlags All = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        string[] used =
        [
            .. typeof(MLNetCheck).Assembly.GetTypes()
                .SelectMany(type => type.GetMethods(All))
                .Select(method => (Method: method, Accessor: method.GetCustomAttribute<UnsafeAccessorAttribute>()))
                .Where(found => found.Accessor is not null)
                .Select(found => Accessed(found.Method, found.Accessor!))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal([.. MLNetCheck.PrivateMembers, Archive], used);
    }

    [Fact]
    public void Another_version_is_named_with_the_one_that_works_and_with_what_is_missing()
    {
        Assert.Null(MLNetCheck.Problem(Real, "5.9.0"));

        // Assemblies without these members stand for a version in which a type was renamed.
        string problem = MLNetCheck.Problem([typeof(Enumerable).Assembly], "6.1.0")!;
        Assert.StartsWith(
            "ML.NET 6.1.0 is loaded, but this version of Consensus.ML works with ML.NET 5.0.1, whose internals it "
            + "needs (here there is no Microsoft.ML.",
            problem,
            StringComparison.Ordinal);
        Assert.EndsWith("): reference the package Microsoft.ML in version 5.0.1.", problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
        Assert.Contains("no Microsoft.ML.Data.IInternalCatalog)", MLNetCheck.Problem([Real[0]], "6.1.0")!, StringComparison.Ordinal);
    }

    /// <summary>The member that an accessor reaches, written as in the list.</summary>
    private static string Accessed(MethodInfo method, UnsafeAccessorAttribute accessor)
    {
        Type[] parameters = [.. method.GetParameters().Select(parameter => parameter.ParameterType)];
        return accessor.Kind == UnsafeAccessorKind.Constructor
            ? $"{Definition(method.ReturnType).FullName}..ctor({string.Join(", ", parameters.Select(type => type.Name))})"
            : $"{Definition(parameters[0]).FullName}.{accessor.Name}";
    }

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    /// <summary>A member of a generic type as it is declared.</summary>
    private static MemberInfo Definition(MemberInfo member) =>
        member.DeclaringType!.IsGenericType
            ? member.DeclaringType.GetGenericTypeDefinition().GetMemberWithSameMetadataDefinitionAs(member)
            : member;
}
