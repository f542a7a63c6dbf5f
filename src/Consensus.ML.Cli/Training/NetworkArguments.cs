using System.CommandLine;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Options;

namespace Consensus.ML.Cli.Training;

/// <summary>Options about the shape of the network, and the check that slices fit it.</summary>
internal static class NetworkArguments
{
    public static Option<LevelConditioning?> LevelConditioning(string theDefault) => OptionKinds.Choice(
        "--level-conditioning",
        "How a diffusion model tells the levels apart: embedding (as published, a pass draws one level) or channels (a pass draws all of "
        + $"them). Default: {theDefault}.",
        Spelling.List<LevelConditioning>());

    public static Option<int?> PatchSize(string theDefault) => OptionKinds.Choice(
        "--patch-size",
        "Side of the patches that the network takes as one pixel with many channels, in pixels: "
        + $"1 as published, 2 for about a third of the time. Default: {theDefault}.",
        ("1", 1), ("2", 2), ("4", 4), ("8", 8));

    public static Option<Switch?> Coordinates(string theDefault) => OptionKinds.Choice(
        "--coordinates",
        "Whether a diffusion model is told where each pixel lies in the slice. With off, as published, it hardly tells the middle from the "
        + $"edges: that suits tiles that were cut anywhere. Default: {theDefault}.",
        Spelling.List<Switch>());

    /// <summary>Makes sure that --size suits the network, before anything is read or computed.</summary>
    public static void EnsureSideFits(int side, NetworkOptions network)
    {
        int multiple = network.SideMultiple;
        if (side % multiple != 0)
        {
            int below = side / multiple * multiple, above = below + multiple;
            string patches = network.PatchSize is > 1 and int patch ? $"takes patches of {patch}×{patch} pixels and " : "";
            throw new UsageException(
                $"--size {side} does not fit the network, which {patches}halves the side {network.ChannelMultipliers.Count - 1} times: "
                + $"it must be a multiple of {multiple}, such as {(below > 0 ? $"{below} or " : "")}{above}.");
        }
    }
}
