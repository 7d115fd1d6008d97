import ApusTensor

/// Whether what a layer was asked for can be made. If not, `message` stops the program; inside `checked` it is thrown
/// later, and the layer goes on with a stand-in for the option.
@discardableResult
func isPossible(_ condition: Bool, _ message: @autoclosure () -> String) -> Bool {
  if !condition { _ = Tensor.mistake(message()) }
  return condition
}

/// The number nearest to `wanted` that divides `total`: what a message proposes.
func nearestDivisor(of total: Int, to wanted: Int) -> Int {
  (1...max(1, total)).filter { total % $0 == 0 }.min { abs($0 - wanted) < abs($1 - wanted) } ?? 1
}
