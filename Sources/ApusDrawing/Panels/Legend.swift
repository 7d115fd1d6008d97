/// The explanation of a plot's series, where it covers none of them.
struct Legend {
  static let lineHeight = 18.0
  private static let symbolWidth = 30.0
  private static let padding = 7.0

  let keys: [LegendKey]

  var width: Double {
    let widest = keys.map { TextWidth.of($0.name, size: Layout.legend) }.max() ?? 0
    return widest + Legend.symbolWidth + 3 * Legend.padding
  }
  var height: Double { Double(keys.count) * Legend.lineHeight + 2 * Legend.padding - 4 }

  /// A place inside the frame with nothing beneath: a corner if one is free, else the middle of an edge; nil if there
  /// is none.
  func freePlace(in frame: Box, occupied: [Point]) -> Box? {
    let gap = 8.0
    guard width + 2 * gap <= frame.width, height + 2 * gap <= frame.height else { return nil }
    let xs = [frame.right - gap - width, frame.x + gap, frame.center.x - width / 2]
    let ys = [frame.y + gap, frame.bottom - gap - height, frame.center.y - height / 2]
    for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (2, 1), (0, 2), (1, 2)] {
      let box = Box(x: xs[x], y: ys[y], width: width, height: height)
      let guarded = Box(x: box.x - 5, y: box.y - 5, width: box.width + 10, height: box.height + 10)
      if !occupied.contains(where: guarded.contains) { return box }
    }
    return nil
  }

  func draw(on canvas: inout Canvas, in box: Box) {
    canvas.rectangle(box, fill: .white, stroke: .faint, opacity: 0.92, radius: 3)
    for (number, key) in keys.enumerated() {
      let y = box.y + Legend.padding + 7 + Double(number) * Legend.lineHeight
      let left = box.x + Legend.padding
      let (start, end) = (Point(left, y), Point(left + Legend.symbolWidth, y))
      let middle = Point(left + Legend.symbolWidth / 2, y)
      switch key.symbol {
      case .line: canvas.line(start, end, color: key.style.color, width: key.style.width, dash: key.style.dash)
      case .lineAndMarker:
        canvas.line(start, end, color: key.style.color, width: key.style.width, dash: key.style.dash)
        canvas.marker(key.style.marker, at: middle, radius: 4, color: key.style.color)
      case .marker: canvas.marker(key.style.marker, at: middle, radius: 4.5, color: key.style.color)
      case .area(let opacity):
        canvas.rectangle(
          Box(x: left + 5, y: y - 6, width: Legend.symbolWidth - 10, height: 12), fill: key.style.color,
          opacity: opacity)
      }
      canvas.text(key.name, at: Point(end.x + Legend.padding, y + Layout.legend * 0.36), size: Layout.legend)
    }
  }
}
