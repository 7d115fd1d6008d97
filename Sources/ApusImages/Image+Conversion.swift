extension Image {
  /// The image without opacity, laid over a background of the given gray; itself when it has none.
  public func flattened(over background: UInt8 = 255) -> Image {
    guard hasAlpha else { return self }
    let colors = channels - 1
    return mapPixels(channels: colors) { source, result in
      let alpha = Int(source[colors])
      for channel in 0..<colors {
        let mixed = Int(source[channel]) * alpha + Int(background) * (255 - alpha)
        result[channel] = UInt8((mixed + 127) / 255)
      }
    }
  }

  /// The image in one channel of brightness (ITU-R 601: 299 parts red, 587 green, 114 blue), without opacity.
  public func grayscale() -> Image {
    let flat = flattened()
    guard flat.channels == 3 else { return flat }
    return flat.mapPixels(channels: 1) { source, result in
      // The weights in 1/65536, as integers so that every machine rounds alike.
      let sum = 19595 * Int(source[0]) + 38470 * Int(source[1]) + 7471 * Int(source[2])
      result[0] = UInt8((sum + 0x8000) >> 16)
    }
  }

  /// The image in three channels, without opacity.
  public func rgb() -> Image {
    let flat = flattened()
    guard flat.channels == 1 else { return flat }
    return flat.mapPixels(channels: 3) { source, result in
      for channel in 0..<3 { result[channel] = source[0] }
    }
  }

  /// An image whose every pixel `body` makes from the one at the same place here.
  func mapPixels(
    channels newChannels: Int, _ body: (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Void
  ) -> Image {
    let count = width * height
    let result = [UInt8](unsafeUninitializedCapacity: count * newChannels) { result, filled in
      pixels.withUnsafeBufferPointer { source in
        for pixel in 0..<count {
          body(source.baseAddress! + pixel * channels, result.baseAddress! + pixel * newChannels)
        }
      }
      filled = count * newChannels
    }
    return Image(width: width, height: height, channels: newChannels, pixels: result)
  }
}
