#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension String {
  /// The path from the root, so that it means the same in any working directory.
  var absolutePath: String {
    guard !hasPrefix("/"), let directory = getcwd(nil, 0) else { return self }
    defer { free(directory) }
    return String(cString: directory) + "/" + self
  }

  /// The word as a shell reads it.
  var shellQuoted: String {
    let isPlain =
      !isEmpty
      && unicodeScalars.allSatisfy { $0.properties.isAlphabetic || "0123456789/._-+=:,@%".unicodeScalars.contains($0) }
    return isPlain
      ? self : "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
