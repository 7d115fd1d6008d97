/// A part of a figure: a plot, a diagram, a grid of pictures.
public protocol Panel: Sendable {
  var data: PanelData { get }
  /// How long it moves until it begins again; nil where nothing moves.
  var seconds: Double? { get }
  func draw(on canvas: inout Canvas, in box: Box)
}

extension Panel {
  public var seconds: Double? { nil }
}

/// The sizes of texts and gaps, in pixels.
enum Layout {
  static let figureTitle = 17.0
  static let panelTitle = 13.0
  static let axisLabel = 12.0
  static let tickLabel = 11.0
  static let legend = 11.5
  static let note = 11.0
  static let tickLength = 5.0
  static let gap = 6.0

  /// A panel's title, in the middle over a box; returns how high it is.
  static func drawTitle(_ title: String, on canvas: inout Canvas, over box: Box) -> Double {
    guard !title.isEmpty else { return 0 }
    let lines = TextWidth.lines(title, size: panelTitle * 1.13, width: box.width)
    for (number, line) in lines.enumerated() {
      canvas.text(
        line, at: Point(box.center.x, box.y + panelTitle + Double(number) * panelTitle * 1.3), size: panelTitle,
        anchor: .middle, isBold: true)
    }
    return Double(lines.count) * panelTitle * 1.3 + gap
  }
}
