import Apus
import ApusDrawing
import ApusImages

extension Command {
  static let filter = Command(
    name: "filter", summary: "Filter a picture, or smooth a series of numbers", operands: "FILE",
    operandCount: 0...1,
    options: [
      Option(name: "kernel", value: "NAME", help: "what is done (--list)"),
      Option(name: "out", value: "FILE", help: "where to write: .png or .jpg; for a series .svg, .png or .csv"),
      Option(name: "side-by-side", help: "write the picture before and after beside each other"),
      Option(name: "size", value: "N", help: "side of a box, odd (default 3)"),
      Option(name: "sigma", value: "X", help: "deviation of a Gaussian (default 1)"),
      Option(name: "amount", value: "X", help: "strength of unsharp (default 1)"),
      Option(name: "gray", help: "make the picture gray first"),
      Option(name: "border", value: "NAME", help: "what lies around (default symmetric)"),
      Option(name: "column", value: "NAME", help: "which column of a .csv file (default: its last)"),
      Option(name: "window", value: "N", help: "neighbours in a moving average, odd (default 7)"),
      Option(name: "alpha", value: "X", help: "weight of the newest in an exponential mean (default 0.3)"),
      Option(name: "list", help: "list the kernels"),
    ],
    details: """
      A picture (PNG, JPEG) is filtered channel by channel. Changes of either sign are shown with middle
      gray for none. A .csv file gives a series: --kernel moving-average, exponential or gaussian.
      Borders: \(PaddingMode.names.map(\.name).joined(separator: ", ")).
      """
  ) { arguments in
    if arguments.has("list") { return listKernels() }
    guard let path = arguments.operands.first else {
      throw UsageError("expected FILE, a picture or a .csv file (apus filter --help)")
    }
    guard let kernel = arguments.string("kernel") else {
      throw UsageError("filter needs --kernel (apus filter --list)")
    }
    guard let out = arguments.string("out") else { throw UsageError("filter needs --out, where to write") }
    let border = try border(arguments)
    if path.lowercased().hasSuffix(".csv") {
      try smooth(path, kernel, border, to: out, arguments)
    } else {
      try filter(path, kernel, border, to: out, arguments)
    }
    Terminal.print(out)
  }

  private static let smoothings: [(name: String, summary: String)] = [
    ("moving-average", "the mean of neighbours (window)"), ("exponential", "the newest weigh most (alpha)"),
    ("gaussian", "a mean weighed by a normal distribution (sigma)"),
  ]

  private static func listKernels() {
    let width = (FixedFilter.names + smoothings).map(\.name.count).max() ?? 0
    Terminal.print("pictures:")
    for entry in FixedFilter.names { Terminal.print("  \(entry.name.padded(width))  \(entry.summary)") }
    Terminal.print("series:")
    for entry in smoothings { Terminal.print("  \(entry.name.padded(width))  \(entry.summary)") }
  }

  private static func border(_ arguments: ParsedArguments) throws -> PaddingMode {
    guard let name = arguments.string("border") else { return .symmetric }
    guard let entry = PaddingMode.names.first(where: { $0.name == name }) else {
      throw UsageError(unknown: "border", name, among: PaddingMode.names.map(\.name), help: "apus filter --help")
    }
    return entry.mode
  }

  // MARK: Pictures

  private static func filter(
    _ path: String, _ name: String, _ border: PaddingMode, to out: String, _ arguments: ParsedArguments
  ) throws {
    let numbers = FixedFilter.Numbers(
      size: try arguments.integer("size", in: 1...1001) ?? 3, sigma: try arguments.positiveNumber("sigma") ?? 1,
      amount: try arguments.positiveNumber("amount") ?? 1)
    guard let filter = FixedFilter.named(name, numbers) else {
      throw UsageError(unknown: "kernel", name, among: FixedFilter.names.map(\.name), help: "apus filter --list")
    }
    if let problem = filter.problem { throw UsageError("--kernel \(name): \(problem)") }
    guard ImageFormat(path: out) != nil else {
      throw UsageError("--out \(out): expected a name that ends in .png, .jpg or .jpeg")
    }
    let read = try Image(contentsOf: path).flattened()
    let image = arguments.has("gray") ? read.grayscale() : read
    let result: Tensor
    do {
      result = try checked { filter.visible(filter(tensor(image), border: border)) }
    } catch {
      throw Failure("\(path): \(error)")
    }
    let pixels = result.scalars().map { UInt8(max(0, min(255, ($0 * 255).rounded()))) }
    let filtered = Image(width: image.width, height: image.height, channels: image.channels, pixels: pixels)
    try (arguments.has("side-by-side") ? sideBySide(image, filtered) : filtered).write(to: out)
  }

  /// `[1, height, width, channels]`, light from 0 to 1.
  private static func tensor(_ image: Image) -> Tensor {
    Tensor(image.pixels.map { Float($0) / 255 }, shape: [1, image.height, image.width, image.channels])
  }

  /// Two pictures of one size with a white gap between them.
  private static func sideBySide(_ left: Image, _ right: Image) -> Image {
    let rowSize = left.width * left.channels
    let gap = [UInt8](repeating: 255, count: 8 * left.channels)
    var pixels: [UInt8] = []
    for row in 0..<left.height {
      let places = (row * rowSize)..<((row + 1) * rowSize)
      pixels += left.pixels[places] + gap + right.pixels[places]
    }
    return Image(width: 2 * left.width + 8, height: left.height, channels: left.channels, pixels: pixels)
  }

  // MARK: Series

  private static func smooth(
    _ path: String, _ name: String, _ border: PaddingMode, to out: String, _ arguments: ParsedArguments
  ) throws {
    let smoothing: Smoothing
    switch name {
    case "moving-average": smoothing = .movingAverage(window: try arguments.integer("window", in: 1...999_999) ?? 7)
    case "exponential": smoothing = .exponential(alpha: try arguments.positiveNumber("alpha") ?? 0.3)
    case "gaussian": smoothing = .gaussian(sigma: try arguments.positiveNumber("sigma") ?? 1)
    default:
      throw UsageError(unknown: "kernel", name, among: smoothings.map(\.name), help: "apus filter --list")
    }
    if let problem = smoothing.problem { throw UsageError("--kernel \(name): \(problem)") }
    let isTable = out.lowercased().hasSuffix(".csv")
    if !isTable { try Figure.checkName(out) }
    let (column, series) = try column(of: path, named: arguments.string("column"))
    let smoothed: [Double]
    do {
      smoothed = try checked { smoothing(series, border: border) }
    } catch {
      throw Failure("\(path): \(error)")
    }
    if isTable {
      let header = column.contains { ",\"\n\r".contains($0) } ? "smoothed" : "\(column),smoothed"
      let lines = zip(series, smoothed).map { header == "smoothed" ? "\($1)" : "\($0),\($1)" }
      return try AtomicFile.write(([header] + lines).joined(separator: "\n") + "\n", to: out)
    }
    let places = series.indices.map(Double.init)
    let plot = Plot(
      column, x: Axis("row"), y: Axis(column),
      [
        Line(places, series, name: "as it is", style: .series(0)),
        Line(places, smoothed, name: name, style: .series(1)),
      ])
    try Figure(path.split(separator: "/").last.map(String.init) ?? path, [plot]).write(to: out)
  }

  /// The name and the numbers of a column.
  private static func column(of path: String, named wanted: String?) throws -> (name: String, values: [Double]) {
    let file = try CSVFile(contentsOf: path)
    let hasHeader = file.hasHeader
    let rows = file.rows.dropFirst(hasHeader ? 1 : 0)
    guard let width = file.rows.first?.count, !rows.isEmpty else { throw Failure("\(path): no rows") }
    let names = hasHeader ? file.rows[0] : (1...width).map { "column \($0)" }
    guard let column = wanted.map({ names.firstIndex(of: $0) }) ?? (width - 1) else {
      throw Failure("\(path): no column '\(wanted!)', there are \(names.joined(separator: ", "))")
    }
    let values = try rows.enumerated().map { number, row in
      guard let value = Double(row[column]), value.isFinite else {
        throw Failure("\(path): row \(number + 1), column '\(names[column])': '\(row[column])' is not a number")
      }
      return value
    }
    return (names[column], values)
  }
}
