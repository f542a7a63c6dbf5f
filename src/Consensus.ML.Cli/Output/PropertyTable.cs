using Spectre.Console;

namespace Consensus.ML.Cli.Output;

/// <summary>A table of names and values.</summary>
internal static class PropertyTable
{
    public static Table Create(IEnumerable<(string Name, string Value)> facts)
    {
        var table = new Table { Border = TableBorder.Simple, ShowHeaders = false };
        table.AddColumn("name").AddColumn("value");
        foreach ((string name, string value) in facts)
        {
            table.AddRow(Markup.Escape(name), Markup.Escape(value));
        }

        return table;
    }
}
