/// Marks between two axes.
public struct Plot: Panel {
  public var title: String
  public var xAxis: Axis
  public var yAxis: Axis
  public var marks: [any Mark]
  public var legend: LegendPlace
  /// Whether a unit is as long along x as along y.
  public var hasEqualUnits: Bool

  public enum LegendPlace: Hashable, Sendable {
    /// Inside where nothing is covered, else on the right of the plot.
    case automatic
    case outside, none
  }

  public init(
    _ title: String = "", x: Axis = Axis(), y: Axis = Axis(), legend: LegendPlace = .automatic,
    hasEqualUnits: Bool = false, _ marks: [any Mark]
  ) {
    (self.title, xAxis, yAxis, self.marks) = (title, x, y, marks)
    (self.legend, self.hasEqualUnits) = (legend, hasEqualUnits)
  }

  public var data: PanelData {
    PanelData(title: title, xLabel: xAxis.label, yLabel: yAxis.label, series: marks.map(\.data))
  }

  public var seconds: Double? { marks.compactMap { ($0 as? Line)?.seconds }.max() }

  private var extent: Extent { marks.reduce(Extent()) { $0.union($1.extent) } }

  /// Grids fill their plot to the edge.
  private var padding: Double { marks.contains { $0 is HeatMap || $0 is Contours } ? 0 : 0.04 }

  private var keys: [LegendKey] {
    var names: Set<String> = []
    return legend == .none ? [] : marks.compactMap(\.key).filter { names.insert($0.name).inserted }
  }

  public func draw(on canvas: inout Canvas, in box: Box) {
    let legend = Legend(keys: keys)
    var place: Box?
    var frame = frame(in: box, besides: 0)
    if !keys.isEmpty {
      let occupied = marks.flatMap { $0.occupied(in: frame) }
      place = self.legend == .outside ? nil : legend.freePlace(in: frame.box, occupied: occupied)
      if place == nil {
        frame = self.frame(in: box, besides: legend.width + 10)
        place = Box(
          x: frame.box.right + colorBarWidth + 10, y: frame.box.y, width: legend.width, height: legend.height)
      }
    }
    drawAxes(on: &canvas, frame, in: box)
    canvas.clipped(to: frame.box) { canvas in for mark in marks { mark.draw(on: &canvas, in: frame) } }
    drawFrame(on: &canvas, frame)
    if let scale = colorScale { ColorBar(scale).draw(on: &canvas, besides: frame.box) }
    if let place { legend.draw(on: &canvas, in: place) }
  }

  // MARK: Layout

  private var colorScale: ColorScale? { marks.lazy.compactMap(\.colorScale).first }
  private var colorBarWidth: Double { colorScale.map { ColorBar($0).width } ?? 0 }

  /// The frame with room for labels around it, and so much on its right.
  private func frame(in box: Box, besides extra: Double) -> PlotFrame {
    let extent = extent
    let xDomain = xAxis.domain ?? Scale.domain(of: extent.x, xAxis.kind, padding: padding)
    let yDomain = yAxis.domain ?? Scale.domain(of: extent.y, yAxis.kind, padding: padding)
    let titleLines = title.isEmpty ? 0 : TextWidth.lines(title, size: Layout.panelTitle * 1.13, width: box.width).count
    let top = Double(titleLines) * Layout.panelTitle * 1.3 + Layout.gap + (titleLines > 0 ? 2 : 4)
    let bottom =
      (tickLabels(xAxis) ? Layout.tickLength + Layout.tickLabel + 5 : 4)
      + (xAxis.label.isEmpty ? 0 : Layout.axisLabel + 8)
    let height = box.height - top - bottom
    let vertical = Scale(yAxis.kind, domain: yDomain, pixels: (height, 0))
    let widest =
      yAxis.verticalTicks(on: vertical, height: height).labels
      .map { TextWidth.of($0, size: Layout.tickLabel) }.max() ?? 0
    let left =
      (yAxis.label.isEmpty ? 4 : Layout.axisLabel + 10) + (widest > 0 ? widest + Layout.tickLength + 4 : 0)
    // Half of the last label of the x axis may stand out.
    var inner = box.inset(left: left, top: top, right: max(14, extra + colorBarWidth), bottom: bottom)
    if hasEqualUnits { inner = Plot.fitted(inner, xDomain, yDomain) }
    return PlotFrame(
      box: inner, x: Scale(xAxis.kind, domain: xDomain, pixels: (inner.x, inner.right)),
      y: Scale(yAxis.kind, domain: yDomain, pixels: (inner.bottom, inner.y)))
  }

  private func tickLabels(_ axis: Axis) -> Bool { if case .none = axis.ticks { false } else { true } }

  /// The largest box inside with one unit of length for both domains.
  private static func fitted(_ box: Box, _ x: ClosedRange<Double>, _ y: ClosedRange<Double>) -> Box {
    let (width, height) = (x.upperBound - x.lowerBound, y.upperBound - y.lowerBound)
    guard width > 0, height > 0 else { return box }
    let unit = min(box.width / width, box.height / height)
    return Box(
      x: box.center.x - width * unit / 2, y: box.y, width: width * unit,
      height: height * unit)
  }

  // MARK: Drawing

  private func drawAxes(on canvas: inout Canvas, _ frame: PlotFrame, in box: Box) {
    let area = frame.box
    // Over the frame where it fits there, else over all of the panel.
    let isNarrow = TextWidth.of(title, size: Layout.panelTitle, isBold: true) > area.width
    _ = Layout.drawTitle(
      title, on: &canvas,
      over: isNarrow ? box : Box(x: area.x, y: box.y, width: area.width, height: box.height))
    let xTicks = xAxis.horizontalTicks(on: frame.x, width: area.width)
    let isTight = isTooTight(xTicks, frame.x)
    for (value, label) in zip(xTicks.values, xTicks.labels) {
      let x = frame.x(value)
      if xAxis.hasGrid { canvas.line(Point(x, area.y), Point(x, area.bottom), color: .faint, width: 0.8) }
      canvas.line(Point(x, area.bottom), Point(x, area.bottom + Layout.tickLength), color: .ink)
      let place = Point(x, area.bottom + Layout.tickLength + Layout.tickLabel + 2)
      canvas.text(
        isTight
          ? TextWidth.shortened(label, size: Layout.tickLabel, width: area.width / Double(xTicks.values.count))
          : label, at: place, size: Layout.tickLabel, anchor: .middle)
    }
    for value in xTicks.minor {
      let x = frame.x(value)
      canvas.line(Point(x, area.bottom), Point(x, area.bottom + 3), color: .ink, width: 0.7)
    }
    let yTicks = yAxis.verticalTicks(on: frame.y, height: area.height)
    for (value, label) in zip(yTicks.values, yTicks.labels) {
      let y = frame.y(value)
      if yAxis.hasGrid { canvas.line(Point(area.x, y), Point(area.right, y), color: .faint, width: 0.8) }
      canvas.line(Point(area.x - Layout.tickLength, y), Point(area.x, y), color: .ink)
      canvas.text(
        label, at: Point(area.x - Layout.tickLength - 3, y + Layout.tickLabel * 0.36), size: Layout.tickLabel,
        anchor: .end)
    }
    for value in yTicks.minor {
      let y = frame.y(value)
      canvas.line(Point(area.x - 3, y), Point(area.x, y), color: .ink, width: 0.7)
    }
    let xLabelPlace = Point(
      area.center.x, area.bottom + (tickLabels(xAxis) ? Layout.tickLength + Layout.tickLabel + 5 : 4) + 14)
    canvas.text(xAxis.label, at: xLabelPlace, size: Layout.axisLabel, anchor: .middle)
    let widest = yTicks.labels.map { TextWidth.of($0, size: Layout.tickLabel) }.max() ?? 0
    let yLabelX = area.x - (widest > 0 ? Layout.tickLength + 3 + widest : 0) - 7
    canvas.text(yAxis.label, at: Point(yLabelX, area.center.y), size: Layout.axisLabel, anchor: .middle, angle: -90)
  }

  /// Whether named ticks are too long to stand side by side.
  private func isTooTight(_ ticks: Ticks, _ scale: Scale) -> Bool {
    if case .named = xAxis.ticks { !Axis.fits(ticks, scale) } else { false }
  }

  private func drawFrame(on canvas: inout Canvas, _ frame: PlotFrame) {
    canvas.rectangle(frame.box, fill: nil, stroke: .ink, strokeWidth: 1)
  }
}

/// The explanation of colors, on the right of a plot.
struct ColorBar {
  private static let barWidth = 14.0
  private let scale: ColorScale

  init(_ scale: ColorScale) { self.scale = scale }

  private func ticks(_ height: Double) -> (Scale, Ticks) {
    let along = Scale(scale.kind, domain: scale.domain, pixels: (height, 0))
    return (along, along.ticks(max(2, Int(height / 45))))
  }

  var width: Double {
    let widest = ticks(250).1.labels.map { TextWidth.of($0, size: Layout.tickLabel) }.max() ?? 0
    return 12 + ColorBar.barWidth + 8 + widest + (scale.label.isEmpty ? 0 : Layout.axisLabel + 8) + 4
  }

  func draw(on canvas: inout Canvas, besides frame: Box) {
    let bar = Box(x: frame.right + 12, y: frame.y, width: ColorBar.barWidth, height: frame.height)
    let count = 64
    for part in 0..<count {
      let y = bar.bottom - bar.height * Double(part + 1) / Double(count)
      canvas.rectangle(
        Box(x: bar.x, y: y, width: bar.width, height: bar.height / Double(count) + 0.5),
        fill: scale.colors((Double(part) + 0.5) / Double(count)), isCrisp: true)
    }
    canvas.rectangle(bar, fill: nil, stroke: .ink, strokeWidth: 0.8)
    let (along, ticks) = ticks(bar.height)
    var widest = 0.0
    for (value, label) in zip(ticks.values, ticks.labels) {
      let y = bar.y + along(value)
      canvas.line(Point(bar.right, y), Point(bar.right + 4, y), color: .ink)
      canvas.text(label, at: Point(bar.right + 7, y + Layout.tickLabel * 0.36), size: Layout.tickLabel)
      widest = max(widest, TextWidth.of(label, size: Layout.tickLabel))
    }
    canvas.text(
      scale.label, at: Point(bar.right + 8 + widest + Layout.axisLabel + 2, bar.center.y), size: Layout.axisLabel,
      anchor: .middle, angle: -90)
  }
}
