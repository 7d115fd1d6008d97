/// Nodes and edges: networks, graphs of states.
public struct Diagram: Panel {
  /// A circle, or a box for names that do not fit in one.
  public struct Node: Hashable, Sendable {
    public enum Form: Hashable, Sendable { case circle, box }

    /// In units of the diagram: x to the right, y down.
    public var place: Point
    public var label: String
    public var form: Form
    public var fill: Color
    /// Above the node.
    public var note: String
    /// Whether it is struck out and pale.
    public var isDropped: Bool

    public init(
      _ place: Point, _ label: String, form: Form = .circle, fill: Color = .white, note: String = "",
      isDropped: Bool = false
    ) {
      (self.place, self.label, self.form, self.fill) = (place, label, form, fill)
      (self.note, self.isDropped) = (note, isDropped)
    }
  }

  /// A line between two nodes, by their numbers: an arc where another goes back, a loop from a node to itself.
  public struct Edge: Hashable, Sendable {
    public var from: Int
    public var to: Int
    public var label: String
    public var color: Color
    public var width: Double
    public var hasArrow: Bool

    public init(
      _ from: Int, _ to: Int, label: String = "", color: Color = .muted, width: Double = 1.1, hasArrow: Bool = true
    ) {
      (self.from, self.to, self.label) = (from, to, label)
      (self.color, self.width, self.hasArrow) = (color, width, hasArrow)
    }
  }

  public var title: String
  public var nodes: [Node]
  public var edges: [Edge]
  /// Texts at places, over everything.
  public var remarks: [(place: Point, text: String)]
  /// The circles' radius in pixels, where there is room for it.
  public var radius: Double

  public init(
    _ title: String = "", nodes: [Node], edges: [Edge], remarks: [(place: Point, text: String)] = [],
    radius: Double = 22
  ) {
    precondition(
      edges.allSatisfy { nodes.indices.contains($0.from) && nodes.indices.contains($0.to) },
      "Diagram: an edge to a node that is not there")
    (self.title, self.nodes, self.edges, self.remarks, self.radius) = (title, nodes, edges, remarks, radius)
  }

  public var data: PanelData {
    PanelData(
      title: title,
      series: [
        SeriesData(
          "nodes", kind: "nodes",
          [
            .init("x", nodes.map(\.place.x)), .init("y", nodes.map(\.place.y)),
            .init("dropped", nodes.map { $0.isDropped ? 1 : 0 }),
          ], texts: nodes.map(\.label)),
        SeriesData(
          "edges", kind: "edges",
          [.init("from", edges.map { Double($0.from) }), .init("to", edges.map { Double($0.to) })],
          texts: edges.map(\.label)),
      ])
  }

  public func draw(on canvas: inout Canvas, in box: Box) {
    let titleHeight = Layout.drawTitle(title, on: &canvas, over: box)
    let notes = nodes.contains { !$0.note.isEmpty } ? 20.0 : 0
    let place = Diagram.fit(nodes.map(\.place) + remarks.map(\.place), into: box.inset(top: titleHeight + notes))
    let radius = fittingRadius(place)
    for edge in edges { draw(edge, radius, place, on: &canvas) }
    for edge in edges where !edge.label.isEmpty { label(edge, radius, place, on: &canvas) }
    for node in nodes { draw(node, at: place(node.place), radius, on: &canvas) }
    for remark in remarks {
      var center = place(remark.place)
      let half = TextWidth.of(remark.text, size: 12) / 2
      center.x = max(box.x + half, min(box.right - half, center.x))
      canvas.text(remark.text, at: Point(center.x, center.y + 4), size: 12, anchor: .middle, halo: .white)
    }
  }

  /// Circles small enough that neighbours do not touch.
  private func fittingRadius(_ place: (Point) -> Point) -> Double {
    let places = nodes.map { place($0.place) }
    var least = Double.infinity
    for (index, a) in places.enumerated() {
      for b in places.dropFirst(index + 1) {
        least = min(least, ((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)).squareRoot())
      }
    }
    return min(radius, least * 0.4)
  }

  /// Maps the diagram's units to a box: x and y each fill it.
  private static func fit(_ places: [Point], into box: Box) -> (Point) -> Point {
    let extent = Extent(places.map(\.x), places.map(\.y))
    let margin = 34.0
    let x = Scale(domain: extent.x ?? 0...1, pixels: (box.x + margin + 6, box.right - margin - 6))
    let y = Scale(domain: extent.y ?? 0...1, pixels: (box.y + margin, box.bottom - margin))
    return { Point(x($0.x), y($0.y)) }
  }

  private func draw(_ edge: Edge, _ radius: Double, _ place: (Point) -> Point, on canvas: inout Canvas) {
    let line = course(of: edge, radius, place)
    guard line.count > 1 else { return }
    if edge.hasArrow {
      // The line ends where the head begins.
      canvas.polyline(Array(line.dropLast()), color: edge.color, width: edge.width)
      canvas.arrow(line[line.count - 2], line[line.count - 1], color: edge.color, width: edge.width, headSize: 7)
    } else {
      canvas.polyline(line, color: edge.color, width: edge.width)
    }
  }

  private func label(_ edge: Edge, _ radius: Double, _ place: (Point) -> Point, on canvas: inout Canvas) {
    let line = course(of: edge, radius, place)
    guard line.count > 1 else { return }
    // Nearer to the beginning, where edges to one node have not met yet; in the middle of what is bent.
    var left = Diagram.length(line) * (line.count > 3 ? 0.5 : 0.36)
    for (start, end) in zip(line, line.dropFirst()) {
      let part = Diagram.length([start, end])
      if left > part {
        left -= part
        continue
      }
      let share = part > 0 ? left / part : 0
      let at = Point(start.x + (end.x - start.x) * share, start.y + (end.y - start.y) * share - 4)
      return canvas.text(edge.label, at: at, size: 11, anchor: .middle, halo: .white)
    }
  }

  private static func length(_ line: [Point]) -> Double {
    zip(line, line.dropFirst()).reduce(0) { sum, ends in
      let (dx, dy) = (ends.1.x - ends.0.x, ends.1.y - ends.0.y)
      return sum + (dx * dx + dy * dy).squareRoot()
    }
  }

  /// The points of an edge from border to border: a loop above a node, an arc where another edge goes the other way, else
  /// a straight line. The last two are as far apart as an arrow's head is long.
  private func course(of edge: Edge, _ radius: Double, _ place: (Point) -> Point) -> [Point] {
    let (a, b) = (nodes[edge.from], nodes[edge.to])
    let (from, to) = (place(a.place), place(b.place))
    if edge.from == edge.to { return Diagram.loop(above: from, Diagram.halfSize(of: a, radius)) }
    let (dx, dy) = (to.x - from.x, to.y - from.y)
    let length = (dx * dx + dy * dy).squareRoot()
    guard length > 1 else { return [] }
    let returns = edges.contains { $0.from == edge.to && $0.to == edge.from }
    // The corner of the arc, to the left of the way; on the way where it is straight.
    let bend = returns ? min(40, length * 0.25) : 0
    let corner = Point((from.x + to.x) / 2 + dy / length * bend, (from.y + to.y) / 2 - dx / length * bend)
    let start = Diagram.border(of: a, at: from, toward: corner, radius)
    let end = Diagram.border(of: b, at: to, toward: corner, radius)
    let (hx, hy) = (end.x - corner.x, end.y - corner.y)
    let last = max(1, (hx * hx + hy * hy).squareRoot())
    let neck = Point(end.x - hx / last * 8, end.y - hy / last * 8)
    guard returns else { return [start, neck, end] }
    let arc = (0...16).map { step -> Point in
      let t = Double(step) / 16
      let (u, v, w) = ((1 - t) * (1 - t), 2 * t * (1 - t), t * t)
      return Point(u * start.x + v * corner.x + w * neck.x, u * start.y + v * corner.y + w * neck.y)
    }
    return arc + [end]
  }

  /// From the upper left of a node around and back to its upper right.
  private static func loop(above center: Point, _ half: (x: Double, y: Double)) -> [Point] {
    let top = center.y - half.y * 0.85
    let (reach, rise) = (max(10, half.x * 0.75), max(32, half.y * 1.5))
    let (left, right) = (center.x - half.x * 0.45, center.x + half.x * 0.45)
    let curve = (0...16).map { step -> Point in
      let t = Double(step) / 16
      let (u, v, w, z) = ((1 - t) * (1 - t) * (1 - t), 3 * t * (1 - t) * (1 - t), 3 * t * t * (1 - t), t * t * t)
      return Point(
        u * left + v * (left - reach) + w * (right + reach) + z * right, (u + z) * top + (v + w) * (top - rise))
    }
    return curve
  }

  private static func halfSize(of node: Node, _ radius: Double) -> (x: Double, y: Double) {
    node.form == .circle ? (radius, radius) : (max(radius, TextWidth.of(node.label, size: 12) / 2 + 8), radius * 0.75)
  }

  /// Where the line to another place leaves a node.
  private static func border(of node: Node, at center: Point, toward other: Point, _ radius: Double) -> Point {
    let (dx, dy) = (other.x - center.x, other.y - center.y)
    let length = max(1e-9, (dx * dx + dy * dy).squareRoot())
    let half = halfSize(of: node, radius)
    let reach =
      node.form == .circle
      ? radius : min(half.x / max(1e-9, (dx / length).magnitude), half.y / max(1e-9, (dy / length).magnitude))
    return Point(center.x + dx / length * (reach + 1), center.y + dy / length * (reach + 1))
  }

  private func draw(_ node: Node, at center: Point, _ radius: Double, on canvas: inout Canvas) {
    let half = Diagram.halfSize(of: node, radius)
    let stroke = node.isDropped ? Color(gray: 0.7) : Color.ink
    let fill = node.isDropped ? Color.white : node.fill
    switch node.form {
    case .circle: canvas.circle(center, radius: radius, fill: fill, stroke: stroke, strokeWidth: 1.4)
    case .box:
      let box = Box(x: center.x - half.x, y: center.y - half.y, width: 2 * half.x, height: 2 * half.y)
      canvas.rectangle(box, fill: fill, stroke: stroke, strokeWidth: 1.4, radius: 4)
    }
    let wanted = node.form == .circle ? radius * 1.75 / max(0.1, TextWidth.of(node.label, size: 1)) : 12
    let size = max(6, min(13, wanted))
    if !node.isDropped {
      canvas.text(
        node.label, at: Point(center.x, center.y + size * 0.36), size: size, color: fill.contrasting, anchor: .middle)
    } else {
      let r = radius * 0.65
      for sign in [-1.0, 1] {
        canvas.line(
          Point(center.x - r, center.y - r * sign), Point(center.x + r, center.y + r * sign), color: stroke, width: 1.6)
      }
    }
    canvas.text(
      node.note, at: Point(center.x, center.y - half.y - 6), size: 11, color: .muted, anchor: .middle, halo: .white)
  }
}
