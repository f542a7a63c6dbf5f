using System.Text.Json;
using Consensus.ML.Options;

namespace Consensus.ML.Segmentation.Models;

/// <summary>Spells values as the command does: any-annotator, x-start, bfloat16.</summary>
internal sealed class CommandSpelling : JsonNamingPolicy
{
    public override string ConvertName(string name) => name == nameof(Precision.BFloat16) ? "bfloat16" : KebabCaseLower.ConvertName(name);
}
