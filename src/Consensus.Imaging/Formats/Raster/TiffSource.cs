using BitMiracle.LibTiff.Classic;

namespace Consensus.Imaging.Formats.Raster;

/// <summary>A stream for LibTiff to read and write. It collects the errors that LibTiff would otherwise print on the console.</summary>
internal sealed class TiffSource(Stream stream) : TiffStream
{
    static TiffSource() => ErrorSink.Previous = Tiff.SetErrorHandler(new ErrorSink());

    /// <summary>The first error, on one line; null when there is none.</summary>
    public string? Error { get; private set; }

    /// <summary>Opens the file. Null if LibTiff refuses it.</summary>
    public Tiff? Open(string path, string mode) => Tiff.ClientOpen(path, mode, this, this);

    public override int Read(object clientData, byte[] buffer, int offset, int count) =>
        stream.ReadAtLeast(buffer.AsSpan(offset, count), count, throwOnEndOfStream: false);

    public override void Write(object clientData, byte[] buffer, int offset, int count) => stream.Write(buffer, offset, count);

    public override long Seek(object clientData, long offset, SeekOrigin origin) =>
        offset < 0 && origin == SeekOrigin.Begin ? -1 : stream.Seek(offset, origin);

    /// <summary>Does nothing, because the owner of the stream closes it.</summary>
    public override void Close(object clientData)
    {
    }

    public override long Size(object clientData) => stream.Length;

    /// <summary>
    /// LibTiff has one error handler for the whole process. Messages about files that others opened are passed on to the previous handler.
    /// </summary>
    private sealed class ErrorSink : TiffErrorHandler
    {
        public static TiffErrorHandler? Previous { get; set; }

        public override void ErrorHandler(Tiff tif, string method, string format, params object[] args)
        {
            if (tif?.Clientdata() is not TiffSource)
            {
                Previous?.ErrorHandler(tif, method, format, args);
            }
        }

        public override void ErrorHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args)
        {
            if ((clientData ?? tif?.Clientdata()) is TiffSource source)
            {
                source.Error ??= string.Format(System.Globalization.CultureInfo.InvariantCulture, format, args).ReplaceLineEndings(" ");
            }
            else
            {
                Previous?.ErrorHandlerExt(tif, clientData, method, format, args);
            }
        }

        public override void WarningHandler(Tiff tif, string method, string format, params object[] args)
        {
            if (tif?.Clientdata() is not TiffSource)
            {
                Previous?.WarningHandler(tif, method, format, args);
            }
        }

        public override void WarningHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args)
        {
            if ((clientData ?? tif?.Clientdata()) is not TiffSource)
            {
                Previous?.WarningHandlerExt(tif, clientData, method, format, args);
            }
        }
    }
}
