import ApusCore
import ApusTensor

/// Comparisons in every type, their edges, and conversions at the ends of ranges.
let comparisonCases: [Case] =
  Comparison.allCases.flatMap { comparison in
    let covers = Coverage(.compare, comparison.rawValue)
    let apply: @Sendable ([Tensor]) -> Tensor = { .apply(.compare(comparison), $0[0], $0[1]) }
    let strange: [Double] = [.nan, .infinity, -.infinity, 0, -0.0, 1, -1]
    let pairs = strange.flatMap { a in strange.map { b in (a, b) } }
    let high = Double(UInt32.max)
    return [
      Case(
        "\(comparison)", covers, [.ties([5, 13], -3...3), .ties([5, 13], -3...3)], dtypes: DType.allCases,
        isDifferentiable: false, apply),
      Case(
        "\(comparison) of strange", covers, [.values(pairs.map(\.0)), .values(pairs.map(\.1))],
        isDifferentiable: false, apply),
      Case(
        "\(comparison) of large uint32", covers, [.values([0, high, high, 1]), .values([high, 0, high, high - 1])],
        dtypes: [.uint32], isDifferentiable: false, apply),
      Case("\(comparison) of nothing", covers, [.ties([0]), .ties([0])], isDifferentiable: false, apply),
      Case(
        "\(comparison) of views", covers, [.ties([6, 5]), .ties([5, 1])], dtypes: [.float32, .int32],
        isDifferentiable: false
      ) { Tensor.apply(.compare(comparison), $0[0].transposed(), $0[1].broadcast(to: [5, 6])) },
    ]
  } + [
    Case(
      "convert beyond int32", Coverage(.convert, "int32"),
      [.values([3e9, -3e9, .infinity, -.infinity, .nan, 2_147_483_520, -2_147_483_648])], isDifferentiable: false
    ) { $0[0].cast(to: .int32) },
    Case(
      "convert beyond uint8", Coverage(.convert, "uint8"),
      [.values([-1, 256, 300, .infinity, .nan, -.infinity, 255.5])],
      isDifferentiable: false
    ) { $0[0].cast(to: .uint8) },
    Case(
      "convert beyond uint32", Coverage(.convert, "uint32"),
      [.values([-1, 4_294_967_040, 5e9, .infinity, .nan, -.infinity])], isDifferentiable: false
    ) { $0[0].cast(to: .uint32) },
    Case(
      "convert strange to bool", Coverage(.convert, "bool"), [.values([.nan, -0.0, 1e-40, .infinity])],
      isDifferentiable: false
    ) {
      $0[0].cast(to: .bool)
    },
    Case("logic on comparisons", Coverage(.binary, "and"), [.ties([31]), .ties([31])], isDifferentiable: false) {
      (($0[0] .> 0) & ($0[1] .<= 0)) | !($0[0] .== $0[1])
    },
    Case("count of matches", Coverage(.reduce, "sum"), [.ties([40]), .ties([40])], isDifferentiable: false) {
      ($0[0] .== $0[1]).cast(to: .int32).sum()
    },
  ]
