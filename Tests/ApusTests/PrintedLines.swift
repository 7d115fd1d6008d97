import ApusCore
import Testing

/// An array and what NumPy 2.4.6 makes of it (`str(array)`).
struct Printed: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let values: [Double]
  let type: TensorType
  let text: String

  init(_ name: String, _ values: [Double], _ shape: Shape, _ dtype: DType, _ text: String) {
    (testDescription, self.values, type, self.text) = (name, values, TensorType(shape, dtype), text)
  }
}

/// Arrays that fit on a line.
extension Printed {
  private static let lines0: [Printed] = [
    Printed(
      "[1, 2, 3]", [1.0, 2.0, 3.0], [3], .float32,
      "[1. 2. 3.]"),
    Printed(
      "[0.1, 0.2, 0.3]", [0.10000000149011612, 0.20000000298023224, 0.30000001192092896], [3], .float32,
      "[0.1 0.2 0.3]"),
    Printed(
      "[1.5, 2.25, 3]", [1.5, 2.25, 3.0], [3], .float32,
      "[1.5  2.25 3.  ]"),
    Printed(
      "[-1.5, 2.25, 3]", [-1.5, 2.25, 3.0], [3], .float32,
      "[-1.5   2.25  3.  ]"),
    Printed(
      "[1e10, 1]", [10000000000.0, 1.0], [2], .float32,
      "[1.e+10 1.e+00]"),
    Printed(
      "[1e-5, 1]", [9.999999747378752e-06, 1.0], [2], .float32,
      "[1.e-05 1.e+00]"),
    Printed(
      "[1e-4, 0.05]", [9.999999747378752e-05, 0.05000000074505806], [2], .float32,
      "[0.0001 0.05  ]"),
    Printed(
      "[1234.5678, 0.001]", [1234.5677490234375, 0.0010000000474974513], [2], .float32,
      "[1.2345677e+03 1.0000000e-03]"),
    Printed(
      "[100000000, 1]", [100000000.0, 1.0], [2], .float32,
      "[1.e+08 1.e+00]"),
    Printed(
      "[99999999, 99999998]", [100000000.0, 100000000.0], [2], .float32,
      "[1.e+08 1.e+08]"),
  ]

  private static let lines1: [Printed] = [
    Printed(
      "[16777216, 0.5]", [16777216.0, 0.5], [2], .float32,
      "[1.6777216e+07 5.0000000e-01]"),
    Printed(
      "[nan, 1, inf]", [.nan, 1.0, .infinity], [3], .float32,
      "[nan  1. inf]"),
    Printed(
      "[-inf, 1.5]", [-.infinity, 1.5], [2], .float32,
      "[-inf  1.5]"),
    Printed(
      "[nan, nan]", [.nan, .nan], [2], .float32,
      "[nan nan]"),
    Printed(
      "[inf, 1e-10]", [.infinity, 1.000000013351432e-10], [2], .float32,
      "[   inf 1.e-10]"),
    Printed(
      "[0, 0]", [0.0, 0.0], [2], .float32,
      "[0. 0.]"),
    Printed(
      "[-0.0, 0]", [-0.0, 0.0], [2], .float32,
      "[-0.  0.]"),
    Printed(
      "[3.14159274, 2.71828175, 1.41421354]", [3.1415927410125732, 2.7182817459106445, 1.4142135381698608], [3],
      .float32,
      "[3.1415927 2.7182817 1.4142135]"),
    Printed(
      "[1/3, 2/3]", [0.3333333432674408, 0.6666666865348816], [2], .float32,
      "[0.33333334 0.6666667 ]"),
    Printed(
      "scalar", [3.5], [], .float32,
      "3.5"),
  ]

  private static let lines2: [Printed] = [
    Printed(
      "scalar small", [1.0000000116860974e-07], [], .float32,
      "1e-07"),
    Printed(
      "scalar large", [1.0000000200408773e+20], [], .float32,
      "1e+20"),
    Printed(
      "scalar third", [0.3333333432674408], [], .float32,
      "0.33333334"),
    Printed(
      "scalar million", [1234567.0], [], .float32,
      "1.234567e+06"),
    Printed(
      "scalar whole", [2.0], [], .float32,
      "2.0"),
    Printed(
      "scalar nan", [.nan], [], .float32,
      "nan"),
    Printed(
      "scalar 1e16", [1.0000000272564224e+16], [], .float32,
      "1e+16"),
    Printed(
      "scalar 0.0001", [9.999999747378752e-05], [], .float32,
      "1e-04"),
    Printed(
      "scalar 64", [0.1], [], .float64,
      "0.1"),
    Printed(
      "scalar 64 large", [1.2345678901234566e+17], [], .float64,
      "1.2345678901234566e+17"),
  ]

  private static let lines3: [Printed] = [
    Printed(
      "empty", [], [0], .float32,
      "[]"),
    Printed(
      "empty rows", [], [0, 3], .float32,
      "[]"),
    Printed(
      "empty columns", [], [2, 0], .float32,
      "[]"),
    Printed(
      "f64 thirds", [0.3333333333333333, 0.6666666666666666], [2], .float64,
      "[0.33333333 0.66666667]"),
    Printed(
      "f64 digits", [1.123456789012, 2.0], [2], .float64,
      "[1.12345679 2.        ]"),
    Printed(
      "f64 tiny", [1e-300, 1.0], [2], .float64,
      "[1.e-300 1.e+000]"),
    Printed(
      "f64 large", [1000000000000000.0, 123456789.0], [2], .float64,
      "[1.00000000e+15 1.23456789e+08]"),
    Printed(
      "f64 exact 8", [0.12345678, 0.123456785], [2], .float64,
      "[0.12345678 0.12345678]"),
    Printed(
      "f64 half even", [0.123456785, 0.5], [2], .float64,
      "[0.12345678 0.5       ]"),
    Printed(
      "f64 sci digits", [1.23456789012e-10, 3.0], [2], .float64,
      "[1.23456789e-10 3.00000000e+00]"),
  ]

  private static let lines4: [Printed] = [
    Printed(
      "f64 99.99999999", [99.999999999, 1.0], [2], .float64,
      "[100.   1.]"),
    Printed(
      "f64 rounds up", [0.999999999, 0.001], [2], .float64,
      "[1.    0.001]"),
    Printed(
      "i32", [1.0, -20.0, 300.0], [3], .int32,
      "[  1 -20 300]"),
    Printed(
      "bool", [1.0, 0.0], [2], .bool,
      "[ True False]"),
    Printed(
      "u8", [0.0, 255.0, 3.0], [3], .uint8,
      "[  0 255   3]"),
    Printed(
      "i64", [1099511627776.0, -1.0], [2], .int64,
      "[1099511627776            -1]"),
    Printed(
      "scalar int", [7.0], [], .int32,
      "7"),
    Printed(
      "scalar bool", [1.0], [], .bool,
      "True"),
    Printed(
      "range 1001", (0..<1001).map(Double.init), [1001], .int32,
      "[   0    1    2 ...  998  999 1000]"),
    Printed(
      "sci with nan", [.nan, 999999995904.0, -1.0], [3], .float32,
      "[    nan  1.e+12 -1.e+00]"),
  ]

  static let lines: [Printed] = lines0 + lines1 + lines2 + lines3 + lines4
}
