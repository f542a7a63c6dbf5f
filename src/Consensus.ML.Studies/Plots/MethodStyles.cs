using Consensus.ML.Studies.Results;

namespace Consensus.ML.Studies.Plots;

/// <summary>How each method of a study is drawn: the same in all plots and tables.</summary>
internal sealed class MethodStyles(IReadOnlyList<MethodResult> methods)
{
    private readonly Dictionary<string, MethodStyle> _styles = methods
        .Select((method, index) => (method.Name, Style: MethodStyle.Choose(index, method.Method.IsDiffusion)))
        .ToDictionary(pair => pair.Name, pair => pair.Style, StringComparer.Ordinal);

    public MethodStyle this[MethodResult method] => _styles[method.Name];
}
