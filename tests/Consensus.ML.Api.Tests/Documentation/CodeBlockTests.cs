using System.Text.Json;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Api.Tests.Documentation;

/// <summary>Every block of C#, JSON and Python in the repository's Markdown files is correct in its language. Some are also run.</summary>
public sealed class CodeBlockTests
{
    public static TheoryData<string> CSharpBlocks => new(Named("csharp"));

    public static TheoryData<string> JsonBlocks => new(Named("json"));

    public static TheoryData<string> PythonBlocks => new(Named("python"));

    [Fact]
    public void The_pages_for_users_have_blocks_of_code()
    {
        Assert.Contains(CSharpBlocks, row => row.Data.StartsWith("README.md(", StringComparison.Ordinal));
        Assert.Contains(CSharpBlocks, row => row.Data.StartsWith("src/Consensus.ML/README.md(", StringComparison.Ordinal));
        Assert.Contains(JsonBlocks, row => row.Data.StartsWith("data-schemas/README.md(", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(CSharpBlocks))]
    public void Every_csharp_block_compiles(string block) => Assert.Empty(CSharpBlock.Compile(Find(block)).Complaints);

    [Theory]
    [MemberData(nameof(JsonBlocks))]
    public void Every_json_block_is_JSON_and_a_manifest_follows_its_schema(string block)
    {
        JsonElement root = JsonDocument.Parse(Find(block).Text).RootElement;
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("raters", out _) && root.TryGetProperty("cases", out _))
        {
            JsonSchema schema = JsonSchema.Read(Path.Combine(AppContext.BaseDirectory, "data-schemas", "dataset.schema.json"));
            Assert.Empty(schema.Violations(root));
        }
    }

    [Theory]
    [MemberData(nameof(PythonBlocks))]
    public async Task Every_python_block_is_python(string block)
    {
        ChildProcess? python = null;
        try
        {
            python = ChildProcess.Start(new("python3", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"])
            {
                RedirectStandardInput = true,
                RedirectStandardError = true,
            });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("There is no python3 to parse it.");
        }

        using (python)
        {
            await python!.Process.StandardInput.WriteAsync(Find(block).Text);
            python.Process.StandardInput.Close();
            (int code, _, string errors) = await python.FinishAsync();
            Assert.True(code == 0, errors);
        }
    }

    [Fact]
    public void A_wrong_block_is_found_out_at_its_own_line()
    {
        var wrong = new CodeBlock("README.md", 40, "csharp", "using System.Text;\nint pixels = \"many\";");
        IReadOnlyList<string> complaints = CSharpBlock.Compile(wrong).Complaints;
        Assert.Contains(complaints, found => found.StartsWith("README.md(40,1): error CS8019", StringComparison.Ordinal));
        Assert.Contains(complaints, found => found.StartsWith("README.md(41,14): error CS0029", StringComparison.Ordinal));
        Assert.NotEmpty(CSharpBlock.Compile(wrong with { Text = "Console.WriteLine(new Consensus.ML.Presets());" }).Complaints);
    }

    private static IEnumerable<string> Named(string language) =>
        MarkdownFile.All().SelectMany(file => file.Blocks).Where(block => block.Language == language).Select(block => block.ToString());

    private static CodeBlock Find(string name) =>
        MarkdownFile.All().SelectMany(file => file.Blocks).Single(block => block.ToString() == name);
}
