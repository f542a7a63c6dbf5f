using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;

namespace Consensus.ML.Tests.Options;

/// <summary>The documentation of an option states its default, and that is its real default.</summary>
public sealed partial class OptionDefaultsTests
{
    private static readonly Dictionary<string, string> Summaries = XDocument
        .Load(Path.ChangeExtension(typeof(SegmentationOptions).Assembly.Location, ".xml"))
        .Descendants("member")
        .Where(member => member.Element("summary") is not null)
        .ToDictionary(member => member.Attribute("name")!.Value, member => Plain(member.Element("summary")!));

    public static TheoryData<string, string> Options
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (object options in All())
            {
                foreach (PropertyInfo option in Settable(options.GetType()))
                {
                    data.Add(options.GetType().FullName!, option.Name);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void An_option_has_the_default_that_its_documentation_states(string type, string name)
    {
        object options = All().Single(one => one.GetType().FullName == type);
        PropertyInfo option = Settable(options.GetType()).Single(one => one.Name == name);
        string summary = Summaries[$"P:{option.DeclaringType!.FullName!.Replace('+', '.')}.{name}"];
        string? stated = Stated(summary);
        Assert.True(stated is not null, $"The documentation of {type}.{name} states no default: {summary}");
        if (!stated.Contains("preset", StringComparison.Ordinal))
        {
            Assert.Equal(stated, Shown(option.GetValue(options)));
        }
    }

    [Fact]
    public void Options_that_follow_a_preset_are_those_of_the_preset()
    {
        var diffusion = new ConsensusSegmentationEstimator.Options();
        Assert.Equal(
            ((object)Presets.Compact.Network, Presets.Compact.Diffusion, Presets.Compact.Training, Presets.Compact.Sampling),
            (diffusion.Network, diffusion.Diffusion, diffusion.Training, diffusion.Sampling));
        var onePass = new UNetSegmentationEstimator.Options();
        Assert.Equal(
            ((object)Presets.UNet.Network, Presets.UNet.Training, Presets.UNet.Sampling),
            (onePass.Network, onePass.Training, onePass.Sampling));
        Assert.Equal(
            (1, SamplerKind.Ddim, (int?)2),
            (new TrainingOptions().ValidationSampling.Generations, new TrainingOptions().ValidationSampling.Sampler,
                new TrainingOptions().ValidationSampling.Steps));
    }

    private static object[] All() =>
    [
        new ConsensusSegmentationEstimator.Options(), new UNetSegmentationEstimator.Options(), new NetworkOptions(), new DiffusionOptions(),
        new SamplingOptions(), new TrainingOptions(), new CheckpointOptions { Folder = "" },
        new FullyConvolutionalOptions(), new FixedPointOptions(),
        new StochasticOptions(), new ProbabilisticOptions(),
    ];

    private static IEnumerable<PropertyInfo> Settable(Type type) =>
        type.GetProperties().Where(option => option.CanWrite && option.Name is not
            (nameof(CheckpointOptions.Folder) or nameof(TrainingOptions.ValidationSampling)));

    /// <summary>The text of a summary. A reference to a value becomes its name.</summary>
    private static string Plain(XElement summary) => Spaces().Replace(
        string.Concat(summary.Nodes().Select(node => node switch
        {
            XText text => text.Value,
            XElement element when element.Attribute("cref") is { } reference => reference.Value.Split('.')[^1],
            XElement element => element.Value,
            _ => "",
        })),
        " ");

    /// <summary>The default that the documentation states. Null when it states none.</summary>
    private static string? Stated(string summary) =>
        NullDefault().IsMatch(summary) ? "null"
            : Default().Match(summary) is { Success: true } match
                ? match.Groups[1].Value.Replace(" and ", ", ", StringComparison.Ordinal) switch
                {
                    var number when double.TryParse(number, CultureInfo.InvariantCulture, out double value) => Shown(value),
                    var text => text,
                }
            : null;

    private static string Shown(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        TimeSpan time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes} minutes"),
        CancellationToken token => token.CanBeCanceled ? "a token" : "none",
        IEnumerable list => list.Cast<object>().Any() ? string.Join(", ", list.Cast<object>().Select(Shown)) : "empty",
        Enum name => name.ToString(),
        IConvertible number => number.ToDouble(CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"[Nn]ull \(the default\b")]
    private static partial Regex NullDefault();

    // A string, a number or several, a duration, a word; or a preset.
    [GeneratedRegex(@"Default:? (""[^""]*""|\d+ minutes|\d[\d.e-]*(?:(?:, | and )\d+)*(?<!\.)|(?:that|the \w+) of the preset|\w+)")]
    private static partial Regex Default();
}
