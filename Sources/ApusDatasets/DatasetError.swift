import ApusData
import ApusDownloads
import ApusFiles

/// A data set that cannot be had; printed as one line.
public enum DatasetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A file is missing, unreadable or wrong.
  case file(FileError)
  /// A file could not be fetched; `hint` says how else the data can be had, unless the caller cancelled.
  case download(DownloadError, hint: String?)
  /// The files are right by themselves but do not fit together.
  case data(DataError)

  public var description: String {
    switch self {
    case .file(let error): error.description
    case .download(let error, let hint): error.description + (hint.map { "; \($0)" } ?? "")
    case .data(let error): error.description
    }
  }
}
