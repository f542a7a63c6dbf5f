using System.Xml.Linq;
using Consensus.ML.Studies.Planning;
using Consensus.ML.Studies.Plots;
using Consensus.ML.Studies.Results;

namespace Consensus.ML.Studies.Reports;

/// <summary>What all sections of a report share: the results, the numbers of tables and figures, and how each method is drawn.</summary>
internal sealed class ReportContext(StudyResults results)
{
    private int _tables, _figures;

    public StudyResults Results { get; } = results;

    public IReadOnlyList<MethodResult> Methods => Results.Methods;

    public StudyOptions Options => Results.Options;

    /// <summary>The caption of a table: its number in bold, then the text.</summary>
    public object[] TableCaption(params object[] text) => [Html.E("strong", $"Table {++_tables}. "), .. text];

    public object[] FigureCaption(params object[] text) => [Html.E("strong", $"Figure {++_figures}. "), .. text];

    /// <summary>How each method is drawn.</summary>
    public MethodStyles Styles { get; } = new(results.Methods);

    /// <summary>The method's name, after a mark in its colour.</summary>
    public object[] Name(MethodResult method)
    {
        MethodStyle style = Styles[method];
        string hex = style.Hex;
        return
        [
            Html.E("span", Html.A("class", "key"), Html.A("style", $"border-color: {hex}; background: {(style.IsFilled ? hex : "#fff")}")),
            method.Name,
        ];
    }

    /// <summary>A figure with a drawing and a caption.</summary>
    public XElement Figure(byte[] svg, string alt, params object[] caption) =>
        Html.E("figure", Html.Image("image/svg+xml", svg, alt), Html.E("figcaption", FigureCaption(caption)));
}
