
namespace Consensus.ML.Studies.Reports;

/// <summary>
/// The style sheet of the page, for screen and paper. It has no character that XML would escape, because HTML does not decode style sheets.
/// </summary>
internal static class Style
{
    public const string Sheet = """

        :root { color-scheme: light; --ink: #1b1f24; --soft: #57606a; --rule: #d0d7de; --tint: #f6f8fa; --accent: #0b5a8f; }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body {
          margin: 0; background: #fff; color: var(--ink);
          font: 16px/1.55 "Source Sans 3", "Segoe UI", "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif;
        }
        main { max-width: 1060px; margin: 0 auto; padding: 40px 32px 64px; }
        header { border-bottom: 2px solid var(--ink); padding-bottom: 14px; margin-bottom: 22px; }
        h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; }
        h2 { font-size: 21px; line-height: 1.3; margin: 44px 0 10px; padding-top: 10px; border-top: 1px solid var(--rule); }
        h3 { font-size: 17px; margin: 26px 0 6px; }
        p, ul, ol, dl { max-width: 78ch; margin: 0 0 12px; }
        li { margin-bottom: 3px; }
        .lead { font-size: 18px; }
        .quiet { color: var(--soft); }
        a { color: var(--accent); }
        nav ol { columns: 2; column-gap: 40px; padding-left: 22px; font-size: 15px; }
        .note { border-left: 4px solid #b35900; background: #fff8f0; padding: 10px 16px; margin: 16px 0; max-width: none; }
        .note p, .summary ul { max-width: none; }
        .note p:last-child { margin-bottom: 0; }
        .summary { background: var(--tint); border: 1px solid var(--rule); border-radius: 6px; padding: 14px 20px 6px; margin: 18px 0; }
        .summary h2 { border: 0; margin: 0 0 6px; padding: 0; font-size: 18px; }
        figure { margin: 18px 0 26px; }
        figure img { max-width: 100%; height: auto; }
        figcaption, caption {
          text-align: left; font-size: 14.5px; color: var(--ink); line-height: 1.45; padding: 0 0 8px;
          caption-side: top;
        }
        figcaption { padding: 6px 0 0; max-width: 100ch; }
        .wide { overflow-x: auto; container-type: inline-size; }
        caption { max-width: 100cqi; }
        table {
          width: 100%; border-collapse: collapse; font-size: 14.5px; line-height: 1.35; margin: 14px 0 26px;
          border-top: 1.5px solid var(--ink); border-bottom: 1.5px solid var(--ink);
        }
        th, td { padding: 5px 10px; text-align: left; vertical-align: top; }
        thead th { border-bottom: 1px solid var(--ink); vertical-align: bottom; font-weight: 600; }
        tbody tr + tr td, tbody tr + tr th { border-top: 1px solid #eaeef2; }
        tbody th { font-weight: 600; white-space: nowrap; }
        td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
        td.n { white-space: nowrap; }
        td.best { font-weight: 700; }
        tr.reference td, tr.reference th { background: var(--tint); }
        tr.people td, tr.people th { color: var(--soft); font-style: italic; }
        small { font-size: 13px; font-weight: 400; color: var(--soft); }
        .key {
          display: inline-block; width: 11px; height: 11px; margin-right: 7px; border: 2px solid; border-radius: 50%;
          vertical-align: -1px;
        }
        code {
          font: 13.5px/1.4 "Source Code Pro", Consolas, "Liberation Mono", monospace; background: var(--tint);
          padding: 1px 4px; border-radius: 3px; overflow-wrap: anywhere;
        }
        pre {
          background: var(--tint); border: 1px solid var(--rule); border-radius: 6px; padding: 10px 14px;
          white-space: pre-wrap; overflow-wrap: anywhere;
        }
        pre code { background: none; padding: 0; }
        table.panels { border: 0; table-layout: fixed; margin: 6px 0 0; font-size: 12.5px; }
        table.panels th, table.panels td {
          border: 0; padding: 2px; text-align: center; vertical-align: middle; white-space: normal;
          overflow-wrap: anywhere; line-height: 1.25;
        }
        table.panels thead th { border: 0; font-weight: 400; color: var(--soft); }
        table.panels tbody th { text-align: left; padding-right: 8px; }
        table.panels img { display: block; width: 100%; image-rendering: auto; border-radius: 2px; }
        table.panels col.names { width: 96px; }
        .trio { display: flex; gap: 10px; margin: 4px 0 6px; }
        .trio figure { margin: 0; flex: 1 1 0; max-width: 250px; }
        .trio img { display: block; width: 100%; border-radius: 2px; }
        .trio figcaption { font-size: 12.5px; color: var(--soft); padding-top: 3px; }
        .case { margin: 22px 0 30px; }
        .case h3 { margin-bottom: 2px; }
        dt { font-weight: 600; }
        dd { margin: 0 0 8px 0; }
        footer { margin-top: 48px; border-top: 1px solid var(--rule); padding-top: 12px; color: var(--soft); font-size: 14px; }
        @media screen {
          table.dense { font-size: 13px; }
          table.dense th, table.dense td { padding: 5px 6px; }
          table.dense small { font-size: 11px; }
        }
        @media (max-width: 700px) { main { padding: 20px 16px 40px; } h1 { font-size: 25px; } nav ol { columns: 1; } }
        @page { size: A4; margin: 16mm 15mm 18mm; }
        @media print {
          body { font-size: 10pt; line-height: 1.42; }
          main { max-width: none; padding: 0; }
          h1 { font-size: 19pt; } h2 { font-size: 13.5pt; margin-top: 20pt; } h3 { font-size: 11pt; }
          .lead { font-size: 11pt; }
          a { color: inherit; text-decoration: none; }
          nav { display: none; }
          p, ul, ol, dl { max-width: none; orphans: 3; widows: 3; }
          table { font-size: 8.2pt; margin: 6pt 0 14pt; }
          th, td { padding: 2.5pt 5pt; }
          figcaption, caption { font-size: 8.6pt; }
          table.dense { font-size: 7.2pt; }
          table.dense th, table.dense td { padding: 2pt 2.5pt; }
          table.dense thead th { font-size: 6.6pt; }
          small { font-size: 7.2pt; }
          table.dense small { font-size: 6.2pt; }
          code { font-size: 8pt; }
          h2, h3, caption, section p:has(+ figure), section p:has(+ .wide) { break-after: avoid; }
          figure, tr, .note, .summary, .case, pre { break-inside: avoid; }
          table.short { break-inside: avoid; }
          thead { display: table-header-group; }
          .wide { overflow: visible; }
          table.panels { font-size: 7.2pt; width: var(--paper, 100%); }
          table.panels th, table.panels td { padding: 1pt; }
          .trio figure { max-width: 41mm; }
          .summary, .note, tr.reference td, tr.reference th, .key { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
        }
        """;
}
