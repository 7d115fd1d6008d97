import ApusFiles
import CZlib

/// The gzip format (RFC 1952), through zlib.
public enum Gzip {
  /// The contents of the gzip file whose bytes are given; `path` is what errors call it.
  ///
  /// Files of several members (concatenated files, `bgzip`) are read whole. Throws a ``FileError`` when the bytes are
  /// not gzip, are cut short, damaged or followed by others, or hold more than `maximumSize` bytes.
  public static func decompress(_ bytes: [UInt8], maximumSize: Int, path: String) throws(FileError) -> [UInt8] {
    guard bytes.starts(with: magic) else {
      throw .malformed(path, at: 0, "not a gzip file (expected the bytes 1F 8B)")
    }
    let decompression = try Decompression(path: path)
    defer { decompression.end() }
    return try bytes.withUnsafeBufferPointer { (input) throws(FileError) in
      try decompression.run(input, maximumSize: maximumSize)
    }
  }

  /// The gzip file that holds `bytes`. The same bytes and level give the same file: no name and no time are stored.
  ///
  /// `level` runs from 1, fast, to 9, small.
  public static func compress(_ bytes: [UInt8], level: Int = 6) -> [UInt8] {
    guard 1...9 ~= level else { fatalError("Gzip.compress: level \(level) is not one of 1 to 9") }
    let stream = makeStream()
    defer { stream.deallocate() }
    guard apus_gzip_begin_compression(stream, Int32(level)) == Z_OK else { fatalError("Gzip.compress: out of memory") }
    defer { deflateEnd(stream) }
    return bytes.withUnsafeBufferPointer { input in
      var source = input[...]
      var result: [UInt8] = []
      let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 18)
      defer { chunk.deallocate() }
      var status = Z_OK
      repeat {
        let available = source.prefix(1 << 30)
        stream.pointee.next_in = mutable(available)
        stream.pointee.avail_in = UInt32(available.count)
        stream.pointee.next_out = chunk.baseAddress
        stream.pointee.avail_out = UInt32(chunk.count)
        status = deflate(stream, available.count == source.count ? Z_FINISH : Z_NO_FLUSH)
        source = source.dropFirst(available.count - Int(stream.pointee.avail_in))
        result += chunk.prefix(chunk.count - Int(stream.pointee.avail_out))
      } while status == Z_OK || status == Z_BUF_ERROR
      return result
    }
  }

  fileprivate static let magic: [UInt8] = [0x1F, 0x8B]

  /// A stream with an address of its own: zlib remembers where the one it was given lies.
  fileprivate static func makeStream() -> UnsafeMutablePointer<z_stream> {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    return stream
  }

  /// zlib only reads what it calls `next_in`, but does not say so in its type.
  fileprivate static func mutable(_ input: Slice<UnsafeBufferPointer<UInt8>>) -> UnsafeMutablePointer<UInt8>? {
    UnsafeMutablePointer(mutating: UnsafeBufferPointer(rebasing: input).baseAddress)
  }
}

private struct Decompression {
  private let path: String
  private let stream = Gzip.makeStream()

  init(path: String) throws(FileError) {
    self.path = path
    guard apus_gzip_begin_decompression(stream) == Z_OK else {
      stream.deallocate()
      throw .tooLarge(path, "not enough memory to read it")
    }
  }

  func end() {
    inflateEnd(stream)
    stream.deallocate()
  }

  func run(_ input: UnsafeBufferPointer<UInt8>, maximumSize: Int) throws(FileError) -> [UInt8] {
    var contents = [UInt8]()
    contents.reserveCapacity(expectedSize(input, maximumSize: maximumSize))
    let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 18)
    defer { chunk.deallocate() }
    var position = 0
    while true {
      let available = input[position...].prefix(1 << 30)
      stream.pointee.next_in = Gzip.mutable(available)
      stream.pointee.avail_in = UInt32(available.count)
      stream.pointee.next_out = chunk.baseAddress
      stream.pointee.avail_out = UInt32(chunk.count)
      let status = inflate(stream, Z_NO_FLUSH)
      position += available.count - Int(stream.pointee.avail_in)
      let produced = chunk.count - Int(stream.pointee.avail_out)
      guard produced <= maximumSize - contents.count else {
        throw .tooLarge(path, "decompresses to more than the \(maximumSize) bytes allowed here")
      }
      contents += chunk.prefix(produced)

      switch status {
      case Z_OK: continue
      case Z_STREAM_END:
        if position == input.count { return contents }
        try beginNextMember(input[position...], at: position)
      case Z_BUF_ERROR:
        // Room for output there was, so it is input that is missing.
        throw .malformed(path, at: input.count, "the gzip data are cut short")
      case Z_MEM_ERROR: throw .tooLarge(path, "not enough memory to read it")
      default:
        let reason = stream.pointee.msg.map { String(cString: $0) } ?? "error \(status)"
        throw .malformed(path, at: position, "the gzip data are damaged (\(reason))")
      }
    }
  }

  /// How much to reserve: the size that the last member claims, as far as compression can reach from here.
  private func expectedSize(_ input: UnsafeBufferPointer<UInt8>, maximumSize: Int) -> Int {
    let claim = input.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    let reachable = input.count.multipliedReportingOverflow(by: 1032)
    return max(0, min(claim, maximumSize, reachable.overflow ? .max : reachable.partialValue))
  }

  private func beginNextMember(_ rest: Slice<UnsafeBufferPointer<UInt8>>, at position: Int) throws(FileError) {
    guard rest.starts(with: Gzip.magic.prefix(rest.count)) else {
      let count = rest.count == 1 ? "1 byte follows" : "\(rest.count) bytes follow"
      throw .malformed(path, at: position, "\(count) the end of the gzip data")
    }
    guard inflateReset(stream) == Z_OK else { throw .tooLarge(path, "not enough memory to read it") }
  }
}
