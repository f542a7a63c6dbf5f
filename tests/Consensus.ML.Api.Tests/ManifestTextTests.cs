using System.Text.Json;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;

namespace Consensus.ML.Api.Tests;

/// <summary>
/// A manifest that is written now has the members of the first version's manifest, in the same order, so that other programs which read
/// those still read these. New members may stand between them.
/// </summary>
[Collection(nameof(TinyModel))]
public sealed class ManifestTextTests(TinyModel tiny) : IDisposable
{
    // The libraries that wrote the file: their versions differ.
    private const string Libraries = "libraries.";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Models => [.. SmallModels.Names];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Models");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_of_the_first_version_is_saved_with_the_same_members_order_and_values(string name)
    {
        var ml = new MLContext();
        ITransformer model = ml.Model.Load(Path.Combine(Folder, name), out DataViewSchema schema);
        using (model as IDisposable)
        {
            ml.Model.Save(model, schema, _folder["again.zip"]);
        }

        List<(string Name, string Value)> first = Members(Path.Combine(Folder, name)), now = Members(_folder["again.zip"]);
        string[] names = [.. first.Select(member => member.Name)];
        List<(string Name, string Value)> shared = [.. now.Where(member => names.Contains(member.Name))];
        Assert.Equal(names, shared.Select(member => member.Name));
        Assert.Equal(
            first.Where(member => !member.Name.StartsWith(Libraries, StringComparison.Ordinal)),
            shared.Where(member => !member.Name.StartsWith(Libraries, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_new_model_has_the_members_of_the_first_version_in_their_order()
    {
        tiny.Context.Model.Save(tiny.Model, tiny.Data.Schema, _folder["new.zip"]);
        List<(string Name, string Value)> now = Members(_folder["new.zip"]);
        string[] first = [.. Members(Path.Combine(Folder, SmallModels.Channels)).Select(member => member.Name).Distinct()];
        string[] names = [.. now.Select(member => member.Name).Distinct()];
        Assert.Equal(first, names.Where(first.Contains));
        Assert.Equal(("formatVersion", "1"), now[0]);
    }

    /// <summary>The values in a manifest in the order of the file, each with its path. Items of a list have the path of the list.</summary>
    private static List<(string Name, string Value)> Members(string zip)
    {
        using JsonDocument manifest = JsonDocument.Parse(ModelZip.Entry(zip, "manifest.json"));
        var members = new List<(string, string)>();
        Add("", manifest.RootElement);
        return members;

        void Add(string path, JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    Add(path.Length == 0 ? property.Name : $"{path}.{property.Name}", property.Value);
                }
            }
            else if (element.ValueKind == JsonValueKind.Array && element.GetArrayLength() > 0)
            {
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Add(path, item);
                }
            }
            else
            {
                members.Add((path, element.GetRawText()));
            }
        }
    }
}
