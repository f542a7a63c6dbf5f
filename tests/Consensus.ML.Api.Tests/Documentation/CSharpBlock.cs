using System.Reflection;
using System.Runtime.Loader;
using Consensus.ML.Tests.Shared;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Consensus.ML.Api.Tests.Documentation;

/// <summary>Compiles and runs a C# block of a Markdown file as a separate program, which sees only public members.</summary>
internal static class CSharpBlock
{
    // The usings that the SDK gives every program (ImplicitUsings).
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions _language = new(LanguageVersion.CSharp14);

    private static readonly Lazy<MetadataReference[]> _references = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileNameWithoutExtension(path) != typeof(CSharpBlock).Assembly.GetName().Name)
            .Select(path => MetadataReference.CreateFromFile(path))]);

    /// <summary>Compiles a block. Warnings and unnecessary usings are errors, as in the rest of the code.</summary>
    /// <param name="block">The block.</param>
    /// <param name="epilogue">Code to add after it.</param>
    /// <param name="ignored">Diagnostics that do not count.</param>
    /// <returns>The compiler's complaints, with file and line, and the program if there are none.</returns>
    public static (IReadOnlyList<string> Complaints, byte[]? Program) Compile(
        CodeBlock block,
        string epilogue = "",
        IReadOnlyList<string>? ignored = null)
    {
        // Empty lines before it, so that messages have the file's own line numbers.
        string text = $"{new string('\n', block.Line - 1)}{block.Text}\n{epilogue}";
        SyntaxTree code = CSharpSyntaxTree.ParseText(text, _language, block.File);
        bool isProgram = code.GetCompilationUnitRoot().Members.OfType<GlobalStatementSyntax>().Any();
        var compilation = CSharpCompilation.Create(
            $"Block{Guid.NewGuid():N}",
            [CSharpSyntaxTree.ParseText(ImplicitUsings, _language), code],
            _references.Value,
            new(
                isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
                nullableContextOptions: NullableContextOptions.Enable,
                specificDiagnosticOptions: [new("CS8019", ReportDiagnostic.Error)]));
        using var program = new MemoryStream();
        string[] complaints = [.. compilation.Emit(program).Diagnostics.Concat(compilation.GetDiagnostics())
            .Where(found => found.Severity >= DiagnosticSeverity.Warning)
            .Where(found => ignored?.Contains(found.Id) != true)
            .Where(found => found.Id != "CS8019" || found.Location.SourceTree == code)
            .Select(found => found.ToString())
            .Distinct()];
        return (complaints, complaints.Length == 0 ? program.ToArray() : null);
    }

    /// <summary>Runs a block in a folder.</summary>
    /// <param name="block">The block.</param>
    /// <param name="folder">The current directory while it runs.</param>
    /// <param name="variables">Variables of the block whose last values are returned.</param>
    /// <returns>What it printed, and the values.</returns>
    public static (string Output, IReadOnlyDictionary<string, object?> Values) Run(
        CodeBlock block,
        string folder,
        params string[] variables)
    {
        string run = $"{Guid.NewGuid():N}.";
        (IReadOnlyList<string> complaints, byte[]? program) =
            Compile(block, string.Concat(variables.Select(name => $"AppContext.SetData(\"{run}{name}\", {name});\n")));
        Assert.Empty(complaints);
        MethodInfo main = AssemblyLoadContext.Default.LoadFromStream(new MemoryStream(program!)).EntryPoint!;
        (string directory, TextWriter console) = (Environment.CurrentDirectory, Console.Out);
        using var output = new StringWriter();
        Environment.CurrentDirectory = folder;
        Console.SetOut(output);
        try
        {
            main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [Array.Empty<string>()], null);
        }
        finally
        {
            Console.SetOut(console);
            Environment.CurrentDirectory = directory;
        }

        return (output.ToString(), variables.ToDictionary(name => name, name => AppContext.GetData(run + name)));
    }
}
