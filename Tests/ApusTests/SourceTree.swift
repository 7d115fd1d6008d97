#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The package's own files, found from this one.
enum SourceTree {
  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

  static func exists(_ path: String) -> Bool { access("\(root)/\(path)", R_OK) == 0 }

  /// Files below a folder, as paths from the root, sorted.
  static func files(in folder: String) throws -> [String] {
    guard let directory = opendir("\(root)/\(folder)") else { throw Missing(description: "no folder \(folder)") }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard !name.hasPrefix(".") else { continue }
      let path = "\(folder)/\(name)"
      var status = stat()
      guard stat("\(root)/\(path)", &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR { found += try files(in: path) } else { found.append(path) }
    }
    return found.sorted()
  }

  static func text(_ path: String) throws -> String {
    guard let file = fopen("\(root)/\(path)", "rb") else { throw Missing(description: "no file \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
