import Apus
import ApusDrawing

extension DecisionModel {
  /// Values and best actions as a picture: on the grid, or over the numbers of the states.
  func figure(values: [Double], actions: (Int) -> [Int], note: String) -> Figure {
    guard let layout = process.layout else { return curves(values, actions, note) }
    let cells = layout.states.enumerated().map { place, state -> GridPanel.Cell in
      guard let state else { return .wall }
      let mark = layout.marks[place]
      if process.isTerminal(state) { return GridPanel.Cell(value: values[state], text: mark, isEnd: true) }
      let best = Double(mark) == nil ? actions(state) : []
      let moves = best.compactMap { layout.moves[$0] }
      return GridPanel.Cell(
        value: values[state],
        text: moves.count == best.count ? "" : best.map { process.name(action: $0) }.joined(separator: " "),
        isEnd: Double(mark) != nil, mark: mark == "." ? "" : mark,
        arrows: moves.map { Point(Double($0.right), Double($0.down)) })
    }
    let panel = GridPanel(rows: layout.rows, columns: layout.columns, cells: cells)
    let side = min(96, max(34, 1000 / Double(max(layout.rows, layout.columns))))
    return Figure(
      name, note: note,
      size: (
        width: max(420, side * Double(layout.columns) + 60), height: max(240, side * Double(layout.rows) + 110)
      ), [panel])
  }

  private func curves(_ values: [Double], _ actions: (Int) -> [Int], _ note: String) -> Figure {
    let points = values.enumerated().map { Point(Double($0.offset), $0.element) }
    let best = values.indices.flatMap { state in actions(state).map { Point(Double(state), Double($0)) } }
    let value = Plot("value", x: Axis("state"), y: Axis(), legend: .none, [Line(points, name: "value")])
    let action = Plot(
      "best actions, all that are equally good", x: Axis("state"), y: Axis("action"), legend: .none,
      [Scatter(best, name: "action")])
    return Figure(name, columns: 2, note: note, size: (960, 460), [value, action])
  }
}

/// A grid with a value in each cell, as its color and in figures, and arrows for what is done there.
struct GridPanel: Panel {
  struct Cell {
    var value: Double?
    /// Drawn where there are no arrows.
    var text = ""
    var isEnd = false
    /// In the corner.
    var mark = ""
    /// Where to: cells to the right and down.
    var arrows: [Point] = []

    static let wall = Cell()
  }

  let rows: Int
  let columns: Int
  let cells: [Cell]

  var data: PanelData {
    PanelData(
      title: "",
      series: [
        SeriesData(
          "values", kind: "grid",
          [
            .init("row", cells.indices.map { Double($0 / columns) }),
            .init("column", cells.indices.map { Double($0 % columns) }),
            .init("value", cells.map { $0.value ?? .nan }),
          ], texts: cells.map(\.text))
      ])
  }

  func draw(on canvas: inout Canvas, in box: Box) {
    let side = min(box.width / Double(columns), box.height / Double(rows))
    let corner = Point(
      box.center.x - side * Double(columns) / 2, box.y + (box.height - side * Double(rows)) / 2)
    let values = cells.compactMap(\.value)
    let (least, most) = (values.min() ?? 0, values.max() ?? 1)
    for (number, cell) in cells.enumerated() {
      let place = Box(
        x: corner.x + Double(number % columns) * side, y: corner.y + Double(number / columns) * side, width: side,
        height: side)
      guard let value = cell.value else {
        canvas.rectangle(place, fill: Color(0x555555), stroke: .white, strokeWidth: 1, isCrisp: true)
        continue
      }
      let share = most > least ? (value - least) / (most - least) : 0.5
      let fill = ColorMap.viridis(share)
      canvas.rectangle(place, fill: fill, stroke: .white, strokeWidth: cell.isEnd ? 3 : 1, isCrisp: true)
      draw(cell, value, on: &canvas, in: place, ink: fill.contrasting, spread: most - least)
    }
  }

  private func draw(
    _ cell: Cell, _ value: Double, on canvas: inout Canvas, in place: Box, ink: Color, spread: Double
  ) {
    let side = place.width
    let digits = spread < 10 ? 3 : spread < 100 ? 1 : 0
    let size = min(13, side * 0.2)
    if size >= 5 {
      let y = cell.arrows.isEmpty && cell.text.isEmpty ? place.center.y + size * 0.36 : place.bottom - size * 0.5
      canvas.text(value.fixed(digits), at: Point(place.center.x, y), size: size, color: ink, anchor: .middle)
    }
    if !cell.mark.isEmpty, size >= 5 {
      canvas.text(cell.mark, at: Point(place.x + 4, place.y + size + 2), size: size, color: ink, isBold: true)
    }
    let center = Point(place.center.x, place.center.y - side * 0.06)
    if !cell.text.isEmpty {
      let text = min(18, side * 0.3)
      canvas.text(
        cell.text, at: Point(center.x, center.y + text * 0.36), size: text, color: ink, anchor: .middle, isBold: true)
    }
    for arrow in cell.arrows {
      let length = (arrow.x * arrow.x + arrow.y * arrow.y).squareRoot()
      guard length > 0 else {
        canvas.circle(center, radius: side * 0.05, fill: ink)
        continue
      }
      let (x, y) = (arrow.x / length * side * 0.26, arrow.y / length * side * 0.26)
      canvas.arrow(center, Point(center.x + x, center.y + y), color: ink, width: 1.6, headSize: side * 0.1)
    }
  }
}
