/// A picture of numbers, black at 0 and full light at 1: what augmentations work on.
public struct FloatImage: Hashable, Sendable {
  public let height: Int
  public let width: Int
  /// How many samples a pixel has: 1 gray, 3 red, green and blue.
  public let channels: Int
  /// `height * width * channels` samples, the last varying fastest.
  public internal(set) var values: [Float]

  /// A picture of the given samples. Traps unless there are `height * width * channels` of them.
  public init(height: Int, width: Int, channels: Int, values: [Float]) {
    guard height > 0, width > 0, channels > 0, values.count == height * width * channels else {
      fatalError("FloatImage: \(values.count) samples for \(height) × \(width) × \(channels)")
    }
    self.height = height
    self.width = width
    self.channels = channels
    self.values = values
  }

  /// A picture of bytes, 255 of which are full light.
  public init(height: Int, width: Int, channels: Int, samples: ArraySlice<UInt8>) {
    self.init(height: height, width: width, channels: channels, values: samples.map { Float($0) / 255 })
  }

  // MARK: Places

  /// Swaps left and right.
  public mutating func flipHorizontally() {
    for row in 0..<height {
      var (left, right) = (row * width * channels, (row * width + width - 1) * channels)
      while left < right {
        for channel in 0..<channels { values.swapAt(left + channel, right + channel) }
        left += channels
        right -= channels
      }
    }
  }

  /// Swaps top and bottom.
  public mutating func flipVertically() {
    let size = width * channels
    for row in 0..<(height / 2) {
      for offset in 0..<size { values.swapAt(row * size + offset, (height - 1 - row) * size + offset) }
    }
  }

  /// Moves the picture by whole pixels to the right and down; what comes in is black.
  public mutating func move(right: Int, down: Int) {
    let source = values
    let rowSize = width * channels
    values = [Float](unsafeUninitializedCapacity: source.count) { target, filled in
      for row in 0..<height {
        let from = row - down
        let start = row * rowSize
        let columns = max(0, right)..<max(max(0, right), min(width, width + right))
        guard 0..<height ~= from, !columns.isEmpty else {
          for offset in 0..<rowSize { target[start + offset] = 0 }
          continue
        }
        let (low, high) = (columns.lowerBound * channels, columns.upperBound * channels)
        for offset in 0..<low { target[start + offset] = 0 }
        let shift = from * rowSize - right * channels
        for offset in low..<high { target[start + offset] = source[shift + offset] }
        for offset in high..<rowSize { target[start + offset] = 0 }
      }
      filled = source.count
    }
  }

  /// Fills a rectangle, as far as it lies inside, with one value.
  public mutating func fill(left: Int, top: Int, width boxWidth: Int, height boxHeight: Int, with value: Float = 0) {
    let columns = max(0, left)..<max(max(0, left), min(width, left + boxWidth))
    for row in max(0, top)..<max(max(0, top), min(height, top + boxHeight)) {
      for offset in (columns.lowerBound * channels)..<(columns.upperBound * channels) {
        values[row * width * channels + offset] = value
      }
    }
  }

  // MARK: Values

  /// Subtracts the mean of each channel and divides by its deviation; one number of either serves all channels. Traps when
  /// there are other numbers of them.
  public mutating func normalize(mean: [Float], deviation: [Float]) {
    func each(_ numbers: [Float]) -> [Float] {
      if numbers.count == channels { return numbers }
      guard numbers.count == 1 else {
        fatalError(
          "FloatImage.normalize: \(numbers.count) values for \(channels) channels, expected one or \(channels)")
      }
      return [Float](repeating: numbers[0], count: channels)
    }
    let (shifts, scales) = (each(mean), each(deviation).map { 1 / $0 })
    var channel = 0
    for place in values.indices {
      values[place] = (values[place] - shifts[channel]) * scales[channel]
      channel = channel + 1 == channels ? 0 : channel + 1
    }
  }
}
