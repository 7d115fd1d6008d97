import ApusCore

/// How far apart two results may be: |a − b| ≤ absolute + relative · |b|, elements that are not finite alike.
struct Tolerance {
  var absolute: Double
  var relative: Double

  /// A few units in the last place of numbers around one, times `scale`; integers are equal.
  init(_ dtype: DType, scale: Double = 1) {
    let unit: Double =
      switch dtype {
      case .float32: 1e-6
      case .float64: 1e-14
      case .float16: 1e-3
      case .bfloat16: 8e-3
      case .bool, .uint8, .uint16, .uint32, .uint64, .int8, .int16, .int32, .int64: 0
      }
    absolute = unit * scale
    relative = unit * scale
  }

  init(absolute: Double, relative: Double) {
    self.absolute = absolute
    self.relative = relative
  }

  static let exact = Tolerance(absolute: 0, relative: 0)

  func accepts(_ value: Double, _ expected: Double) -> Bool {
    if value.isNaN || expected.isNaN { return value.isNaN && expected.isNaN }
    if value.isInfinite || expected.isInfinite { return value == expected }
    return abs(value - expected) <= absolute + relative * abs(expected)
  }
}

/// What is wrong with `values`: the first and the worst place, both values and their distance. Nil if nothing is.
func difference(
  _ values: [Double], from expected: [Double], _ type: TensorType, _ tolerance: Tolerance
) -> String? {
  guard values.count == expected.count else { return "\(values.count) elements instead of \(expected.count)" }
  let wrong = values.indices.filter { !tolerance.accepts(values[$0], expected[$0]) }
  guard let first = wrong.first else { return nil }
  let worst = wrong.max { abs(values[$0] - expected[$0]) < abs(values[$1] - expected[$1]) } ?? first
  let places = first == worst ? [first] : [first, worst]
  let lines = places.map { place in
    let (value, wanted) = (values[place], expected[place])
    let distance = abs(value - wanted)
    return "at \(index(place, type.shape)): \(value), expected \(wanted): absolute error \(distance), relative "
      + "\(distance / abs(wanted)), \(ulps(value, wanted, type.dtype)) ULP"
  }
  return "\(wrong.count) of \(values.count) elements of \(type) differ: " + lines.joined(separator: "; ")
}

private func index(_ place: Int, _ shape: Shape) -> [Int] {
  zip(shape.denseStrides, shape).map { stride, size in size == 0 ? 0 : place / stride % size }
}

/// How many numbers of the type lie between two.
private func ulps(_ a: Double, _ b: Double, _ dtype: DType) -> String {
  guard a.isFinite, b.isFinite else { return "∞" }
  func place(_ x: Double) -> Double {
    let bits =
      dtype == .float32 ? Double(Float(x).magnitude.bitPattern) : Double(x.magnitude.bitPattern)
    return x < 0 ? -bits : bits
  }
  return dtype.isFloat ? "\(Int(exactly: abs(place(a) - place(b)).rounded()) ?? .max)" : "–"
}
