using Consensus.ML.Options;

namespace Consensus.ML.Tests.Options;

/// <summary>Options as lists of names and values.</summary>
public sealed class OptionValuesTests
{
    [Fact]
    public void Members_have_their_path_as_name_and_JSON_as_value()
    {
        Dictionary<string, string> values = OptionValues.Flatten(
            ("Data", "kidney"),
            ("Seed", null),
            ("Recipe", new { Rate = 0.5, Kind = DayOfWeek.Monday, Sizes = new[] { 1, 2 }, Inner = new { Steps = 3, Limit = (int?)null } }),
            ("", new { Bare = true }));
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["Data"] = "\"kidney\"",
                ["Seed"] = "null",
                ["Recipe.Rate"] = "0.5",
                ["Recipe.Kind"] = "\"Monday\"",
                ["Recipe.Sizes"] = "[1,2]",
                ["Recipe.Inner.Steps"] = "3",
                ["Recipe.Inner.Limit"] = "null",
                ["Bare"] = "true",
            },
            values);
    }

    [Fact]
    public void A_later_part_replaces_a_value_of_the_same_name() =>
        Assert.Equal("2", OptionValues.Flatten(("Seed", 1), ("Seed", 2))["Seed"]);

    [Fact]
    public void Nothing_gives_an_empty_list() => Assert.Empty(OptionValues.Flatten());

    [Fact]
    public void Names_differ_in_upper_and_lower_case() =>
        Assert.Equal(2, OptionValues.Flatten(("seed", 1), ("Seed", 2)).Count);

    [Fact]
    public void Differences_name_both_values_and_members_that_one_list_lacks()
    {
        var here = new Dictionary<string, string> { ["Levels"] = "4", ["Seed"] = "1", ["New"] = "true" };
        var there = new Dictionary<string, string> { ["Seed"] = "1", ["Levels"] = "3", ["Old"] = "0.5" };
        Assert.Equal(
            ["Levels is 3 there and 4 here", "Old is 0.5 there and unknown here", "New is unknown there and true here"],
            OptionValues.Differences(here, there));
        Assert.Equal("Levels is 3 in b and 4 in a", OptionValues.Differences(here, there, "in a", "in b").First());
        Assert.Empty(OptionValues.Differences(here, new Dictionary<string, string>(here)));
    }

    [Fact]
    public void A_list_that_does_not_name_an_option_can_mean_its_default()
    {
        var here = new Dictionary<string, string> { ["Training.BatchSize"] = "4", ["Network.Dropout"] = "0.1", ["New"] = "1" };
        var there = new Dictionary<string, string>();
        Assert.Equal(
            ["Network.Dropout is 0 there and 0.1 here", "New is unknown there and 1 here"],
            OptionValues.Differences(here, there, defaults: OptionValues.Defaults));
        Assert.Equal(
            ["Network.Dropout is 0.1 there and 0 here", "New is 1 there and unknown here"],
            OptionValues.Differences(there, here, defaults: OptionValues.Defaults));
    }

    [Fact]
    public void Null_lists_are_refused()
    {
        Assert.Throws<ArgumentNullException>("here", () => OptionValues.Differences(null!, new Dictionary<string, string>()));
        Assert.Throws<ArgumentNullException>("there", () => OptionValues.Differences(new Dictionary<string, string>(), null!));
    }
}
