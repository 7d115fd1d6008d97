/// An axis of a plot: what it is called, how it measures, what it shows.
public struct Axis: Sendable {
  public var label: String
  public var kind: ScaleKind
  /// What it shows; by default a little more than the data.
  public var domain: ClosedRange<Double>?
  public var ticks: TickChoice
  public var hasGrid: Bool

  public enum TickChoice: Sendable {
    /// Round numbers, as many as have room.
    case automatic
    case named([(place: Double, label: String)])
    case none
  }

  public init(
    _ label: String = "", _ kind: ScaleKind = .linear, domain: ClosedRange<Double>? = nil,
    ticks: TickChoice = .automatic, hasGrid: Bool = true
  ) {
    (self.label, self.kind, self.domain, self.ticks, self.hasGrid) = (label, kind, domain, ticks, hasGrid)
  }

  /// An axis of categories at 0, 1, 2, …
  public static func categories(_ label: String, _ names: [String]) -> Axis {
    Axis(
      label, domain: -0.6...(Double(names.count) - 0.4),
      ticks: .named(names.enumerated().map { (Double($0.offset), $0.element) }), hasGrid: false)
  }

  /// An axis of decimal exponents, labelled with the powers of ten: for histograms of logarithms.
  public static func exponents(_ label: String, _ range: ClosedRange<Int>, every step: Int = 1) -> Axis {
    let ticks = stride(from: range.lowerBound, through: range.upperBound, by: max(1, step)).map {
      (place: Double($0), label: $0 == 0 ? "1" : "10" + NumberText.superscript($0))
    }
    return Axis(label, domain: Double(range.lowerBound)...Double(range.upperBound), ticks: .named(ticks))
  }

  func chosenTicks(on scale: Scale, count: Int) -> Ticks {
    switch ticks {
    case .automatic: return scale.ticks(count)
    case .none: return Ticks(values: [], labels: [])
    case .named(let named):
      let shown = named.filter { scale.domain.contains($0.place) }
      return Ticks(values: shown.map(\.place), labels: shown.map(\.label))
    }
  }

  /// Ticks of a horizontal axis whose labels do not meet.
  func horizontalTicks(on scale: Scale, width: Double) -> Ticks {
    var count = max(2, Int(width / 75))
    while true {
      let ticks = chosenTicks(on: scale, count: count)
      if count <= 2 || Axis.fits(ticks, scale) { return ticks }
      count -= 1
    }
  }

  func verticalTicks(on scale: Scale, height: Double) -> Ticks {
    chosenTicks(on: scale, count: max(2, min(8, Int(height / 42))))
  }

  /// Whether each label ends before the next begins.
  static func fits(_ ticks: Ticks, _ scale: Scale) -> Bool {
    let spans = zip(ticks.values, ticks.labels).map { value, label in
      (center: scale(value), half: TextWidth.of(label, size: Layout.tickLabel) / 2 + 3)
    }.sorted { $0.center < $1.center }
    return zip(spans, spans.dropFirst()).allSatisfy { $0.center + $0.half <= $1.center - $1.half }
  }
}
