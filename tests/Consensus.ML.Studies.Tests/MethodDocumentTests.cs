using System.Reflection;
using System.Text.RegularExpressions;
using Consensus.ML.Evaluation;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Studies.Tests;

/// <summary>
/// src/METHOD.md names the types and members that implement each part. These exist, and the page defines every reported measure.
/// </summary>
public sealed partial class MethodDocumentTests
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;

    private static readonly string Text = File.ReadAllText(Path.Combine(RepositoryFolder.Find(), "src", "METHOD.md"));

    private static readonly Type[] Types = [.. Directory.GetFiles(AppContext.BaseDirectory, "Consensus*.dll")
        .Where(file => !Path.GetFileName(file).Contains("Tests", StringComparison.Ordinal))
        .SelectMany(file => Assembly.LoadFrom(file).GetTypes())];

    [Fact]
    public void Every_type_and_member_that_is_named_exists()
    {
        string[] names = [.. Identifier().Matches(Text).Select(match => match.Groups[1].Value).Distinct()];

        // The page has about this many. An expression that finds hardly any of them, or much else, would prove little.
        Assert.InRange(names.Length, 80, 220);
        Assert.All(names, name => Assert.True(Exists(name), $"src/METHOD.md names '{name}', but there is no such type or member."));
    }

    [Fact]
    public void A_name_that_is_gone_is_seen()
    {
        Assert.True(Exists("TrainingOptions.EmaDecay"));
        Assert.False(Exists("NoSuchType"));
        Assert.False(Exists("TrainingOptions.NoSuchMember"));
    }

    [Fact]
    public void Every_measure_is_defined() =>
        Assert.All(SegmentationMeasure.All, measure => Assert.Contains($"`{measure.Name}`", Text, StringComparison.Ordinal));

    // The name of a generic type without the number of its parameters.
    private static string Name(Type type) => type.Name.Split('`')[0];

    private static bool Exists(string name) => name.Split('.') switch
    {
        [var type, var member] => Types.Any(candidate => Name(candidate) == type && candidate.GetMember(member, Any).Length > 0),
        [var single] => Types.Any(
            candidate => Name(candidate) == single || (candidate.IsPublic && candidate.GetMember(single, Any).Length > 0)),
        _ => false,
    };

    [GeneratedRegex("`([A-Z][A-Za-z0-9]+(?:\\.[A-Z][A-Za-z0-9]+)?)`")]
    private static partial Regex Identifier();
}
