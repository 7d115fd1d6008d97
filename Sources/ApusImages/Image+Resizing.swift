extension Image {
  /// The image in another size, by a filter that widens when it shrinks, so that nothing aliases.
  ///
  /// The result equals Pillow's `resize`: to the last bit before its version 13, which changed the order of rounding, and
  /// within one level since. Traps when a side is not positive.
  public func resized(width newWidth: Int, height newHeight: Int, filter: ResizeFilter = .bilinear) -> Image {
    Self.checkSize(width: newWidth, height: newHeight)
    guard newWidth != width || newHeight != height else { return self }
    // A transparent pixel's color must not bleed into its neighbours: weigh the colors by opacity meanwhile.
    guard !hasAlpha else { return premultiplied().resample(newWidth, newHeight, filter).unpremultiplied() }
    return resample(newWidth, newHeight, filter)
  }

  private func resample(_ newWidth: Int, _ newHeight: Int, _ filter: ResizeFilter) -> Image {
    var image = self
    if newWidth != width { image = image.resampledRows(ResizeTaps(from: width, to: newWidth, filter: filter)) }
    if newHeight != height { image = image.resampledColumns(ResizeTaps(from: height, to: newHeight, filter: filter)) }
    return image
  }

  private func resampledRows(_ filter: ResizeTaps) -> Image {
    let newWidth = filter.taps.count
    let (width, height, channels) = (width, height, channels)
    let result = [UInt8](unsafeUninitializedCapacity: newWidth * height * channels) { result, filled in
      pixels.withUnsafeBufferPointer { pixels in
        for row in 0..<height {
          for (column, tap) in filter.taps.enumerated() {
            let target = (row * newWidth + column) * channels
            let source = (row * width + tap.start) * channels
            for channel in 0..<channels {
              var sum = ResizeTaps.half
              for (index, weight) in tap.weights.enumerated() {
                sum &+= weight &* Int32(pixels[source + index * channels + channel])
              }
              result[target + channel] = ResizeTaps.sample(sum)
            }
          }
        }
      }
      filled = newWidth * height * channels
    }
    return Image(width: newWidth, height: height, channels: channels, pixels: result)
  }

  private func resampledColumns(_ filter: ResizeTaps) -> Image {
    let newHeight = filter.taps.count
    let rowSize = width * channels
    let result = [UInt8](unsafeUninitializedCapacity: newHeight * rowSize) { result, filled in
      var sums = [Int32](repeating: 0, count: rowSize)
      pixels.withUnsafeBufferPointer { pixels in
        for (row, tap) in filter.taps.enumerated() {
          for column in 0..<rowSize { sums[column] = ResizeTaps.half }
          for (index, weight) in tap.weights.enumerated() {
            let source = (tap.start + index) * rowSize
            for column in 0..<rowSize { sums[column] &+= weight &* Int32(pixels[source + column]) }
          }
          for column in 0..<rowSize { result[row * rowSize + column] = ResizeTaps.sample(sums[column]) }
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
