#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reading files whole, and the few questions about paths that the other rooms ask.
public enum File {
  /// The bytes of the file at `path`.
  ///
  /// Pipes and devices are read to their end. Throws a ``FileError`` when the file cannot be opened or read,
  /// or is larger than `maximumSize` bytes or than memory can hold.
  public static func read(_ path: String, maximumSize: Int = .max) throws(FileError) -> [UInt8] {
    let descriptor = try Descriptor.openForReading(path)
    defer { descriptor.close() }
    let status = try descriptor.status(path)
    var bytes: [UInt8] = []
    if status.isRegular {
      guard status.size <= maximumSize else { throw sizeError(path, maximumSize) }
      guard isAllocatable(status.size) else {
        throw .tooLarge(path, "holds \(status.size) bytes, more than there is memory for")
      }
      bytes = try readExactly(descriptor, count: status.size, path: path)
      guard bytes.count == status.size else { return bytes }  // It shrank while it was read.
    }
    // Pipes have no size, files under /proc claim to be empty, and others may grow: what follows decides.
    while true {
      let chunk = try readExactly(descriptor, count: 1 << 16, path: path)
      guard chunk.count <= maximumSize - bytes.count else { throw sizeError(path, maximumSize) }
      bytes += chunk
      if chunk.count < 1 << 16 { return bytes }
    }
  }

  /// The first `count` bytes of the file at `path`, or all of them when it is shorter.
  ///
  /// Throws a ``FileError`` when the file cannot be opened or read.
  public static func readPrefix(_ path: String, count: Int) throws(FileError) -> [UInt8] {
    let descriptor = try Descriptor.openForReading(path)
    defer { descriptor.close() }
    return try readExactly(descriptor, count: count, path: path)
  }

  /// The size in bytes of the file at `path`. Throws a ``FileError`` when there is none.
  public static func size(_ path: String) throws(FileError) -> Int {
    let descriptor = try Descriptor.openForReading(path)
    defer { descriptor.close() }
    return try descriptor.status(path).size
  }

  /// Whether there is a file (not a directory) at `path`, after following symbolic links.
  public static func exists(_ path: String) -> Bool {
    guard let status = FileStatus(path: path) else { return false }
    return !status.isDirectory
  }

  /// Whether there is a directory at `path`, after following symbolic links.
  public static func isDirectory(_ path: String) -> Bool { FileStatus(path: path)?.isDirectory ?? false }

  /// The names in the directory at `path`, sorted, without those that begin with a dot.
  ///
  /// Throws a ``FileError`` when it cannot be read.
  public static func names(in path: String) throws(FileError) -> [String] {
    guard !path.isEmpty, !path.utf8.contains(0), let directory = opendir(path) else {
      throw .system(path, cannot: "read the directory", code: path.isEmpty ? ENOENT : errno)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let capacity = MemoryLayout.size(ofValue: entry.pointee.d_name)
      let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
        field.withMemoryRebound(to: CChar.self, capacity: capacity) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  /// Makes the directory at `path`, and those above it, where they are missing.
  ///
  /// Throws a ``FileError`` that names the directory that could not be made.
  public static func createDirectory(_ path: String) throws(FileError) {
    guard !path.isEmpty, !isDirectory(path) else { return }
    let parent = path.directoryName
    if parent != path { try createDirectory(parent) }
    // Another process may have made it in the meantime, which is as good.
    if mkdir(path, 0o777) != 0, errno != EEXIST || !isDirectory(path) {
      throw .system(path, cannot: "make the directory", code: errno)
    }
  }

  /// Adds `text` to the end of the file at `path`, which is made if need be.
  ///
  /// Throws a ``FileError`` when the system refuses.
  public static func append(_ text: String, to path: String) throws(FileError) {
    try append(Array(text.utf8), to: path)
  }

  /// Adds `bytes` to the end of the file at `path`, which is made if need be.
  ///
  /// Throws a ``FileError`` when the system refuses.
  public static func append(_ bytes: [UInt8], to path: String) throws(FileError) {
    let descriptor = try Descriptor.open(path, O_WRONLY | O_APPEND | O_CREAT, cannot: "write")
    defer { descriptor.close() }
    var result: Result<Void, FileError> = .success(())
    bytes.withUnsafeBytes { bytes in
      result = Result { () throws(FileError) in try descriptor.write(bytes, path) }
    }
    try result.get()
  }

  /// Removes the file at `path`; does nothing when there is none.
  ///
  /// Throws a ``FileError`` when the system refuses.
  public static func remove(_ path: String) throws(FileError) {
    if unlink(path) != 0, errno != ENOENT { throw .system(path, cannot: "remove", code: errno) }
  }

  private static func readExactly(_ descriptor: Descriptor, count: Int, path: String) throws(FileError) -> [UInt8] {
    // The initialiser's closure cannot throw a typed error.
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(FileError) {
        while filled < count {
          let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[filled..<count]))
          let more = try descriptor.read(into: rest, path)
          if more == 0 { break }
          filled += more
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  private static func sizeError(_ path: String, _ maximumSize: Int) -> FileError {
    .tooLarge(path, "holds more than the \(maximumSize) bytes allowed here")
  }

  /// Whether `size` bytes are less than the machine has: an array that cannot be allocated ends the process,
  /// and a sparse file can claim any size.
  private static func isAllocatable(_ size: Int) -> Bool {
    let (pages, pageSize) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    return pages <= 0 || pageSize <= 0 || size / pageSize < pages
  }
}

extension String {
  /// The directory part of a path: "." for a bare name.
  package var directoryName: String {
    var end = utf8.endIndex
    let slash = UInt8(ascii: "/")
    func isSlash(before index: String.Index) -> Bool { utf8[utf8.index(before: index)] == slash }
    while end > utf8.startIndex, isSlash(before: end) { end = utf8.index(before: end) }
    if end == utf8.startIndex { return isEmpty ? "." : "/" }
    while end > utf8.startIndex, !isSlash(before: end) { end = utf8.index(before: end) }
    if end == utf8.startIndex { return "." }
    while end > utf8.startIndex, isSlash(before: end) { end = utf8.index(before: end) }
    return end == utf8.startIndex ? "/" : String(self[..<end])
  }

  /// This directory and a name in it, as one path.
  package func appendingPath(_ name: String) -> String { hasSuffix("/") ? self + name : "\(self)/\(name)" }
}
