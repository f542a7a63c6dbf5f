using Consensus.ML.Torch.Runtime;

namespace Consensus.ML.Tests.Torch.Runtime;

/// <summary>The functions that TorchSharp's library expects of libtorch.</summary>
public sealed class UndefinedSymbolsTests
{
    [Fact]
    public void The_functions_of_libtorch_are_listed_and_those_of_the_system_are_not()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF libraries are for Linux.");
        IReadOnlyList<string> found = UndefinedSymbols.Read(File.ReadAllBytes(NativeTorch.TorchSharpLibrary!));

        // 'nm -D --undefined-only' lists 1209 without a version in TorchSharp 0.107.0. Five of them are weak, and need not be there.
        Assert.Equal(1204, found.Count);
        Assert.Equal(found.Distinct(), found);
        Assert.Contains("_ZN3c104impl23ExcludeDispatchKeyGuardC2ENS_14DispatchKeySetE", found);
        Assert.DoesNotContain("memcpy", found);
        Assert.DoesNotContain("_ZNSt6localeD1Ev", found);
    }

    [Fact]
    public void A_damaged_library_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF libraries are for Linux.");
        byte[] image = File.ReadAllBytes(NativeTorch.TorchSharpLibrary!);
        Assert.Throws<InvalidDataException>(() => UndefinedSymbols.Read("not a library"u8));
        Assert.Throws<InvalidDataException>(() => UndefinedSymbols.Read(image.AsSpan(0, image.Length / 2)));
        image[0x28] ^= 0xff; // where the table of sections begins
        image[0x2F] = 0x7f;
        Assert.Throws<InvalidDataException>(() => UndefinedSymbols.Read(image));
    }
}
