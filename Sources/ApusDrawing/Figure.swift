/// A picture of one or more panels under a title.
public struct Figure: Sendable {
  public var title: String
  public var panels: [any Panel]
  /// How many panels stand side by side.
  public var columns: Int
  /// Said beneath: what was drawn, and from where the form is.
  public var note: String
  /// The size that it is laid out for, in pixels.
  public var size: (width: Double, height: Double)
  /// Numbers that belong to the picture and are not drawn as a series.
  public var facts: [(name: String, value: Double)] = []

  public init(
    _ title: String, columns: Int = 1, note: String = "", size: (width: Double, height: Double) = (820, 540),
    facts: [(name: String, value: Double)] = [], _ panels: [any Panel]
  ) {
    (self.title, self.panels, self.columns, self.note) = (title, panels, max(1, columns), note)
    (self.size, self.facts) = (size, facts)
  }

  /// The numbers that are drawn.
  public var data: [PanelData] { panels.map(\.data) }

  /// How long it moves until it begins again; nil where nothing moves.
  public var seconds: Double? { panels.compactMap(\.seconds).max() }

  /// The picture as an SVG file: the same bytes for the same figure on every machine.
  ///
  /// - Parameter moment: Which moment of what moves is drawn, from 0 to 1; nil for a picture that moves in a browser.
  public func svg(width: Double? = nil, height: Double? = nil, moment: Double? = nil) -> String {
    let (width, height) = (width ?? size.width, height ?? size.height)
    var canvas = Canvas(width: width, height: height)
    canvas.moment = moment
    var area = Box(x: 0, y: 0, width: width, height: height).inset(left: 14, top: 12, right: 14, bottom: 12)
    let titleLines = TextWidth.lines(title, size: Layout.figureTitle * 1.13, width: area.width)
    for (number, line) in titleLines.enumerated() {
      canvas.text(
        line, at: Point(width / 2, area.y + Layout.figureTitle + Double(number) * Layout.figureTitle * 1.25),
        size: Layout.figureTitle, anchor: .middle, isBold: true)
    }
    area = area.inset(top: Double(titleLines.count) * Layout.figureTitle * 1.25 + 8)
    let noteLines = TextWidth.lines(note, size: Layout.note, width: area.width)
    for (number, line) in noteLines.enumerated() {
      let y = area.bottom - Double(noteLines.count - 1 - number) * Layout.note * 1.35
      canvas.text(line, at: Point(area.x, y), size: Layout.note, color: .muted)
    }
    area = area.inset(bottom: noteLines.isEmpty ? 0 : Double(noteLines.count) * Layout.note * 1.35 + 4)
    let (columns, gap) = (min(columns, max(1, panels.count)), 16.0)
    let rows = max(1, (panels.count + columns - 1) / columns)
    let cellWidth = (area.width - gap * Double(columns - 1)) / Double(columns)
    let cellHeight = (area.height - gap * Double(rows - 1)) / Double(rows)
    for (number, panel) in panels.enumerated() {
      let x = area.x + Double(number % columns) * (cellWidth + gap)
      let y = area.y + Double(number / columns) * (cellHeight + gap)
      panel.draw(on: &canvas, in: Box(x: x, y: y, width: cellWidth, height: cellHeight))
    }
    return canvas.svg
  }
}
