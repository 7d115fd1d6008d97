import ApusFiles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The file in which a download is collected, locked against a second one, and beside it the server's name for the
/// version that it is a part of.
final class PartFile {
  let path: String
  /// The bytes collected so far.
  private(set) var size: Int
  /// The `ETag` or the date of the version on the server; nil when it is not known.
  private(set) var validator: String?

  private let destination: String
  private let descriptor: Descriptor
  private var validatorPath: String { path + "-version" }

  init(destination: String) throws(FileError) {
    self.destination = destination
    path = destination + ".part"
    descriptor = try Self.openLocked(path)
    size = Int(lseek(descriptor.number, 0, SEEK_END))
    guard size >= 0 else {
      let code = errno
      descriptor.close()
      throw .system(path, cannot: "find the end", code: code)
    }
    validator = try? Self.readValidator(path + "-version")
  }

  private static func openLocked(_ path: String) throws(FileError) -> Descriptor {
    while true {
      let descriptor = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, cannot: "write")
      guard flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 else {
        let code = errno
        descriptor.close()
        if code == EINTR { continue }
        // A file system without locks: better no lock than no download.
        guard code == EWOULDBLOCK else { return try Descriptor.open(path, O_RDWR | O_CREAT, cannot: "write") }
        throw FileError(path: path, kind: .system(code: code), problem: "another process is downloading this file")
      }
      // Whoever held the lock before may have renamed the file: then this is no longer the one at the path.
      if let here = FileStatus(path: path), let open = try? descriptor.status(path), here.identity == open.identity {
        return descriptor
      }
      descriptor.close()
    }
  }

  private static func readValidator(_ path: String) throws(FileError) -> String? {
    let text = String(decoding: try File.read(path, maximumSize: 1 << 12), as: UTF8.self)
    return text.isEmpty || text.contains(where: \.isNewline) ? nil : text
  }

  func close() { descriptor.close() }

  /// Empties the file, for a new start.
  func reset() throws(FileError) {
    guard ftruncate(descriptor.number, 0) == 0, lseek(descriptor.number, 0, SEEK_SET) == 0 else {
      throw .system(path, cannot: "empty", code: errno)
    }
    size = 0
    validator = nil
    try File.remove(validatorPath)
  }

  /// Remembers which version of the server's file the bytes that follow are of.
  func setValidator(_ newValue: String?) throws(FileError) {
    guard newValue != validator else { return }
    validator = newValue
    if let newValue { try AtomicFile.write(newValue, to: validatorPath) } else { try File.remove(validatorPath) }
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try descriptor.write(bytes, path)
    size += bytes.count
  }

  func moveIntoPlace() throws(FileError) {
    try descriptor.synchronize(path)
    try AtomicFile.move(path, to: destination, path: destination)
    unlink(validatorPath)
  }

  func remove() {
    unlink(path)
    unlink(validatorPath)
  }
}
