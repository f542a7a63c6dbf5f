using Consensus.ML.Machine;

namespace Consensus.ML.Cli.Output;

/// <summary>The software, in reports and manifests.</summary>
/// <param name="Library">Consensus.ML.</param>
/// <param name="TorchSharp">TorchSharp.</param>
/// <param name="DotNet">.NET.</param>
internal sealed record VersionDescription(string Library, string TorchSharp, string DotNet)
{
    public static VersionDescription OfThisProcess()
    {
        RuntimeInfo runtime = RuntimeInfo.Collect("cpu");
        return new(runtime.Library, runtime.TorchSharp, runtime.DotNet);
    }
}
