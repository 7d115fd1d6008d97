/// How the rows and columns of a file lie in the picture (EXIF 2.3, tag 274).
enum EXIFOrientation: UInt8, CaseIterable {
  case upright = 1
  case mirrored
  case upsideDown
  case flipped
  case transposed
  /// To be turned a quarter clockwise.
  case left
  case transversed
  /// To be turned a quarter anticlockwise.
  case right

  /// The orientation that a JPEG file tells; nil when it tells none, or tells it wrongly: that harms no pixel.
  init?(jpeg bytes: [UInt8]) {
    // Segments follow each other up to the one that begins the picture (FF DA).
    var place = 2
    while place + 4 <= bytes.count, bytes[place] == 0xFF, bytes[place + 1] != 0xDA {
      let size = Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
      let end = place + 2 + size
      guard size >= 2, end <= bytes.count else { return nil }
      let contents = bytes[(place + 4)..<end]
      if bytes[place + 1] == 0xE1, contents.starts(with: Array("Exif\0\0".utf8)) {
        self.init(tiff: Array(contents.dropFirst(6)))
        return
      }
      place = end
    }
    return nil
  }

  /// The orientation in the first directory of a TIFF structure.
  private init?(tiff bytes: [UInt8]) {
    let isLittleEndian = bytes.starts(with: [0x49, 0x49])
    guard isLittleEndian || bytes.starts(with: [0x4D, 0x4D]) else { return nil }
    func number(_ place: Int, _ size: Int) -> Int? {
      guard place >= 0, place + size <= bytes.count else { return nil }
      let digits = bytes[place..<(place + size)]
      return (isLittleEndian ? Array(digits.reversed()) : Array(digits)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, 4), let count = number(directory, 2) else { return nil }
    for entry in 0..<count {
      let place = directory + 2 + 12 * entry
      guard let tag = number(place, 2) else { return nil }
      if tag == 274 {
        guard number(place + 2, 2) == 3, let value = number(place + 8, 2), let byte = UInt8(exactly: value) else {
          return nil
        }
        self.init(rawValue: byte)
        return
      }
    }
    return nil
  }
}

extension Image {
  /// The picture whose rows and columns lie here as `orientation` says.
  func upright(_ orientation: EXIFOrientation) -> Image {
    switch orientation {
    case .upright: self
    case .mirrored: rearranged(width, height) { (self.width - 1 - $0, $1) }
    case .upsideDown: rearranged(width, height) { (self.width - 1 - $0, self.height - 1 - $1) }
    case .flipped: rearranged(width, height) { ($0, self.height - 1 - $1) }
    case .transposed: rearranged(height, width) { ($1, $0) }
    case .left: rearranged(height, width) { ($1, self.height - 1 - $0) }
    case .transversed: rearranged(height, width) { (self.width - 1 - $1, self.height - 1 - $0) }
    case .right: rearranged(height, width) { (self.width - 1 - $1, $0) }
    }
  }

  /// An image whose pixel at each column and row is the one here at `source(column, row)`.
  private func rearranged(_ newWidth: Int, _ newHeight: Int, _ source: (Int, Int) -> (Int, Int)) -> Image {
    let result = [UInt8](unsafeUninitializedCapacity: pixels.count) { result, filled in
      for row in 0..<newHeight {
        for column in 0..<newWidth {
          let (sourceColumn, sourceRow) = source(column, row)
          let (from, to) = ((sourceRow * width + sourceColumn) * channels, (row * newWidth + column) * channels)
          for channel in 0..<channels { result[to + channel] = pixels[from + channel] }
        }
      }
      filled = pixels.count
    }
    return Image(width: newWidth, height: newHeight, channels: channels, pixels: result)
  }
}
