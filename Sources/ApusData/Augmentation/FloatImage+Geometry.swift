#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where in a picture the pixels of another one come from: for a pixel at (x, y) from the middle, the place
/// (xx·x + xy·y + x0, yx·x + yy·y + y0) from the middle.
public struct AffineMap: Hashable, Sendable {
  public var xx: Double
  public var xy: Double
  public var yx: Double
  public var yy: Double
  public var x0: Double
  public var y0: Double

  /// The map that leaves everything where it is.
  public static let identity = AffineMap(xx: 1, xy: 0, yx: 0, yy: 1, x0: 0, y0: 0)

  /// The map of a picture that is turned anticlockwise by an angle in degrees.
  public static func rotation(degrees: Double) -> AffineMap {
    let angle = degrees * .pi / 180
    return AffineMap(xx: cos(angle), xy: -sin(angle), yx: sin(angle), yy: cos(angle), x0: 0, y0: 0)
  }

  /// The map of a picture that is enlarged about its middle.
  public static func zoom(_ factor: Double) -> AffineMap {
    AffineMap(xx: 1 / factor, xy: 0, yx: 0, yy: 1 / factor, x0: 0, y0: 0)
  }

  /// The map of a picture that is moved by pixels.
  public static func shift(right: Double, down: Double) -> AffineMap {
    AffineMap(xx: 1, xy: 0, yx: 0, yy: 1, x0: -right, y0: -down)
  }

  /// The map of a picture that is changed as here and then as `next` says.
  public func followed(by next: AffineMap) -> AffineMap {
    AffineMap(
      xx: xx * next.xx + xy * next.yx, xy: xx * next.xy + xy * next.yy,
      yx: yx * next.xx + yy * next.yx, yy: yx * next.xy + yy * next.yy,
      x0: xx * next.x0 + xy * next.y0 + x0, y0: yx * next.x0 + yy * next.y0 + y0)
  }
}

extension FloatImage {
  /// The picture changed by a map, interpolated between the four nearest pixels; outside of it all is black. PyTorch's
  /// `grid_sample`, with `align_corners=False`.
  public func mapped(by map: AffineMap) -> FloatImage {
    let (middleX, middleY) = (Float(width - 1) / 2, Float(height - 1) / 2)
    let (xx, yx) = (Float(map.xx), Float(map.yx))
    let values = [Float](unsafeUninitializedCapacity: self.values.count) { target, filled in
      var place = 0
      for row in 0..<height {
        let y = Float(row) - middleY
        // The source of the row's first pixel; each pixel is a step further.
        let startX = Float(map.xx) * -middleX + Float(map.xy) * y + Float(map.x0) + middleX
        let startY = Float(map.yx) * -middleX + Float(map.yy) * y + Float(map.y0) + middleY
        for column in 0..<width {
          let sourceX = startX + xx * Float(column)
          let sourceY = startY + yx * Float(column)
          let (floorX, floorY) = (sourceX.rounded(.down), sourceY.rounded(.down))
          let (partX, partY) = (sourceX - floorX, sourceY - floorY)
          // Far outside everything is black, also what no integer can hold.
          guard floorX >= -1, floorY >= -1, floorX < Float(width), floorY < Float(height) else {
            for _ in 0..<channels {
              target[place] = 0
              place += 1
            }
            continue
          }
          let (x, y) = (Int(floorX), Int(floorY))
          let (left, right) = (x >= 0, x + 1 < width)
          let (top, bottom) = (y >= 0, y + 1 < height)
          let weights = (
            top && left ? (1 - partX) * (1 - partY) : 0, top && right ? partX * (1 - partY) : 0,
            bottom && left ? (1 - partX) * partY : 0, bottom && right ? partX * partY : 0
          )
          let (x0, x1) = ((left ? x : 0) * channels, (right ? x + 1 : x) * channels)
          let (y0, y1) = ((top ? y : 0) * width * channels, (bottom ? y + 1 : y) * width * channels)
          for channel in 0..<channels {
            let upper = weights.0 * self.values[y0 + x0 + channel] + weights.1 * self.values[y0 + x1 + channel]
            let lower = weights.2 * self.values[y1 + x0 + channel] + weights.3 * self.values[y1 + x1 + channel]
            target[place] = upper + lower
            place += 1
          }
        }
      }
      filled = place
    }
    return FloatImage(height: height, width: width, channels: channels, values: values)
  }

  /// A part of the picture, enlarged to the size of the whole by interpolation. PyTorch's `interpolate` of the part, with
  /// `align_corners=False`. Traps when it is empty or reaches beyond the picture.
  public func magnified(left: Int, top: Int, width partWidth: Int, height partHeight: Int) -> FloatImage {
    guard left >= 0, top >= 0, partWidth > 0, partHeight > 0, left + partWidth <= width, top + partHeight <= height
    else {
      fatalError("FloatImage.magnified: \(partWidth) × \(partHeight) at (\(left), \(top)) of \(width) × \(height)")
    }
    /// The two samples that each new one lies between, and how far.
    func taps(_ count: Int, _ start: Int, of part: Int) -> [(low: Int, high: Int, share: Float)] {
      let scale = Float(part) / Float(count)
      return (0..<count).map { place in
        let source = max(0, (Float(place) + 0.5) * scale - 0.5)
        let low = min(Int(source), part - 1)
        return (start + low, start + min(low + 1, part - 1), source - Float(low))
      }
    }
    let (columns, rows) = (taps(width, left, of: partWidth), taps(height, top, of: partHeight))
    let values = [Float](unsafeUninitializedCapacity: self.values.count) { target, filled in
      var place = 0
      for row in rows {
        let (upper, lower) = (row.low * width * channels, row.high * width * channels)
        for column in columns {
          let (x0, x1) = (column.low * channels, column.high * channels)
          for channel in 0..<channels {
            let (a, b) = (self.values[upper + x0 + channel], self.values[upper + x1 + channel])
            let (c, d) = (self.values[lower + x0 + channel], self.values[lower + x1 + channel])
            let (high, low) = (a + (b - a) * column.share, c + (d - c) * column.share)
            target[place] = high + (low - high) * row.share
            place += 1
          }
        }
      }
      filled = place
    }
    return FloatImage(height: height, width: width, channels: channels, values: values)
  }
}
