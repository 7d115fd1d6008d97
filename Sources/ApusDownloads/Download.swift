import ApusFiles

/// The fetching of a file over http or https.
///
/// What arrives is collected in `destination.part`; a download that was interrupted goes on where it stopped, if the
/// server still has the same file. Only a file that is complete and verified gets the name `destination`.
public struct Download: Sendable {
  /// How far a download is.
  public struct Progress: Hashable, Sendable {
    /// The bytes that are here, those of earlier attempts included.
    public let received: Int
    /// The size of the file, where the server tells it.
    public let total: Int?
  }

  /// What the progress callback decides.
  public enum Decision: Sendable {
    case proceed
    case cancel
  }

  /// The address of the file.
  public var source: String
  /// The path it gets here. Its directory is made if it is missing.
  public var destination: String
  /// The most bytes the file may have.
  public var maximumSize: Int
  /// The digest the file must have.
  public var checksum: Checksum?
  /// The most seconds to wait for a connection.
  public var connectionTimeout = 20
  /// The most seconds to wait for the next bytes.
  public var stallTimeout = 30

  public init(from source: String, to destination: String, maximumSize: Int, checksum: Checksum? = nil) {
    self.source = source
    self.destination = destination
    self.maximumSize = maximumSize
    self.checksum = checksum
  }

  /// Fetches the file; returns when it is in place.
  ///
  /// `progress` is called on this thread as bytes arrive, and at least about once a second. `verify` is given the path
  /// of the complete file before it gets its name; when it throws, the file is removed. Throws a ``DownloadError``.
  public func run(
    progress: (Progress) -> Decision = { _ in .proceed },
    verify: (_ path: String) throws(FileError) -> Void = { (_) throws(FileError) in }
  ) throws(DownloadError) {
    let part = try openPart()
    defer { part.close() }
    let resumed = try fetch(into: part, progress: progress)
    do throws(DownloadError) {
      try finish(part, verify: verify)
    } catch {
      // A part of an older file with the end of a newer one is nobody's fault: fetch it once more, from the start.
      guard resumed, case .mismatch = error else { throw error }
      let fresh = try openPart()
      defer { fresh.close() }
      _ = try fetch(into: fresh, progress: progress)
      try finish(fresh, verify: verify)
    }
  }

  private func openPart() throws(DownloadError) -> PartFile {
    try naming { () throws(FileError) in
      try File.createDirectory(destination.directoryName)
      return try PartFile(destination: destination)
    }
  }

  /// Fetches all that is missing; returns whether a part was there already.
  private func fetch(
    into part: PartFile, progress: (Progress) -> Decision
  ) throws(DownloadError) -> Bool {
    try naming { () throws(FileError) in
      // Without a digest to check the whole by, only the server can tell that its file is still the same.
      if checksum == nil, part.validator == nil { try part.reset() }
      if part.size > maximumSize { try part.reset() }
    }
    let resumed = part.size > 0
    let outcome = try withoutActuallyEscaping(progress) { (progress) throws(DownloadError) in
      try Transfer(self, part: part, progress: progress).run()
    }
    if outcome == .rangeRefused {
      try naming { () throws(FileError) in try part.reset() }
      return try fetch(into: part, progress: progress)
    }
    return resumed
  }

  private func finish(
    _ part: PartFile, verify: (_ path: String) throws(FileError) -> Void
  ) throws(DownloadError) {
    if let checksum {
      let found = try naming { () throws(FileError) in try Checksum.of(contentsOf: part.path, checksum.algorithm) }
      if found != checksum {
        part.remove()
        throw .mismatch(source: source, expected: checksum, found: found)
      }
    }
    do throws(FileError) {
      try verify(part.path)
    } catch {
      part.remove()
      throw .file(source: source, error)
    }
    try naming { () throws(FileError) in try part.moveIntoPlace() }
  }

  /// The result of `body`, whose error gets the address.
  private func naming<Result>(_ body: () throws(FileError) -> Result) throws(DownloadError) -> Result {
    do throws(FileError) { return try body() } catch { throw .file(source: source, error) }
  }
}
