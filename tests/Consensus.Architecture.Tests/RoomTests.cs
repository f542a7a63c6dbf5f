using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Assembly = System.Reflection.Assembly;

namespace Consensus.Architecture.Tests;

/// <summary>
/// The code keeps to the rooms of src/README.md. This holds for compiled code, and for namespaces that are imported only for
/// documentation.
/// </summary>
public sealed class RoomTests
{
    private static readonly string[] Libraries =
        ["Consensus.Imaging", "Consensus.ML", "Consensus.ML.Onnx", "Consensus.ML.Studies", "Consensus.ML.Serving", "consensus"];

    // What belongs to .NET itself may be used everywhere; ASP.NET Core does not, since programs that serve nothing do without it.
    private static readonly string[] Foreign =
    [
        "Microsoft.ML", "Microsoft.Data", "Google.Protobuf", "TorchSharp", "SkiaSharp", "BitMiracle", "OxyPlot", "Spectre",
        "System.CommandLine", "Microsoft.AspNetCore", "Microsoft.OpenApi", "OpenTelemetry",
    ];

    private static readonly Lazy<IReadOnlyList<(string User, string Used)>> Uses = new(ReadUses);

    [Fact]
    public void No_room_reaches_up() => Complaints.AssertNone(Found(RoomTable.OfThisRepository()));

    [Fact]
    public void Packages_stay_in_the_rooms_that_may_touch_them()
    {
        RoomTable table = RoomTable.OfThisRepository();
        Complaints.AssertNone(
            from use in Uses.Value
            let package = Array.Find(Foreign, name => IsIn(name, NamespaceOf(use.Used)))
            where package is not null
            let room = table.RoomOf(NamespaceOf(use.User))
            where room is null || !room.Packages.Contains(package)
            select $"{use.User} uses {use.Used}: src/README.md does not give {package} to its room.");
    }

    [Fact]
    public void Imports_follow_the_rooms_as_well()
    {
        RoomTable table = RoomTable.OfThisRepository();
        Complaints.AssertNone(
            from file in SourceFile.Below("src")
            where IsOurs(file.ExpectedNamespace)
            from import in file.Imports
            where table.RoomOf(import) is not null
            let problem = table.Problem(file.ExpectedNamespace, import)
            where problem is not null
            select $"{file.Name}: {problem}");
    }

    [Fact]
    public void Every_room_of_the_tables_exists_and_every_namespace_has_one()
    {
        RoomTable table = RoomTable.OfThisRepository();
        string[] namespaces =
        [
            .. SourceFile.Below("src").Select(file => file.ExpectedNamespace).Where(IsOurs).Distinct(StringComparer.Ordinal),
        ];
        Assert.All(namespaces, name => Assert.NotNull(table.RoomOf(name)));
        Assert.All(table.Rooms, room => Assert.Contains(namespaces, room.Holds));
    }

    /// <summary>Shows that the test above can fail: in the reverse order of rooms, many rooms use rooms that come later.</summary>
    [Fact]
    public void A_planted_violation_is_found()
    {
        RoomTable turned = new([.. RoomTable.OfThisRepository().Rooms.Reverse()]);
        string[] complaints = [.. Found(turned)];
        foreach (string planted in (string[])
            [
                "Consensus.Imaging.Files.SliceReader reaches up to Consensus.Imaging.Slice",
                "Consensus.ML.Torch.Training.Loop.TrainingLoop reaches up to Consensus.ML.Torch.Models.SegmentationModel",
                "Consensus.ML.Segmentation.Prediction.MapColumns reaches up to Consensus.ML.Segmentation.Models.ModelManifest",
                "Consensus.ML.Segmentation.SegmentationEstimator reaches up to Consensus.ML.Segmentation.Fitting.FitPreparation",
                "Consensus.ML.ConsensusCatalog reaches up to Consensus.ML.Transforms.SliceLoadingEstimator",
            ])
        {
            Assert.Contains(planted, complaints);
        }
    }

    private static IEnumerable<string> Found(RoomTable table) =>
        from use in Uses.Value
        where IsOurs(use.Used)
        where table.Problem(NamespaceOf(use.User), NamespaceOf(use.Used)) is not null
        select $"{use.User} reaches up to {use.Used}";

    private static bool IsOurs(string name) => IsIn("Consensus", name) && !IsIn("Consensus.ML.Build", name)
        && !IsIn("Consensus.ML.Package", name);

    private static bool IsIn(string prefix, string name) => name == prefix || name.StartsWith(prefix + ".", StringComparison.Ordinal);

    private static string NamespaceOf(string type) => type[..Math.Max(0, type.LastIndexOf('.'))];

    /// <summary>
    /// Every use of a type by another type, in signatures and in the bodies of methods. A nested type counts as its outermost type.
    /// </summary>
    private static IReadOnlyList<(string User, string Used)> ReadUses()
    {
        ArchUnitNET.Domain.Architecture architecture = new ArchLoader()
            .LoadAssemblies([.. Libraries.Select(name => Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, name + ".dll")))])
            .Build();
        return
        [
            .. architecture.Types
                .SelectMany(type => type.Dependencies

                    // The type parameter of a generic method bears the name of its method: it is no type of a room.
                    .Where(dependency => dependency.Target is not GenericParameter)
                    .Select(dependency => (User: Outermost(type), Used: Outermost(dependency.Target))))
                .Where(use => use.User != use.Used && IsOurs(use.User))
                .Distinct()
                .OrderBy(use => use.User, StringComparer.Ordinal).ThenBy(use => use.Used, StringComparer.Ordinal),
        ];
    }

    private static string Outermost(IType type) => type.FullName.Split('+', '/')[0].Split('`')[0];
}
