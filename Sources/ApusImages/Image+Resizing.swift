extension Image {
  /// The image in another size, by a triangle (bilinear) filter that widens when it shrinks, so that nothing aliases.
  ///
  /// The result equals Pillow's `resize(…, BILINEAR)`: to the last bit before its version 13, which changed the order
  /// of rounding, and within one level since. Traps when a side is not positive.
  public func resized(width newWidth: Int, height newHeight: Int) -> Image {
    Self.checkSize(width: newWidth, height: newHeight)
    guard newWidth != width || newHeight != height else { return self }
    // A transparent pixel's color must not bleed into its neighbours: weigh the colors by opacity meanwhile.
    guard !hasAlpha else { return premultiplied().resample(newWidth, newHeight).unpremultiplied() }
    return resample(newWidth, newHeight)
  }

  private func resample(_ newWidth: Int, _ newHeight: Int) -> Image {
    var image = self
    if newWidth != width { image = image.resampledRows(to: newWidth) }
    if newHeight != height { image = image.resampledColumns(to: newHeight) }
    return image
  }

  private func resampledRows(to newWidth: Int) -> Image {
    let filter = TriangleFilter(from: width, to: newWidth)
    let (width, height, channels) = (width, height, channels)
    let result = [UInt8](unsafeUninitializedCapacity: newWidth * height * channels) { result, filled in
      pixels.withUnsafeBufferPointer { pixels in
        for row in 0..<height {
          for (column, tap) in filter.taps.enumerated() {
            let target = (row * newWidth + column) * channels
            let source = (row * width + tap.start) * channels
            for channel in 0..<channels {
              var sum = TriangleFilter.half
              for (index, weight) in tap.weights.enumerated() {
                sum += weight * Int(pixels[source + index * channels + channel])
              }
              result[target + channel] = TriangleFilter.sample(sum)
            }
          }
        }
      }
      filled = newWidth * height * channels
    }
    return Image(width: newWidth, height: height, channels: channels, pixels: result)
  }

  private func resampledColumns(to newHeight: Int) -> Image {
    let filter = TriangleFilter(from: height, to: newHeight)
    let rowSize = width * channels
    let result = [UInt8](unsafeUninitializedCapacity: newHeight * rowSize) { result, filled in
      var sums = [Int](repeating: 0, count: rowSize)
      pixels.withUnsafeBufferPointer { pixels in
        for (row, tap) in filter.taps.enumerated() {
          for column in 0..<rowSize { sums[column] = TriangleFilter.half }
          for (index, weight) in tap.weights.enumerated() {
            let source = (tap.start + index) * rowSize
            for column in 0..<rowSize { sums[column] += weight * Int(pixels[source + column]) }
          }
          for column in 0..<rowSize { result[row * rowSize + column] = TriangleFilter.sample(sums[column]) }
        }
      }
      filled = newHeight * rowSize
    }
    return Image(width: width, height: newHeight, channels: channels, pixels: result)
  }

  private func premultiplied() -> Image {
    let colors = channels - 1
    return mapPixels(channels: channels) { source, result in
      let alpha = Int(source[colors])
      for channel in 0..<colors { result[channel] = UInt8((Int(source[channel]) * alpha + 127) / 255) }
      result[colors] = source[colors]
    }
  }

  private func unpremultiplied() -> Image {
    let colors = channels - 1
    return mapPixels(channels: channels) { source, result in
      let alpha = Int(source[colors])
      for channel in 0..<colors {
        result[channel] = alpha == 0 ? 0 : UInt8(min(255, Int(source[channel]) * 255 / alpha))
      }
      result[colors] = source[colors]
    }
  }
}

/// For each sample of a resized line, the samples of the old one that it is made of, and their weights.
private struct TriangleFilter {
  struct Tap {
    let start: Int
    /// In units of 2⁻²²; they sum to one but for rounding.
    let weights: [Int]
  }

  static let fractionBits = 22
  static let half = 1 << (fractionBits - 1)

  let taps: [Tap]

  init(from oldCount: Int, to newCount: Int) {
    let scale = Double(oldCount) / Double(newCount)
    // Enlarging interpolates between neighbours; shrinking averages over all that falls into one new sample.
    let radius = max(scale, 1)
    taps = (0..<newCount).map { position in
      let center = (Double(position) + 0.5) * scale
      let start = max(0, Int(center - radius + 0.5))
      let end = min(oldCount, Int(center + radius + 0.5))
      let weights = (start..<end).map { max(0, 1 - abs((Double($0) - center + 0.5) / radius)) }
      let sum = weights.reduce(0, +)
      let unit = Double(1 << Self.fractionBits)
      return Tap(start: start, weights: weights.map { Int(($0 / sum * unit).rounded(.toNearestOrAwayFromZero)) })
    }
  }

  static func sample(_ sum: Int) -> UInt8 { UInt8(clamping: sum >> fractionBits) }
}
