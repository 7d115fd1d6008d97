import ApusCPU

extension ProfileReport {
  private static let barCount = 24

  /// A bar for each of the slowest kernels: its time, and inside it, dark, its floor.
  func chart() -> String {
    let shown = Array(entries.prefix(Self.barCount))
    let (left, width, row, top) = (24.0, 1000.0, 34.0, 92.0)
    let plotWidth = width - 2 * left
    let longest = max(shown.first?.seconds ?? 0, 1e-9)
    let height = top + row * Double(shown.count) + 48
    var svg = SVGText(width: width, height: height)
    svg.text(left, 30, "\(workload): \((stepSeconds * 1e3).fixed(2)) ms a step", size: 18, isBold: true)
    svg.text(
      left, 52,
      "light: time of the kernel; dark: what measured peaks of arithmetic (\((peak / 1e9).fixed(0)) GFLOP/s) and memory "
        + "(\((bandwidth / 1e9).fixed(1)) GB/s) allow", size: 12)
    let ticks = ticks(longest * 1e3)
    let step = ticks.count > 1 ? ticks[1] : 1
    let digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 4
    for tick in ticks {
      let x = left + tick / (longest * 1e3) * plotWidth
      svg.line(x, top - 8, x, height - 40, "#cccccc")
      svg.text(x, height - 24, tick.fixed(digits), size: 11, anchor: "middle")
    }
    svg.text(left, height - 8, "milliseconds a step", size: 11)
    for (place, entry) in shown.enumerated() {
      let y = top + row * Double(place)
      let full = entry.seconds / longest * plotWidth
      svg.rectangle(left, y + 14, full, 12, "#9ecae1")
      svg.rectangle(left, y + 14, min(1, floor(entry) / max(entry.seconds, 1e-12)) * full, 12, "#08519c")
      svg.text(
        left, y + 10, "\((entry.seconds * 1e3).fixed(3)) ms, \(entry.calls)×  \(entry.label)".shortened(to: 140),
        size: 11)
    }
    return svg.finished()
  }

  /// Round numbers from zero up to `limit`, about five of them.
  private func ticks(_ limit: Double) -> [Double] {
    var step = 1e-6
    for factor in [2, 2.5, 2].cycled() where limit / step > 6 { step *= factor }
    return (0...Int(limit / step)).map { Double($0) * step }
  }
}

extension Array {
  /// The elements over and over, often enough for any scale.
  fileprivate func cycled() -> [Element] { (0..<20).flatMap { _ in self } }
}

extension String {
  fileprivate func shortened(to count: Int) -> String { self.count <= count ? self : prefix(count - 1) + "…" }
}

/// A picture as the lines of an SVG file.
private struct SVGText {
  private var lines: [String]

  init(width: Double, height: Double) {
    let (w, h) = (width.fixed(0), height.fixed(0))
    lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(w)\" height=\"\(h)\" viewBox=\"0 0 \(w) \(h)\" "
        + "font-family=\"Helvetica, Arial, sans-serif\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
    ]
  }

  mutating func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ color: String) {
    lines.append(
      "<rect x=\"\(x.fixed(1))\" y=\"\(y.fixed(1))\" width=\"\(width.fixed(1))\" height=\"\(height.fixed(1))\" "
        + "fill=\"\(color)\"/>")
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String) {
    lines.append(
      "<line x1=\"\(x1.fixed(1))\" y1=\"\(y1.fixed(1))\" x2=\"\(x2.fixed(1))\" y2=\"\(y2.fixed(1))\" stroke=\"\(color)\"/>"
    )
  }

  mutating func text(
    _ x: Double, _ y: Double, _ text: String, size: Int, isBold: Bool = false, anchor: String = "start"
  ) {
    let escaped = text.map { character -> String in
      switch character {
      case "<": "&lt;"
      case ">": "&gt;"
      case "&": "&amp;"
      default: String(character)
      }
    }.joined()
    lines.append(
      "<text x=\"\(x.fixed(1))\" y=\"\(y.fixed(1))\" font-size=\"\(size)\" text-anchor=\"\(anchor)\""
        + (isBold ? " font-weight=\"bold\"" : "") + ">\(escaped)</text>")
  }

  func finished() -> String { (lines + ["</svg>", ""]).joined(separator: "\n") }
}
