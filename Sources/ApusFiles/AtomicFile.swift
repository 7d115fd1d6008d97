#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writing files so that a reader sees the old contents or the new ones, never a part.
public enum AtomicFile {
  /// Puts `bytes` into the file at `path`: written beside it, sent to the disk, then renamed over it.
  ///
  /// A symbolic link keeps pointing where it did, an existing file keeps its permissions, and a device or pipe is
  /// written directly. Throws a ``FileError`` that says what failed (a full disk, a missing directory);
  /// nothing is left behind then.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let existing = FileStatus(path: path)
    if let existing, existing.isDirectory { throw .system(path, cannot: "write", code: EISDIR) }
    if let existing, !existing.isRegular { return try overwrite(path, with: bytes) }

    let target = existing == nil ? path : resolvingLinks(path)
    let temporary = "\(target).\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
    // Messages name the file that was asked for, not the temporary beside it.
    let descriptor = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, path: path)
    do throws(FileError) {
      defer { descriptor.close() }
      if let existing { fchmod(descriptor.number, existing.permissions) }
      try descriptor.write(bytes, path)
      try descriptor.synchronize(path)
    } catch {
      unlink(temporary)
      throw error
    }
    try rename(temporary, to: target, path: path)
  }

  /// Puts `text` into the file at `path`, as ``write(_:to:)-([UInt8],_)`` does.
  public static func write(_ text: String, to path: String) throws(FileError) { try write(Array(text.utf8), to: path) }

  /// Renames a finished temporary over `target` and makes the new name last; removes the temporary on failure.
  private static func rename(_ temporary: String, to target: String, path: String) throws(FileError) {
    do throws(FileError) {
      try move(temporary, to: target, path: path)
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// Renames a file that is complete and on the disk, and makes the new name last.
  package static func move(_ source: String, to target: String, path: String) throws(FileError) {
    #if canImport(Glibc)
      let status = Glibc.rename(source, target)
    #elseif canImport(Musl)
      let status = Musl.rename(source, target)
    #else
      let status = Darwin.rename(source, target)
    #endif
    guard status == 0 else { throw .system(path, cannot: "write", code: errno) }
    // The rename has happened: a directory that cannot be opened or synced (some network systems) is no failure.
    if let directory = try? Descriptor.openForReading(target.directoryName) {
      try? directory.synchronize(path)
      directory.close()
    }
  }

  private static func overwrite(_ path: String, with bytes: [UInt8]) throws(FileError) {
    let descriptor = try Descriptor.open(path, O_WRONLY, path: path)
    defer { descriptor.close() }
    try descriptor.write(bytes, path)
  }

  private static func resolvingLinks(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

extension Descriptor {
  fileprivate static func open(_ file: String, _ flags: Int32, path: String) throws(FileError) -> Descriptor {
    do throws(FileError) {
      return try open(file, flags, cannot: "write")
    } catch {
      throw FileError(path: path, kind: error.kind, problem: error.problem)
    }
  }

  fileprivate func write(_ bytes: [UInt8], _ path: String) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(FileError) in try write(UnsafeRawBufferPointer(buffer), path) }
  }
}
