#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// What torchvision calls adjust_brightness, adjust_contrast, adjust_saturation and adjust_hue.
extension FloatImage {
  /// Multiplies the light.
  public mutating func adjustBrightness(by factor: Float) {
    for place in values.indices { values[place] = min(1, max(0, values[place] * factor)) }
  }

  /// Draws all pixels to the mean brightness (a factor below 1), or away from it.
  public mutating func adjustContrast(by factor: Float) {
    var sum: Float = 0
    for pixel in 0..<(height * width) { sum += brightness(pixel) }
    let rest = sum / Float(height * width) * (1 - factor)
    for place in values.indices { values[place] = min(1, max(0, values[place] * factor + rest)) }
  }

  /// Draws the colors of each pixel to its gray (a factor below 1), or away from it. Gray pictures stay as they are.
  public mutating func adjustSaturation(by factor: Float) {
    guard channels == 3 else { return }
    for pixel in 0..<(height * width) {
      let rest = brightness(pixel) * (1 - factor)
      for place in (pixel * 3)..<(pixel * 3 + 3) { values[place] = min(1, max(0, values[place] * factor + rest)) }
    }
  }

  /// Moves the hue of each pixel along the circle of colors by a part of it, −0.5 to 0.5. Gray pictures stay as they are.
  public mutating func adjustHue(by turn: Float) {
    guard channels == 3 else { return }
    for place in stride(from: 0, to: values.count, by: 3) {
      var color = HSVColor(red: values[place], green: values[place + 1], blue: values[place + 2])
      color.hue += turn
      color.hue -= color.hue.rounded(.down)
      (values[place], values[place + 1], values[place + 2]) = color.rgb
    }
  }

  /// Adds a random number to each sample, of a normal distribution about 0.
  public mutating func addNoise(deviation: Float, using generator: inout SplitMix64) {
    var place = 0
    while place < values.count {
      // Two normal numbers of two even ones (Box & Muller 1958).
      let bits = generator.next()
      let (first, second) = (Float(bits >> 40) * 0x1p-24, Float(bits & 0xFF_FFFF) * 0x1p-24)
      let radius = deviation * (-2 * logf(1 - first)).squareRoot()
      let angle = 2 * Float.pi * second
      values[place] = min(1, max(0, values[place] + radius * cosf(angle)))
      if place + 1 < values.count {
        values[place + 1] = min(1, max(0, values[place + 1] + radius * sinf(angle)))
      }
      place += 2
    }
  }

  /// The gray of a pixel (ITU-R 601).
  private func brightness(_ pixel: Int) -> Float {
    guard channels == 3 else { return values[pixel * channels] }
    let place = pixel * 3
    return 0.2989 * values[place] + 0.587 * values[place + 1] + 0.114 * values[place + 2]
  }
}

/// A color by hue, saturation and value, each 0 to 1 (Smith 1978).
public struct HSVColor: Hashable, Sendable {
  /// The place on the circle of colors: red at 0, green at a third, blue at two thirds.
  public var hue: Float
  public var saturation: Float
  public var value: Float

  public init(hue: Float, saturation: Float, value: Float) {
    self.hue = hue
    self.saturation = saturation
    self.value = value
  }

  /// The color of light of these strengths, each 0 to 1.
  public init(red: Float, green: Float, blue: Float) {
    let (high, low) = (max(red, green, blue), min(red, green, blue))
    let range = high - low
    value = high
    saturation = high > 0 ? range / high : 0
    guard range > 0 else {
      hue = 0
      return
    }
    let sixths: Float
    if high == red {
      sixths = (green - blue) / range
    } else if high == green {
      sixths = 2 + (blue - red) / range
    } else {
      sixths = 4 + (red - green) / range
    }
    hue = (sixths < 0 ? sixths + 6 : sixths) / 6
  }

  /// The strengths of red, green and blue.
  public var rgb: (red: Float, green: Float, blue: Float) {
    let sixths = hue * 6
    let sector = sixths.rounded(.down)
    let part = sixths - sector
    let low = value * (1 - saturation)
    let (falling, rising) = (value * (1 - saturation * part), value * (1 - saturation * (1 - part)))
    switch Int(sector) % 6 {
    case 0: return (value, rising, low)
    case 1: return (falling, value, low)
    case 2: return (low, value, rising)
    case 3: return (low, falling, value)
    case 4: return (rising, low, value)
    default: return (value, low, falling)
    }
  }
}
