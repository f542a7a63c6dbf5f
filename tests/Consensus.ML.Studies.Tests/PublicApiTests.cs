using PublicApiGenerator;

namespace Consensus.ML.Studies.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one()
    {
        string current = typeof(Study).Assembly
            .GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false, ExcludeAttributes = ["System.Runtime.CompilerServices.ExtensionAttribute"] })
            .ReplaceLineEndings("\n")
            .Trim();
        string approved = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "PublicApi.approved.txt")).ReplaceLineEndings("\n").Trim();
        if (current == approved)
        {
            return;
        }

        string received = Path.Combine(AppContext.BaseDirectory, "PublicApi.received.txt");
        File.WriteAllText(received, current + "\n");
        string[] before = approved.Split('\n'), after = current.Split('\n');
        string difference = string.Join("\n", [.. before.Except(after).Take(20).Select(line => "- " + line.Trim()), .. after.Except(before).Take(20).Select(line => "+ " + line.Trim())]);
        Assert.Fail($"The public surface of Consensus.ML.Studies changed:\n{difference}\nIf that is on purpose, copy\n  {received}\nover\n  tests/Consensus.ML.Studies.Tests/PublicApi.approved.txt\nand say in the commit what changes for users.");
    }
}
