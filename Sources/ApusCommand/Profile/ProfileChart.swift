import ApusCPU
import ApusDrawing

extension ProfileReport {
  private static let barCount = 24

  /// A bar for each of the slowest kernels: its time, and inside it, dark, its floor.
  func chart() -> String {
    let shown = Array(entries.prefix(Self.barCount))
    let (left, width, row, top) = (24.0, 1000.0, 34.0, 92.0)
    let longest = max(shown.first?.seconds ?? 0, 1e-9)
    let height = top + row * Double(shown.count) + 48
    let (light, dark) = (Color(0x9ECAE1), Color(0x08519C))
    var canvas = Canvas(width: width, height: height)
    canvas.text("\(workload): \((stepSeconds * 1e3).fixed(2)) ms a step", at: Point(left, 30), size: 18, isBold: true)
    canvas.text(
      "light: time of the kernel; dark: what measured peaks of arithmetic (\((peak / 1e9).fixed(0)) GFLOP/s) and memory "
        + "(\((bandwidth / 1e9).fixed(1)) GB/s) allow", at: Point(left, 52))
    let milliseconds = Scale(domain: 0...(longest * 1e3), pixels: (left, width - left))
    let ticks = milliseconds.ticks(6)
    for (value, label) in zip(ticks.values, ticks.labels) {
      let x = milliseconds(value)
      canvas.line(Point(x, top - 8), Point(x, height - 40), color: .faint)
      canvas.text(label, at: Point(x, height - 24), size: 11, anchor: .middle)
    }
    canvas.text("milliseconds a step", at: Point(left, height - 8), size: 11)
    for (place, entry) in shown.enumerated() {
      let y = top + row * Double(place)
      let full = milliseconds(entry.seconds * 1e3) - left
      let share = min(1, floor(entry) / max(entry.seconds, 1e-12))
      canvas.rectangle(Box(x: left, y: y + 14, width: full, height: 12), fill: light)
      canvas.rectangle(Box(x: left, y: y + 14, width: share * full, height: 12), fill: dark)
      canvas.text(
        "\((entry.seconds * 1e3).fixed(3)) ms, \(entry.calls)×  \(entry.label)".shortened(to: 140),
        at: Point(left, y + 10), size: 11)
    }
    return canvas.svg
  }
}

extension String {
  fileprivate func shortened(to count: Int) -> String { self.count <= count ? self : prefix(count - 1) + "…" }
}
