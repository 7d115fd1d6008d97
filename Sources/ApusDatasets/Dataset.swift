import ApusData
import ApusDownloads
import ApusFiles

/// A directory that has a data set's files.
public struct DatasetLocation: Hashable, Sendable {
  /// Whose directory it is.
  public enum Origin: Hashable, Sendable {
    /// The caller named it.
    case given
    /// The environment variable `APUS_DATA` named it.
    case environment
    /// A package of the system put it there.
    case system
    /// It was fetched before.
    case cache
  }

  public let directory: String
  public let origin: Origin

  public init(directory: String, origin: Origin) {
    self.directory = directory
    self.origin = origin
  }

  /// What to do about a file here that is not the published one; nil where that is allowed: a user may bring other data of
  /// the same form.
  var remedy: String? {
    switch origin {
    case .given, .environment: nil
    case .system: "reinstall the package it belongs to"
    case .cache: "remove it to have it fetched again"
    }
  }
}

/// What a fetch is doing.
public struct FetchProgress: Hashable, Sendable {
  /// The name of the file that is being fetched.
  public let file: String
  /// Its place among the files to be fetched, counted from one, and their number.
  public let index: Int
  public let count: Int
  /// The bytes that have arrived, and the size of the file where the server tells it.
  public let received: Int
  public let total: Int?
}

/// How the files of a data set are found, fetched and read.
protocol DatasetForm: Sendable {
  /// Throws when a directory lacks a file.
  func requireFiles(_ directory: String) throws(FileError)
  /// Whether a directory has at least one of the files, and so is meant to have all.
  func hasSome(_ directory: String) -> Bool
  /// Fetches what a directory lacks.
  func fetch(
    _ source: String, _ directory: String, _ report: (FetchProgress) -> Download.Decision
  ) throws(DatasetError)
  func read(_ location: DatasetLocation) throws(DatasetError) -> ImageClassificationData
}

/// A data set of pictures that is known by name: what it is, where it comes from, and how it is read.
public struct Dataset: Sendable {
  /// Its name on the command line, such as `fashion-mnist`.
  public let name: String
  /// What people call it.
  public let title: String
  /// What is in it, in a line.
  public let summary: String
  /// The sizes of a picture.
  public let height: Int
  public let width: Int
  public let channels: Int
  /// The address that its files are fetched from; a directory ends in a slash.
  public let source: String
  /// How many bytes are fetched.
  public let downloadSize: Int
  public let licence: String
  /// Where packages of the system put it.
  var systemDirectories: [String] = []
  let form: any DatasetForm
  /// The name of its directory, where that is another one.
  var directoryName: String?

  private var folder: String { directoryName ?? name }

  /// All data sets, in the order in which they are listed.
  public static let all: [Dataset] = [
    .fashionMNIST, .mnist, .emnistBalanced, .emnistLetters, .cifar10, .cifar100, .digits,
  ]

  /// The data set of this name; nil when there is none.
  public static func named(_ name: String) -> Dataset? { all.first { $0.name == name } }

  /// The environment variable that names another address to fetch from.
  public var sourceVariable: String {
    "APUS_\(name.uppercased().split(separator: "-").joined(separator: "_"))_URL"
  }

  /// The directory on this machine that has the data set; nil when there is none and it must be fetched.
  ///
  /// Looks into `directory` only, if one is given; otherwise into `$APUS_DATA`, the directory of the data set's name there,
  /// the system's package and the user's cache. Throws a ``FileError`` that names the missing file when `directory`, or the
  /// one of `APUS_DATA`, has not all of them.
  public func locate(directory: String? = nil) throws(FileError) -> DatasetLocation? {
    try locate(directory: directory, places: .current)
  }

  package func locate(directory: String?, places: DatasetPlaces) throws(FileError) -> DatasetLocation? {
    if let directory {
      try form.requireFiles(directory)
      return DatasetLocation(directory: directory, origin: .given)
    }
    if let user = places.user {
      for directory in [user, user.appendingPath(folder)] where form.hasSome(directory) {
        try form.requireFiles(directory)
        return DatasetLocation(directory: directory, origin: .environment)
      }
    }
    let system = [places.system.appendingPath(folder)] + (places.isUsual ? systemDirectories : [])
    for directory in system where hasAll(directory) { return DatasetLocation(directory: directory, origin: .system) }
    if let cache = places.cache?.appendingPath(folder), hasAll(cache) {
      return DatasetLocation(directory: cache, origin: .cache)
    }
    return nil
  }

  private func hasAll(_ directory: String) -> Bool {
    do throws(FileError) {
      try form.requireFiles(directory)
      return true
    } catch {
      return false
    }
  }

  /// Fetches into the user's cache what is missing there, and verifies it.
  ///
  /// `source` is the address of a directory; without one it is that of the environment variable ``sourceVariable`` or the
  /// published one. Throws a ``DatasetError``; what was complete stays, and an interrupted file goes on where it stopped
  /// next time.
  public func fetch(
    source: String? = nil, progress: (FetchProgress) -> Download.Decision = { _ in .proceed }
  ) throws(DatasetError) -> DatasetLocation {
    try fetch(source: source, places: .current, progress: progress)
  }

  package func fetch(
    source: String?, places: DatasetPlaces, progress: (FetchProgress) -> Download.Decision = { _ in .proceed }
  ) throws(DatasetError) -> DatasetLocation {
    guard let cache = places.cache else {
      throw .data(DataError("no place to keep \(title): neither XDG_CACHE_HOME nor HOME is set"))
    }
    let directory = cache.appendingPath(folder)
    try form.fetch(source ?? DatasetPlaces.environment(sourceVariable) ?? self.source, directory, progress)
    return DatasetLocation(directory: directory, origin: .cache)
  }

  /// The data set: from this machine, or else fetched.
  ///
  /// A `directory` may hold other data of the same form. Throws a ``DatasetError`` in one line when a file is missing,
  /// damaged or wrong, or cannot be fetched.
  public func load(
    directory: String? = nil, source: String? = nil,
    progress: (FetchProgress) -> Download.Decision = { _ in .proceed }
  ) throws(DatasetError) -> ImageClassificationData {
    try load(directory: directory, source: source, places: .current, progress: progress)
  }

  package func load(
    directory: String?, source: String?, places: DatasetPlaces,
    progress: (FetchProgress) -> Download.Decision = { _ in .proceed }
  ) throws(DatasetError) -> ImageClassificationData {
    let located: DatasetLocation?
    do throws(FileError) {
      located = try locate(directory: directory, places: places)
    } catch {
      throw .file(error)
    }
    let location = if let located { located } else { try fetch(source: source, places: places, progress: progress) }
    return try load(from: location)
  }

  /// The data set in a directory that ``locate(directory:)`` or ``fetch(source:progress:)`` found.
  ///
  /// Throws a ``DatasetError`` when a file is missing, damaged or wrong.
  public func load(from location: DatasetLocation) throws(DatasetError) -> ImageClassificationData {
    try form.read(location)
  }

  /// Fetches the files one after the other, and says how far that is.
  static func run(
    _ downloads: [Download], hint: String, report: (FetchProgress) -> Download.Decision,
    verify: (_ index: Int, _ path: String) throws(FileError) -> Void = { (_, _) throws(FileError) in }
  ) throws(DatasetError) {
    for (index, download) in downloads.enumerated() {
      let name = String(download.destination.split(separator: "/").last ?? "")
      do throws(DownloadError) {
        try download.run(
          progress: {
            report(
              FetchProgress(
                file: name, index: index + 1, count: downloads.count, received: $0.received, total: $0.total))
          },
          verify: { (path) throws(FileError) in try verify(index, path) })
      } catch {
        throw .download(error, hint: error == .cancelled(source: download.source) ? nil : hint)
      }
    }
  }
}

extension DatasetError {
  /// The result of `body`, whose error is of a file or of the data.
  static func naming<Result>(_ body: () throws(FileError) -> Result) throws(DatasetError) -> Result {
    do throws(FileError) { return try body() } catch { throw .file(error) }
  }
}
