using System.Reflection;
using PublicApiGenerator;

namespace Consensus.ML.Tests.Shared;

/// <summary>Compares the public members of a library with the approved text.</summary>
internal static class PublicSurface
{
    /// <summary>Fails if the public surface of a library differs from PublicApi.approved.txt beside the running tests.</summary>
    /// <param name="library">The library.</param>
    /// <param name="folder">The folder of the approved text, as a path from the root of the repository, for the message.</param>
    public static void AssertApproved(Assembly library, string folder)
    {
        string current = library
            .GeneratePublicApi(new ApiGeneratorOptions
            {
                IncludeAssemblyAttributes = false,
                ExcludeAttributes = ["System.Runtime.CompilerServices.ExtensionAttribute"],
            })
            .ReplaceLineEndings("\n")
            .Trim();
        string approved = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "PublicApi.approved.txt"))
            .ReplaceLineEndings("\n")
            .Trim();
        if (current == approved)
        {
            return;
        }

        string received = Path.Combine(AppContext.BaseDirectory, "PublicApi.received.txt");
        File.WriteAllText(received, current + "\n");
        string[] before = [.. Lines(approved)], after = [.. Lines(current)];
        string difference = string.Join(
            "\n",
            [.. before.Except(after).Take(20).Select(line => "- " + line), .. after.Except(before).Take(20).Select(line => "+ " + line)]);
        Assert.Fail(
            $"The public surface of {library.GetName().Name} changed:\n{difference}\nIf that is on purpose, copy\n  {received}\nover\n"
            + $"  {folder}/PublicApi.approved.txt\nand say in the commit what changes for users.");
    }

    /// <summary>Each line together with its type, because several types may have a member of the same name.</summary>
    private static IEnumerable<string> Lines(string surface)
    {
        string type = "";
        foreach (string line in surface.Split('\n'))
        {
            int indentation = line.Length - line.TrimStart().Length;
            if (indentation <= 4)
            {
                type = line.Trim() is "{" or "}" ? type : line.Trim();
                yield return line.Trim();
            }
            else
            {
                yield return $"{line.Trim()}   ({type})";
            }
        }
    }
}
