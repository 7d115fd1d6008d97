import ApusFiles

extension WordVectors {
  /// The vectors in a file of `word2vec`'s, of its text or its binary form.
  ///
  /// Throws a ``FileError`` in one line where the file is cut short, holds a number that is none, or a word twice.
  public init(contentsOf path: String) throws(FileError) {
    let bytes = try File.read(path, maximumSize: 1 << 34)
    var reader = VectorReader(bytes: bytes, path: path)
    let (count, dimensions) = try reader.header()
    let isBinary = reader.looksBinary
    var words: [String] = []
    var values: [Float] = []
    words.reserveCapacity(count)
    values.reserveCapacity(count * dimensions)
    var seen: Set<String> = []
    for _ in 0..<count {
      let start = reader.place
      let word = try reader.word()
      guard seen.insert(word).inserted else {
        throw .malformed(path, at: start, "the word \(word.quoted) occurs twice")
      }
      words.append(word)
      for _ in 0..<dimensions {
        let place = reader.place
        let value = isBinary ? try reader.binaryNumber() : try reader.textNumber()
        guard value.isFinite else {
          throw .malformed(path, at: place, "the vector of \(word.quoted) has a number that is not finite")
        }
        values.append(value)
      }
      try reader.endVector(isBinary: isBinary)
    }
    guard reader.isAtEnd else { throw .malformed(path, at: reader.place, "more follows after \(count) vectors") }
    self.init(words: words, vectors: values, dimensions: dimensions)
  }

  /// Writes a file of `word2vec`'s that it, gensim and ``init(contentsOf:)`` read.
  ///
  /// Throws a ``FileError`` when the system refuses, or a word has a space in it.
  public func write(to path: String, isBinary: Bool = false) throws(FileError) {
    if let word = words.first(where: { $0.isEmpty || $0.utf8.contains { $0 <= 32 } }) {
      throw .malformed(path, "the word \(word.quoted) has white space in it, which the format cannot hold")
    }
    var bytes = Array("\(words.count) \(dimensions)\n".utf8)
    for (number, word) in words.enumerated() {
      bytes += Array(word.utf8)
      let vector = values[(number * dimensions)..<((number + 1) * dimensions)]
      if isBinary { bytes.append(32) }
      for value in vector {
        if isBinary {
          let bits = value.bitPattern
          for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        } else {
          bytes.append(32)
          bytes += Array(value.description.utf8)
        }
      }
      bytes.append(10)
    }
    try AtomicFile.write(bytes, to: path)
  }
}

private struct VectorReader {
  let bytes: [UInt8]
  let path: String
  private(set) var place = 0

  private static let longestWord = 4096

  init(bytes: [UInt8], path: String) { (self.bytes, self.path) = (bytes, path) }

  var isAtEnd: Bool { bytes[place...].allSatisfy { $0 <= 32 } }

  private func cutShort() -> FileError { .malformed(path, at: bytes.count, "the vectors are cut short") }

  /// How many words there are, and of how many dimensions.
  mutating func header() throws(FileError) -> (Int, Int) {
    let line = bytes.prefix(64).prefix { $0 != 10 }
    let numbers = String(decoding: line, as: UTF8.self).split { $0 == " " || $0 == "\r" }.map { Int($0) }
    guard numbers.count == 2, let count = numbers[0], let dimensions = numbers[1], count >= 0 else {
      throw .malformed(path, at: 0, "not a file of word vectors (expected the numbers of words and of dimensions)")
    }
    // Each vector takes a letter and, of each number, two bytes or more.
    let (least, overflows) = count.multipliedReportingOverflow(by: dimensions)
    guard 1...100_000 ~= dimensions, !overflows, least <= bytes.count / 2 else {
      throw .malformed(path, at: 0, "\(count) vectors of \(dimensions) numbers do not fit into \(bytes.count) bytes")
    }
    place = line.count + 1
    return (count, dimensions)
  }

  /// Whether what follows the first word is no text.
  var looksBinary: Bool {
    guard place < bytes.count, let space = bytes[place...].prefix(Self.longestWord).firstIndex(of: 32) else {
      return false
    }
    let line = bytes[(space + 1)...].prefix(64).prefix { $0 != 10 }
    return line.isEmpty || !line.allSatisfy { 32..<127 ~= $0 || $0 == 9 || $0 == 13 }
  }

  mutating func word() throws(FileError) -> String {
    guard place < bytes.count, let end = bytes[place...].prefix(Self.longestWord).firstIndex(of: 32) else {
      throw place >= bytes.count ? cutShort() : .malformed(path, at: place, "a word without a space after it")
    }
    guard let word = String(validating: bytes[place..<end], as: UTF8.self), !word.isEmpty else {
      throw .malformed(path, at: place, "a word that is empty or not UTF-8")
    }
    place = end + 1
    return word
  }

  mutating func binaryNumber() throws(FileError) -> Float {
    guard bytes.count - place >= 4 else { throw cutShort() }
    let bits = bytes[place..<(place + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    place += 4
    return Float(bitPattern: bits)
  }

  mutating func textNumber() throws(FileError) -> Float {
    while place < bytes.count, bytes[place] == 32 { place += 1 }
    if place == bytes.count { throw cutShort() }
    let text = bytes[place...].prefix { $0 > 32 }
    guard let value = Float(String(decoding: text, as: UTF8.self)) else {
      throw .malformed(path, at: place, "\(String(decoding: text.prefix(40), as: UTF8.self).quoted) is not a number")
    }
    place += text.count
    return value
  }

  /// The line ends after a vector; in binary files it need not.
  mutating func endVector(isBinary: Bool) throws(FileError) {
    while place < bytes.count, !isBinary, bytes[place] == 32 || bytes[place] == 13 { place += 1 }
    if place == bytes.count { return }
    if bytes[place] == 10 {
      place += 1
    } else if !isBinary {
      throw .malformed(path, at: place, "a vector with more numbers than the first line says")
    }
  }
}
