import ApusFiles
import CCrypto

/// The digest that the contents of a file are expected to have, and the computing of digests (through OpenSSL).
public struct Checksum: Hashable, Sendable, CustomStringConvertible {
  /// How a digest is computed.
  public enum Algorithm: String, Hashable, Sendable {
    /// Good against damage, not against forgery.
    case md5 = "MD5"
    case sha256 = "SHA-256"
  }

  public let algorithm: Algorithm
  /// The digest in lower-case hexadecimal digits.
  public let digest: String

  /// A digest that is known beforehand, in hexadecimal digits of either case.
  public init(_ algorithm: Algorithm, _ digest: String) {
    self.algorithm = algorithm
    self.digest = digest.lowercased()
  }

  public var description: String { "\(algorithm.rawValue) \(digest)" }

  /// The MD5 digest of `bytes`.
  public static func md5(_ bytes: [UInt8]) -> Checksum { of(bytes, .md5) }

  /// The SHA-256 digest of `bytes`.
  public static func sha256(_ bytes: [UInt8]) -> Checksum { of(bytes, .sha256) }

  /// The MD5 digest of the file at `path`, which is read piece by piece. Throws a ``FileError``.
  public static func md5(contentsOf path: String) throws(FileError) -> Checksum { try of(contentsOf: path, .md5) }

  /// The SHA-256 digest of the file at `path`, which is read piece by piece. Throws a ``FileError``.
  public static func sha256(contentsOf path: String) throws(FileError) -> Checksum { try of(contentsOf: path, .sha256) }

  /// The digest of `bytes`.
  public static func of(_ bytes: [UInt8], _ algorithm: Algorithm) -> Checksum {
    let computation = Computation(algorithm)
    defer { computation.end() }
    bytes.withUnsafeBytes { computation.update($0) }
    return Checksum(algorithm, computation.finish())
  }

  /// The digest of the file at `path`, which is read piece by piece. Throws a ``FileError`` when it cannot be read.
  public static func of(contentsOf path: String, _ algorithm: Algorithm) throws(FileError) -> Checksum {
    let descriptor = try Descriptor.openForReading(path)
    defer { descriptor.close() }
    let computation = Computation(algorithm)
    defer { computation.end() }
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { chunk.deallocate() }
    while true {
      let count = try descriptor.read(into: chunk, path)
      if count == 0 { return Checksum(algorithm, computation.finish()) }
      computation.update(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
    }
  }
}

/// A digest under way. OpenSSL fails only where memory ends or an administrator has forbidden the algorithm.
private struct Computation {
  private let context: OpaquePointer

  init(_ algorithm: Checksum.Algorithm) {
    let type =
      switch algorithm {
      case .md5: EVP_md5()
      case .sha256: EVP_sha256()
      }
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, type, nil) == 1 else {
      fatalError("Checksum: the system's OpenSSL does not provide \(algorithm.rawValue) (is it in FIPS mode?)")
    }
    self.context = context
  }

  func end() { EVP_MD_CTX_free(context) }

  func update(_ bytes: UnsafeRawBufferPointer) {
    guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { fatalError("Checksum: OpenSSL failed") }
  }

  func finish() -> String {
    var count: UInt32 = 0
    let digest = [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, filled in
      guard EVP_DigestFinal_ex(context, buffer.baseAddress, &count) == 1 else { fatalError("Checksum: OpenSSL failed") }
      filled = Int(count)
    }
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
