using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Consensus.ML.Datasets;

/// <summary>
/// A path with placeholders, such as <c>masks/{case}_{rater}.png</c>: <c>{case}</c>, <c>{rater}</c>, <c>{channel}</c>, <c>{split}</c> and
/// <c>{group}</c> (or <c>{patient}</c>) each stand for a part of the name of one folder or file. <c>*</c> and <c>?</c> stand for any
/// characters and for one character, and <c>**</c> for any folders. A placeholder that occurs twice stands for the same text.
/// </summary>
internal sealed partial class FilePattern
{
    private static readonly string[] _known = ["case", "rater", "channel", "split", "group", "patient"];

    private readonly string _pattern;
    private readonly Regex _longest;

    // One expression for each length of the case's name.
    private readonly Dictionary<int, Regex> _fixed = [];
    private readonly HashSet<string> _placeholders = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">
    /// The pattern has an unknown placeholder, lacks a needed placeholder, or has a placeholder that is not allowed here.
    /// </exception>
    public FilePattern(string text, string[] needed, string[] allowed)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        string pattern = text.Replace('\\', '/');
        pattern = pattern.StartsWith("./", StringComparison.Ordinal) ? pattern[2..] : pattern;
        foreach (string name in Token().Matches(pattern).Where(token => token.Value[0] == '{').Select(token => token.Value[1..^1]))
        {
            if (!_known.Contains(name) || !allowed.Concat(needed).Contains(name))
            {
                throw new ArgumentException(
                    $"The pattern '{text}' holds '{{{name}}}'; meant are "
                    + $"{string.Join(", ", needed.Concat(allowed).Select(known => $"{{{known}}}"))}.");
            }

            _placeholders.Add(name);
        }

        foreach (string name in needed.Where(name => !_placeholders.Contains(name)))
        {
            throw new ArgumentException($"The pattern '{text}' lacks '{{{name}}}'.");
        }

        (_pattern, _longest) = (pattern, Build(pattern, "+"));
    }

    public bool Has(string placeholder) => _placeholders.Contains(placeholder);

    /// <summary>
    /// The possible readings of a path, with the longest case name first: for {case}_{rater}, the path a_b_c gives the case a_b, then a.
    /// Each reading has the text of each placeholder by its name.
    /// </summary>
    /// <param name="path">A relative path with '/' between names.</param>
    public IEnumerable<IReadOnlyDictionary<string, string>> Read(string path)
    {
        Match match = _longest.Match(path);
        if (!match.Success)
        {
            yield break;
        }

        yield return Parts(match);
        for (int length = match.Groups["case"].Length - 1; length > 0; length--)
        {
            if (!_fixed.TryGetValue(length, out Regex? regex))
            {
                _fixed.Add(length, regex = Build(_pattern, string.Create(CultureInfo.InvariantCulture, $"{{{length}}}")));
            }

            if (regex.Match(path) is { Success: true } shorter)
            {
                yield return Parts(shorter);
            }
        }
    }

    private Dictionary<string, string> Parts(Match match) =>
        _placeholders.ToDictionary(name => name, name => match.Groups[name].Value, StringComparer.Ordinal);

    private static Regex Build(string pattern, string caseLength)
    {
        var expression = new StringBuilder("^");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        int at = 0;
        foreach (Match token in Token().Matches(pattern))
        {
            expression.Append(Regex.Escape(pattern[at..token.Index]));
            at = token.Index + token.Length;
            expression.Append(token.Value switch
            {
                "**/" => "(?:[^/]+/)*",
                "**" => ".*",
                "*" => "[^/]*",
                "?" => "[^/]",
                _ when !seen.Add(token.Value) => $@"\k<{token.Value[1..^1]}>",
                "{case}" => $"(?<case>[^/]{caseLength})",
                _ => $"(?<{token.Value[1..^1]}>[^/]+?)",
            });
        }

        expression.Append(Regex.Escape(pattern[at..])).Append('$');
        return new Regex(expression.ToString(), RegexOptions.CultureInvariant);
    }

    [GeneratedRegex(@"\{[^{}/]*\}|\*\*/|\*\*|\*|\?")]
    private static partial Regex Token();
}
