using System.Globalization;

namespace Consensus.Imaging.Formats.Nifti;

/// <summary>The value types of NIfTI files that this library reads, with their codes in the header (nifti1.h, "DT_").</summary>
internal enum NiftiDataType
{
    UInt8 = 2,
    Int16 = 4,
    Int32 = 8,
    Float32 = 16,
    Float64 = 64,
    Int8 = 256,
    UInt16 = 512,
    UInt32 = 768,
    Int64 = 1024,
    UInt64 = 1280,
}

/// <summary>Names and sizes of all type codes, including the codes that are refused.</summary>
internal static class NiftiDataTypes
{
    /// <summary>The names of all types that are read, for messages.</summary>
    public const string Allowed = "uint8, int8, uint16, int16, uint32, int32, uint64, int64, float32 and float64";

    /// <summary>Bytes of one value.</summary>
    public static int Size(this NiftiDataType type) => type switch
    {
        NiftiDataType.UInt8 or NiftiDataType.Int8 => 1,
        NiftiDataType.Int16 or NiftiDataType.UInt16 => 2,
        NiftiDataType.Int32 or NiftiDataType.UInt32 or NiftiDataType.Float32 => 4,
        NiftiDataType.Float64 or NiftiDataType.Int64 or NiftiDataType.UInt64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>The name that NumPy and nibabel use for the type.</summary>
    public static string Name(this NiftiDataType type) => type switch
    {
        NiftiDataType.UInt8 => "uint8",
        NiftiDataType.Int16 => "int16",
        NiftiDataType.Int32 => "int32",
        NiftiDataType.Float32 => "float32",
        NiftiDataType.Float64 => "float64",
        NiftiDataType.Int8 => "int8",
        NiftiDataType.UInt16 => "uint16",
        NiftiDataType.UInt32 => "uint32",
        NiftiDataType.Int64 => "int64",
        NiftiDataType.UInt64 => "uint64",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>The meaning of a code that is not supported, for messages.</summary>
    public static string DescribeRefused(int code) => code switch
    {
        0 => "unknown (code 0)",
        1 => "binary, 1 bit a value (code 1)",
        32 => "complex64 (code 32)",
        128 => "RGB colour (code 128)",
        1536 => "float128 (code 1536)",
        1792 => "complex128 (code 1792)",
        2048 => "complex256 (code 2048)",
        2304 => "RGBA colour (code 2304)",
        _ => string.Create(CultureInfo.InvariantCulture, $"code {code}, which the NIfTI standard does not know"),
    };
}
