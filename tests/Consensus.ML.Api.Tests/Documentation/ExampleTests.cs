using System.Reflection;
using System.Xml.Linq;
using Consensus.ML.Serving;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;

namespace Consensus.ML.Api.Tests.Documentation;

/// <summary>Every part of a pipeline has an example in its XML comment, and every example compiles as a user's code.</summary>
public sealed class ExampleTests
{
    // Examples are short: they may use these names, and need no using lines.
    private const string Head = """
        using Consensus.Imaging;
        using Consensus.Imaging.Augmentation;
        using Consensus.Imaging.Cases;
        using Consensus.Imaging.Files;
        using Consensus.ML;
        using Consensus.ML.Datasets;
        using Consensus.ML.Evaluation;
        using Consensus.ML.Options;
        using Consensus.ML.Segmentation;
        using Consensus.ML.Serving;
        using Consensus.ML.Serving.Settings;
        using Consensus.ML.Torch.Collectives;
        using Consensus.ML.Transforms;
        using Microsoft.AspNetCore.Builder;
        using Microsoft.Data.Analysis;
        using Microsoft.Extensions.Logging;
        using Microsoft.ML;
        using Microsoft.ML.Data;

        internal static class Example
        {
            public static void Run(
                MLContext ml, IDataView train, IDataView test, ITransformer model, WebApplicationBuilder builder, WebApplication app)
            {
        """;

    private static readonly Lazy<IReadOnlyList<XElement>> _members = new(() =>
    [
        .. new[] { typeof(ConsensusCatalog), typeof(ConsensusServer) }.SelectMany(type =>
            XDocument.Load(Path.ChangeExtension(type.Assembly.Location, ".xml")).Descendants("member")),
    ]);

    public static TheoryData<string> CatalogMethods => new(
        from type in (Type[])[typeof(ConsensusCatalog), typeof(SegmentationCatalog), typeof(ConsensusServer), typeof(ConsensusServing)]
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        where !method.IsSpecialName && !method.Name.StartsWith("get_", StringComparison.Ordinal)
        group method by $"M:{type.FullName}.{method.Name}" into overloads
        select overloads.Key);

    public static TheoryData<string> Estimators => new(
        from type in typeof(ConsensusCatalog).Assembly.GetExportedTypes()
        where type is { IsClass: true, IsAbstract: false }
            && type.GetInterfaces().Any(part => part.IsGenericType && part.GetGenericTypeDefinition() == typeof(IEstimator<>))
        select $"T:{type.FullName}");

    public static TheoryData<string> Examples => new(
        _members.Value.Where(member => member.Descendants("example").Any()).Select(member => (string)member.Attribute("name")!));

    [Theory]
    [MemberData(nameof(CatalogMethods))]
    public void Every_loader_and_catalog_method_has_an_example(string name) =>
        Assert.Contains(Examples, row => row.Data.StartsWith(name + "(", StringComparison.Ordinal)
            || row.Data.StartsWith(name + "`", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Estimators))]
    public void Every_estimator_has_an_example(string name) => Assert.Contains(Examples, row => row.Data == name);

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_compiles(string name)
    {
        XElement member = _members.Value.Single(member => (string)member.Attribute("name")! == name);
        foreach (XElement code in member.Descendants("example").Descendants("code"))
        {
            CodeBlock block = new($"the example of {name}", 1, "csharp", $"{Head}\n{code.Value}\n}}\n}}");
            Assert.Empty(CSharpBlock.Compile(block, ignored: ["CS8019", "CS0219", "CONSENSUS001"]).Complaints);
        }
    }
}
