import Apus
import ApusDrawing
import ApusImages

/// Grids of numbers side by side as a picture of colors.
struct Mosaic {
  /// `[row][column]` of each tile, all of one size.
  var tiles: [[[Double]]]
  var colors: ColorMap
  /// Whether 0 has the middle color.
  var isSigned: Bool
  /// The least side of a tile in pixels.
  var tileSide = 64

  /// The picture: each tile in its own range of numbers, between them lines of white.
  func image() -> Image {
    let (height, width) = (tiles.first?.count ?? 1, tiles.first?.first?.count ?? 1)
    let zoom = max(1, (tileSide + max(height, width) - 1) / max(height, width))
    let columns = max(1, Int(Double(tiles.count).squareRoot().rounded(.up)))
    let rows = max(1, (tiles.count + columns - 1) / columns)
    let (cellWidth, cellHeight) = (width * zoom + 2, height * zoom + 2)
    let total = (width: columns * cellWidth + 2, height: rows * cellHeight + 2)
    var pixels = [UInt8](repeating: 255, count: total.width * total.height * 3)
    for (number, tile) in tiles.enumerated() {
      let (top, left) = (number / columns * cellHeight + 2, number % columns * cellWidth + 2)
      let scale = Mosaic.scale(tile, isSigned: isSigned)
      for row in 0..<height * zoom {
        for column in 0..<width * zoom {
          let color = colors(scale(tile[row / zoom][column / zoom]))
          let place = ((top + row) * total.width + left + column) * 3
          (pixels[place], pixels[place + 1], pixels[place + 2]) = (color.red, color.green, color.blue)
        }
      }
    }
    return Image(width: total.width, height: total.height, channels: 3, pixels: pixels)
  }

  /// Numbers as places from 0 to 1 among those of a tile.
  static func scale(_ tile: [[Double]], isSigned: Bool) -> (Double) -> Double {
    let values = tile.joined()
    if isSigned {
      let most = max(values.map(\.magnitude).max() ?? 0, .leastNormalMagnitude)
      return { 0.5 + 0.5 * $0 / most }
    }
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    return { high > low ? ($0 - low) / (high - low) : 0 }
  }

  /// A grid of heat over a picture, both in shades: what is hot is in color.
  static func overlay(_ heat: [[Double]], on picture: Image) -> Image {
    let scale = scale(heat, isSigned: false)
    let shown = picture.rgb()
    var pixels = shown.pixels
    for row in 0..<shown.height {
      for column in 0..<shown.width {
        let share = scale(heat[row][column])
        let color = ColorMap.viridis(share)
        for (channel, sample) in [color.red, color.green, color.blue].enumerated() {
          let place = (row * shown.width + column) * 3 + channel
          pixels[place] = UInt8((Double(pixels[place]) * (1 - 0.7 * share) + Double(sample) * 0.7 * share).rounded())
        }
      }
    }
    return Image(width: shown.width, height: shown.height, channels: 3, pixels: pixels)
  }
}

extension Mosaic {
  /// The first filters of a convolution, a tile for each: its mean over the inputs.
  init(_ filters: LearnedFilters, count: Int) {
    let means = filters.weights.mean(axis: 2)
    let tiles = (0..<min(count, means.shape[2])).map { means[TensorIndex.all, TensorIndex.all, $0].rows }
    self.init(tiles: tiles, colors: .diverging, isSigned: true, tileSide: 28)
  }
}

extension Tensor {
  /// The rows of a matrix.
  var rows: [[Double]] {
    let (values, width) = (doubles(), shape[1])
    return (0..<shape[0]).map { Array(values[$0 * width..<($0 + 1) * width]) }
  }
}
