#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An open file, with the retries and the errors that every system call needs.
package struct Descriptor: Sendable {
  package let number: Int32

  package static func openForReading(_ path: String) throws(FileError) -> Descriptor {
    try open(path, O_RDONLY, cannot: "open for reading")
  }

  package static func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0o666, cannot action: String
  ) throws(FileError) -> Descriptor {
    // A C path ends at the first zero byte: without this check another file would be opened.
    guard !path.isEmpty, !path.utf8.contains(0) else { throw .system(path, cannot: action, code: ENOENT) }
    while true {
      #if canImport(Glibc)
        let number = Glibc.open(path, flags | O_CLOEXEC, mode)
      #elseif canImport(Musl)
        let number = Musl.open(path, flags | O_CLOEXEC, mode)
      #else
        let number = Darwin.open(path, flags | O_CLOEXEC, mode)
      #endif
      if number >= 0 { return Descriptor(number: number) }
      if errno != EINTR { throw .system(path, cannot: action, code: errno) }
    }
  }

  package func close() {
    #if canImport(Glibc)
      _ = Glibc.close(number)
    #elseif canImport(Musl)
      _ = Musl.close(number)
    #else
      _ = Darwin.close(number)
    #endif
  }

  /// Reads at most `buffer.count` bytes; zero means the end.
  package func read(into buffer: UnsafeMutableRawBufferPointer, _ path: String) throws(FileError) -> Int {
    guard let base = buffer.baseAddress else { return 0 }
    while true {
      // Linux moves at most 2 GiB a call, macOS refuses more.
      let count = readOnce(base, min(buffer.count, 1 << 30))
      if count >= 0 { return count }
      if errno != EINTR { throw .system(path, cannot: "read", code: errno) }
    }
  }

  package func write(_ buffer: UnsafeRawBufferPointer, _ path: String) throws(FileError) {
    guard let base = buffer.baseAddress else { return }
    var written = 0
    while written < buffer.count {
      let count = writeOnce(base + written, min(buffer.count - written, 1 << 30))
      if count >= 0 {
        written += count
      } else if errno != EINTR {
        throw .system(path, cannot: "write", code: errno)
      }
    }
  }

  /// Sends the file's contents to the device. Pipes and devices that know no such thing count as done.
  package func synchronize(_ path: String) throws(FileError) {
    while fsync(number) != 0 {
      switch errno {
      case EINTR: continue
      case EINVAL, ENOTSUP: return
      default: throw .system(path, cannot: "write to the disk", code: errno)
      }
    }
  }

  package func status(_ path: String) throws(FileError) -> FileStatus {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw .system(path, cannot: "examine", code: errno) }
    return FileStatus(status)
  }

  private func readOnce(_ base: UnsafeMutableRawPointer, _ count: Int) -> Int {
    #if canImport(Glibc)
      Glibc.read(number, base, count)
    #elseif canImport(Musl)
      Musl.read(number, base, count)
    #else
      Darwin.read(number, base, count)
    #endif
  }

  private func writeOnce(_ base: UnsafeRawPointer, _ count: Int) -> Int {
    #if canImport(Glibc)
      Glibc.write(number, base, count)
    #elseif canImport(Musl)
      Musl.write(number, base, count)
    #else
      Darwin.write(number, base, count)
    #endif
  }
}

/// What the system knows about a file.
package struct FileStatus: Sendable {
  package let size: Int
  package let permissions: mode_t
  package let isRegular: Bool
  package let isDirectory: Bool
  /// Two statuses with the same identity describe one file.
  package let identity: [UInt64]

  init(_ status: stat) {
    size = Int(status.st_size)
    permissions = status.st_mode & 0o7777
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isDirectory = status.st_mode & S_IFMT == S_IFDIR
    identity = [UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino)]
  }

  /// The status of what lies at `path` after following symbolic links; nil when there is nothing.
  package init?(path: String) {
    guard !path.isEmpty, !path.utf8.contains(0) else { return nil }
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }
}
