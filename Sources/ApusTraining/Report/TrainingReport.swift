import ApusDrawing
import ApusTensor

/// A run as a page: what it measured over its steps, what is taken for what, what the model says about examples, and what
/// was run on what. The page is one file that needs nothing else.
public struct TrainingReport: Sendable {
  /// An example, and what the model makes of it.
  public struct Sample: Sendable {
    public let png: [UInt8]
    public let width: Int
    public let height: Int
    /// How many samples a pixel has: 1 gray, 3 red, green and blue.
    public let channels: Int
    public let caption: String
    /// Nil where there is no right and wrong.
    public let isRight: Bool?

    public init(
      png: [UInt8], width: Int, height: Int, channels: Int = 1, caption: String, isRight: Bool? = nil
    ) {
      (self.png, self.width, self.height, self.channels) = (png, width, height, channels)
      (self.caption, self.isRight) = (caption, isRight)
    }
  }

  public var title: String
  /// One line about how it went.
  public var lead: String
  public var measurements: [RunMeasurement]
  public var confusion: ConfusionMatrix?
  public var classNames: [String]
  /// Pictures of what the model makes, shown as large as they are.
  public var pictures: [Sample]
  public var samples: [Sample]
  public var facts: [(name: String, value: String)]

  public init(
    title: String, lead: String = "", measurements: [RunMeasurement], confusion: ConfusionMatrix? = nil,
    classNames: [String] = [], pictures: [Sample] = [], samples: [Sample] = [],
    facts: [(name: String, value: String)] = []
  ) {
    (self.title, self.lead, self.measurements) = (title, lead, measurements)
    (self.confusion, self.classNames, self.pictures) = (confusion, classNames, pictures)
    (self.samples, self.facts) = (samples, facts)
  }

  /// The page.
  public var html: String {
    var body = "<h1>\(HTML.escaped(title))</h1>\n"
    if !lead.isEmpty { body += "<p class=\"lead\">\(HTML.escaped(lead))</p>\n" }
    let curves = curves
    body += section("Over the steps", curves.isEmpty ? "" : legend + drawings(curves, from: 0))
    if let confusion, confusion.count > 0 {
      if confusion.classCount <= TrainingReport.largestMatrix {
        body += section("What is taken for what", drawings([matrix(confusion)], from: curves.count))
      }
      body += section("Classes", classes(confusion))
    }
    body += section("Pictures of training", large)
    body += section("Examples", examples)
    body += section("What was run", facts.isEmpty ? "" : HTML.table([], facts.map { [$0.name, $0.value] }))
    return HTML.page(title: title, body)
  }

  private func section(_ title: String, _ content: String) -> String {
    content.isEmpty ? "" : "<h2>\(HTML.escaped(title))</h2>\n\(content)"
  }

  // MARK: Curves

  /// Laid out for a phone: larger screens show them side by side.
  private static let size = (width: 360.0, height: 280.0)
  /// More classes than this are not seen in a matrix.
  private static let largestMatrix = 30

  /// A plot for each measure, the loss first.
  private var curves: [Figure] {
    var names: [String] = []
    for measurement in measurements {
      let name = TrainingReport.measure(measurement)
      if !names.contains(name) { names.append(name) }
    }
    return (names.filter { $0 == "loss" } + names.filter { $0 != "loss" }).compactMap(curve)
  }

  /// What a measurement is of: the mean over an epoch is of the same as that of a batch.
  private static func measure(_ measurement: RunMeasurement) -> String {
    measurement.name.hasPrefix("epoch_") ? String(measurement.name.dropFirst(6)) : measurement.name
  }

  /// `train`, `test`, in the order in which they come.
  private var splits: [String] {
    var splits: [String] = []
    for measurement in measurements where !splits.contains(measurement.split) { splits.append(measurement.split) }
    return splits
  }

  /// What the lines are, in words: a box would take a third of a small drawing.
  private var legend: String {
    let looks = ["full with circles", "dashed with squares", "dotted with triangles"]
    let lines = zip(splits, looks).map { "\($0) is \($1)" }
    return "<p class=\"note\">\(HTML.escaped(lines.joined(separator: ", "))), a single batch a thin line.</p>\n"
  }

  private func curve(_ name: String) -> Figure? {
    var marks: [any Mark] = []
    for split in splits {
      let own = measurements.filter { $0.split == split && TrainingReport.measure($0) == name }
      let isMeanOfEpochs = own.contains { $0.name.hasPrefix("epoch_") }
      let batches = own.filter { isMeanOfEpochs && !$0.name.hasPrefix("epoch_") }
      let epochs = own.filter { !isMeanOfEpochs || $0.name.hasPrefix("epoch_") }
      if batches.count > 1 {
        marks.append(
          Line(points(batches), name: "\(split), a batch", style: Style(Color(0x9DB8CC), width: 1)))
      }
      if !epochs.isEmpty {
        let number = splits.firstIndex(of: split)!
        marks.append(
          Line(
            points(epochs), name: split, style: .series(number), markers: epochs.count <= 30 ? .all : .none))
      }
    }
    guard !marks.isEmpty else { return nil }
    let title = name.split(separator: "_").joined(separator: " ")
    return Figure(title, size: TrainingReport.size, [Plot(x: Axis("step"), y: Axis(), legend: .none, marks)])
  }

  private func points(_ measurements: [RunMeasurement]) -> [Point] {
    // No more than a screen has places for.
    let stride = max(1, measurements.count / 400)
    return measurements.enumerated().filter { $0.offset % stride == 0 || $0.offset == measurements.count - 1 }
      .map { Point(Double($0.element.step), $0.element.value) }
  }

  private func drawings(_ figures: [Figure], from number: Int) -> String {
    if figures.isEmpty { return "" }
    let all = figures.enumerated().map { place, figure in
      HTML.drawing(figure.svg(), number: number + place, label: figure.title)
    }
    return "<div class=\"drawings\">\n\(all.joined())</div>\n"
  }

  // MARK: Classes

  private func name(_ number: Int) -> String { number < classNames.count ? classNames[number] : "\(number)" }

  private func matrix(_ confusion: ConfusionMatrix) -> Figure {
    let count = confusion.classCount
    // Names are long for the columns: those have the numbers that stand before the names of the rows.
    let names = (0..<count).map { "\(name($0)) \($0)" }
    let numbers = (0..<count).map { "\($0)" }
    let extent = -0.5...(Double(count) - 0.5)
    // The first class at the top, as in a table.
    let grid = Grid(confusion.counts.reversed().map { $0.map(Double.init) }, x: extent, y: extent)
    func axis(_ label: String, _ names: [String]) -> Axis {
      Axis(label, ticks: .named(names.enumerated().map { (Double($0.offset), $0.element) }), hasGrid: false)
    }
    let plot = Plot(
      x: axis("predicted class", numbers), y: axis("true class", names.reversed()),
      [
        HeatMap(grid, colors: .blues, kind: .symmetricLogarithmic(threshold: 10), hasColorBar: false) {
          "\(Int($0))"
        }
      ])
    return Figure("", size: (TrainingReport.size.width, 340), [plot])
  }

  private func classes(_ confusion: ConfusionMatrix) -> String {
    let (precision, recall) = (confusion.perClass(.precision), confusion.perClass(.recall))
    let (f1, support) = (confusion.perClass(.f1), confusion.support)
    func row(_ name: String, _ shares: [Double], _ count: Int) -> [String] {
      [name] + shares.map(TrainingReport.percent) + ["\(count)"]
    }
    var rows = (0..<confusion.classCount).map { row(name($0), [precision[$0], recall[$0], f1[$0]], support[$0]) }
    let means = [ConfusionMatrix.Score.precision, .recall, .f1].map { confusion.average($0, .macro) }
    rows.append(row("mean", means, confusion.count))
    return HTML.table(["class", "precision", "recall", "F1", "examples"], rows)
  }

  private static func percent(_ share: Double) -> String {
    guard share.isFinite else { return "–" }
    let tenths = Int((share * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
  }

  private var large: String {
    pictures.map { picture in
      let image = HTML.image(
        png: picture.png, width: picture.width, height: picture.height, label: picture.caption)
      return "<figure class=\"large\">\(image)<figcaption>\(HTML.escaped(picture.caption))</figcaption></figure>\n"
    }.joined()
  }

  private var examples: String {
    if samples.isEmpty { return "" }
    let all = samples.map { sample in
      let scale = max(1, 84 / max(1, max(sample.width, sample.height)))
      let image = HTML.image(
        png: sample.png, width: sample.width * scale, height: sample.height * scale, label: sample.caption)
      let mark = sample.isRight == false ? " class=\"wrong\"" : ""
      return "<figure>\(image)<figcaption\(mark)>\(HTML.escaped(sample.caption))</figcaption></figure>\n"
    }
    return "<div class=\"samples\">\n\(all.joined())</div>\n"
  }
}
