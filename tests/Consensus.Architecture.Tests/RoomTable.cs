using System.Text.RegularExpressions;
using Consensus.ML.Tests.Shared;

namespace Consensus.Architecture.Tests;

/// <summary>The rooms in the order of the tables of src/README.md. A room may use the rooms before it.</summary>
/// <param name="Rooms">The rooms, the lowest first.</param>
internal sealed partial record RoomTable(IReadOnlyList<Room> Rooms)
{
    /// <summary>Reads the tables of a page.</summary>
    /// <param name="page">The page's lines.</param>
    public static RoomTable Parse(IEnumerable<string> page) => new(
    [
        .. page.Select(line => Row().Match(line)).Where(row => row.Success).Select(row => new Room(
            row.Groups["name"].Value,
            row.Groups["tree"].Success,
            row.Groups["packages"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))),
    ]);

    /// <summary>The tables of src/README.md.</summary>
    public static RoomTable OfThisRepository() => Parse(MarkdownFile.Read("src/README.md").Lines);

    /// <summary>The room of a namespace; null if no row names it.</summary>
    public Room? RoomOf(string nameSpace) => Rooms.FirstOrDefault(room => room.Holds(nameSpace));

    /// <summary>The reason why a room must not use a namespace of this repository; null if it may.</summary>
    public string? Problem(string user, string used)
    {
        Room? from = RoomOf(user), to = RoomOf(used);
        return from is null ? $"{user} is in no table of src/README.md"
            : to is null ? $"{used} is in no table of src/README.md"
            : Place(to) > Place(from) ? $"{user} reaches up to {used}"
            : null;
    }

    private int Place(Room room)
    {
        int place = 0;
        while (Rooms[place] != room)
        {
            place++;
        }

        return place;
    }

    [GeneratedRegex(@"^\| `(?<name>Consensus\.[\w.]*\w)(?<tree>\.\*)?` \| [^|]+ \| (?<packages>[^|]*)\|$")]
    private static partial Regex Row();
}

/// <summary>One row of the tables.</summary>
/// <param name="Name">The namespace.</param>
/// <param name="IsTree">Whether the namespaces inside it belong to the room.</param>
/// <param name="Packages">The beginnings of the foreign namespaces that the room may use.</param>
internal sealed record Room(string Name, bool IsTree, IReadOnlyList<string> Packages)
{
    public bool Holds(string nameSpace) =>
        nameSpace == Name || (IsTree && nameSpace.StartsWith(Name + ".", StringComparison.Ordinal));
}
