/// A place on a drawing or in the plane of a plot's data.
public struct Point: Hashable, Sendable {
  public var x: Double
  public var y: Double

  public init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// A rectangle of a drawing, in pixels from the upper left.
public struct Box: Hashable, Sendable {
  public var x: Double
  public var y: Double
  public var width: Double
  public var height: Double

  public init(x: Double, y: Double, width: Double, height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  public var right: Double { x + width }
  public var bottom: Double { y + height }
  public var center: Point { Point(x + width / 2, y + height / 2) }

  /// The box without so much at its sides.
  public func inset(left: Double = 0, top: Double = 0, right: Double = 0, bottom: Double = 0) -> Box {
    Box(x: x + left, y: y + top, width: max(1, width - left - right), height: max(1, height - top - bottom))
  }

  public func contains(_ point: Point) -> Bool {
    x <= point.x && point.x <= right && y <= point.y && point.y <= bottom
  }
}

/// The smallest rectangle, parallel to the axes, that holds some data.
public struct Extent: Hashable, Sendable {
  public var x: ClosedRange<Double>?
  public var y: ClosedRange<Double>?

  /// - Parameters:
  ///   - x: Nil for what has no place along x, such as a horizontal rule.
  ///   - y: Nil for what has no place along y.
  public init(x: ClosedRange<Double>? = nil, y: ClosedRange<Double>? = nil) { (self.x, self.y) = (x, y) }

  /// Of numbers along each axis; those that are not finite count for nothing.
  public init(_ xs: some Sequence<Double>, _ ys: some Sequence<Double>) {
    (x, y) = (Extent.range(of: xs), Extent.range(of: ys))
  }

  public func union(_ other: Extent) -> Extent {
    Extent(x: Extent.union(x, other.x), y: Extent.union(y, other.y))
  }

  static func range(of values: some Sequence<Double>) -> ClosedRange<Double>? {
    values.reduce(nil) { $1.isFinite ? union($0, $1...$1) : $0 }
  }

  static func union(_ a: ClosedRange<Double>?, _ b: ClosedRange<Double>?) -> ClosedRange<Double>? {
    guard let a, let b else { return a ?? b }
    return min(a.lowerBound, b.lowerBound)...max(a.upperBound, b.upperBound)
  }
}
