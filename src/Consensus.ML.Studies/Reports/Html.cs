using System.Xml.Linq;
using Consensus.Imaging.Storage;

namespace Consensus.ML.Studies.Reports;

/// <summary>Elements of a page. Content is text, elements, attributes, or sequences of them; text is escaped.</summary>
internal static class Html
{
    private static readonly HashSet<string> Void = ["br", "img", "meta", "col", "hr"];

    public static XElement E(string name, params object?[] content) => new(name, content);

    public static XAttribute A(string name, string value) => new(name, value);

    public static XElement P(params object?[] content) => new("p", content);

    /// <summary>The heading of a column of numbers.</summary>
    public static XElement N(params object?[] content) => E("th", A("class", "n"), content);

    /// <summary>A cell with a number.</summary>
    public static XElement D(params object?[] content) => E("td", A("class", "n"), content);

    public static XElement Code(string text) => new("code", text);

    /// <summary>A picture inside the page.</summary>
    /// <param name="type">Its media type.</param>
    /// <param name="bytes">The file.</param>
    /// <param name="alt">What it shows, for readers who cannot see it; empty where the text beside it says the same.</param>
    /// <param name="attributes">Further attributes.</param>
    public static XElement Image(string type, byte[] bytes, string alt, params object?[] attributes) =>
        E("img", A("src", $"data:{type};base64,{Convert.ToBase64String(bytes)}"), A("alt", alt), attributes);

    /// <summary>
    /// Writes the page as well-formed XML that is also HTML. Characters that XML cannot hold are replaced, so that an odd name does not
    /// prevent the whole report.
    /// </summary>
    public static void Write(TextWriter writer, XElement page)
    {
        foreach (XElement empty in page.DescendantsAndSelf().Where(element => element.IsEmpty && !Void.Contains(element.Name.LocalName)))
        {
            empty.Value = ""; // in HTML only void elements close themselves
        }

        foreach (XText text in page.DescendantNodes().OfType<XText>())
        {
            text.Value = NameText.Printable(text.Value, breaks: true);
        }

        foreach (XAttribute attribute in page.DescendantsAndSelf().Attributes())
        {
            attribute.Value = NameText.Printable(attribute.Value, breaks: true);
        }

        writer.WriteLine("<!DOCTYPE html>");
        writer.WriteLine(page.ToString(SaveOptions.DisableFormatting));
    }
}
