using static Consensus.ML.Torch.Runtime.ElfImage;

namespace Consensus.ML.Torch.Runtime;

/// <summary>Reads which functions an ELF shared library expects of the libraries that it is linked with.</summary>
/// <remarks>
/// A library names its symbols in the section .dynsym, and the versions of the symbols in .gnu.version. The C and C++ libraries give their
/// symbols versions, libtorch does not. So the symbols without a version are those of libtorch (System V ABI, chapter 4; Linux Standard
/// Base, "Symbol Versioning").
/// </remarks>
internal static class UndefinedSymbols
{
    private const uint DynamicSymbolsSection = 11, VersionSection = 0x6fffffff;
    private const int SymbolLength = 24, GlobalBinding = 1, LargestUnversioned = 1;

    /// <summary>The names of the undefined symbols that have no version and must be found, in the order of the file.</summary>
    /// <param name="image">A 64-bit little-endian ELF library.</param>
    /// <exception cref="InvalidDataException">The image is not such a library, or is damaged.</exception>
    public static IReadOnlyList<string> Read(ReadOnlySpan<byte> image)
    {
        EnsureLibrary(image);

        try
        {
            return ReadSections(image);
        }
        catch (Exception exception) when (exception is ArgumentOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException("The ELF library is cut short or damaged.", exception);
        }
    }

    private static List<string> ReadSections(ReadOnlySpan<byte> image)
    {
        Section symbols = default, names = default, versions = default;
        for (int i = 0; i < Short(image, 0x3C); i++)
        {
            var section = Section.Read(image, i);
            if (section.Type == DynamicSymbolsSection)
            {
                (symbols, names) = (section, Section.Read(image, section.Link));
            }
            else if (section.Type == VersionSection)
            {
                versions = section;
            }
        }

        var found = new List<string>();
        for (int i = 0; i < symbols.Length / SymbolLength; i++)
        {
            int symbol = checked(symbols.Start + (i * SymbolLength));
            bool isUndefined = Short(image, symbol + 6) == 0 && image[symbol + 4] >> 4 == GlobalBinding;
            bool isVersioned = versions.Length > 0 && (Short(image, versions.Start + (2 * i)) & 0x7fff) > LargestUnversioned;
            if (isUndefined && !isVersioned)
            {
                found.Add(Name(image, checked(names.Start + (int)Int(image, symbol))));
            }
        }

        return found;
    }

    private readonly record struct Section(uint Type, int Start, int Length, int Link)
    {
        public static Section Read(ReadOnlySpan<byte> image, int index)
        {
            long table = Long(image, 0x28);
            int at = checked((int)(table + (index * (long)Short(image, 0x3A))));
            return new(
                Int(image, at + 4),
                checked((int)Long(image, at + 24)),
                checked((int)Long(image, at + 32)),
                checked((int)Int(image, at + 40)));
        }
    }
}
