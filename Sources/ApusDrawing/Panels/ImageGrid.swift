/// Pictures side by side, each a grid of numbers: filters, feature maps, samples.
public struct ImageGrid: Panel {
  /// One picture: `values[row][column]`, row 0 at the top.
  public struct Picture: Hashable, Sendable {
    public let values: [[Double]]
    public let label: String

    public init(_ values: [[Double]], label: String = "") { (self.values, self.label) = (values, label) }
  }

  public var title: String
  public var pictures: [Picture]
  public var columns: Int
  public var colors: ColorMap
  /// The numbers at the ends of the colors; nil for each picture's own least and greatest.
  public var domain: ClosedRange<Double>?

  public init(
    _ title: String = "", _ pictures: [Picture], columns: Int? = nil, colors: ColorMap = .gray,
    domain: ClosedRange<Double>? = nil
  ) {
    (self.title, self.pictures, self.colors, self.domain) = (title, pictures, colors, domain)
    self.columns = max(1, columns ?? Int(Double(pictures.count).squareRoot().rounded(.up)))
  }

  public var data: PanelData {
    PanelData(
      title: title,
      series: pictures.map { picture in
        SeriesData(picture.label, kind: "picture", [.init("value", picture.values.flatMap { $0 })])
      })
  }

  public func draw(on canvas: inout Canvas, in box: Box) {
    let area = box.inset(top: Layout.drawTitle(title, on: &canvas, over: box))
    let rows = (pictures.count + columns - 1) / columns
    guard rows > 0 else { return }
    let labelHeight = pictures.contains { !$0.label.isEmpty } ? Layout.tickLabel + 5 : 0
    let cell = Box(x: 0, y: 0, width: area.width / Double(columns), height: area.height / Double(rows))
    for (number, picture) in pictures.enumerated() {
      let corner = Point(
        area.x + Double(number % columns) * cell.width, area.y + Double(number / columns) * cell.height)
      let room = Box(
        x: corner.x + 3, y: corner.y + 3, width: cell.width - 6, height: cell.height - 6 - labelHeight)
      let frame = draw(picture, on: &canvas, in: room)
      let label = TextWidth.shortened(picture.label, size: Layout.tickLabel, width: cell.width - 2)
      canvas.text(
        label, at: Point(frame.center.x, frame.bottom + Layout.tickLabel + 1), size: Layout.tickLabel, anchor: .middle)
    }
  }

  private func draw(_ picture: Picture, on canvas: inout Canvas, in room: Box) -> Box {
    guard let width = picture.values.first?.count, width > 0 else { return room }
    let height = picture.values.count
    let pixel = max(0.1, min(room.width / Double(width), room.height / Double(height)))
    let frame = Box(
      x: room.center.x - pixel * Double(width) / 2, y: room.y + (room.height - pixel * Double(height)) / 2,
      width: pixel * Double(width), height: pixel * Double(height))
    let range = domain ?? Extent.range(of: picture.values.joined()) ?? 0...1
    let scale = ColorScale(colors, domain: range, label: "")
    for (row, values) in picture.values.enumerated() {
      let shades = values.map { scale($0) }
      var start = 0
      for column in 1...width where column == width || shades[column] != shades[start] {
        canvas.rectangle(
          Box(
            x: frame.x + Double(start) * pixel, y: frame.y + Double(row) * pixel, width: Double(column - start) * pixel,
            height: pixel), fill: shades[start], isCrisp: true)
        start = column
      }
    }
    canvas.rectangle(frame, fill: nil, stroke: .muted, strokeWidth: 0.8)
    return frame
  }
}
