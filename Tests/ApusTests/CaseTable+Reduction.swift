import ApusCore
import ApusTensor

/// Reductions and extremes in every type they accept, over every kind of axes.
let reductionCases: [Case] = Reduction.allCases.flatMap(reduceCases) + ArgReduction.allCases.flatMap(argCases)

private func operand(_ reduction: Reduction, _ shape: Shape) -> Input {
  switch reduction {
  case .sum: .spread(shape, -5...5)
  case .product: .spread(shape, 0.5...1.5)
  case .max, .min: .distinct(shape, -90...90)
  case .and, .or: .bool(shape)
  }
}

private func reduceCases(_ reduction: Reduction) -> [Case] {
  let covers = Coverage(.reduce, reduction.rawValue)
  let dtypes = DType.allCases.filter(reduction.accepts)
  let isLogical = reduction == .and || reduction == .or
  func reduce(_ name: String, _ shape: Shape, _ axes: [Int], isDifferentiable: Bool = true) -> Case {
    Case(
      "reduce \(reduction) \(name)", covers, [operand(reduction, shape)], dtypes: dtypes, tolerance: 4,
      isDifferentiable: isDifferentiable && !isLogical
    ) { .apply(.reduce(reduction, axes: axes), $0[0]) }
  }
  var cases = [
    reduce("of rows", [5, 19], [1]), reduce("of columns", [19, 5], [0]), reduce("of all", [4, 9], [0, 1]),
    reduce("of a vector", [37], [0]), reduce("of the middle", [3, 4, 5], [1]),
    reduce("of the outer two", [3, 4, 5], [0, 1]), reduce("of the inner two", [3, 4, 5], [1, 2]),
    reduce("of the ends", [3, 4, 5], [0, 2]), reduce("of one", [1], [0]), reduce("of size one", [3, 1], [1]),
    reduce("of no axes", [3, 2], []), reduce("of nothing", [0, 3], [0], isDifferentiable: false),
    reduce("to nothing", [0, 3], [1], isDifferentiable: false),
    reduce("of a long row", [3, 1031], [1], isDifferentiable: false),
    reduce("of long columns", [1031, 3], [0], isDifferentiable: false),
    reduce("of wide columns", [9, 70], [0], isDifferentiable: false),
  ]
  cases.append(
    Case(
      "reduce \(reduction) of a transpose", covers, [operand(reduction, [6, 7])], dtypes: dtypes, tolerance: 4,
      isDifferentiable: !isLogical
    ) { .apply(.reduce(reduction, axes: [1]), $0[0].transposed()) })
  cases.append(
    Case(
      "reduce \(reduction) of a strided view", covers, [operand(reduction, [6, 8])], dtypes: dtypes, tolerance: 4,
      isDifferentiable: !isLogical
    ) { .apply(.reduce(reduction, axes: [0]), $0[0].reversed([0])[TensorIndex.every(2), TensorIndex.every(3)]) })
  if !isLogical { cases += floatReductions(reduction, covers) }
  return cases
}

private func floatReductions(_ reduction: Reduction, _ covers: Coverage) -> [Case] {
  let rows: [Double] = [.nan, 1, 2, .infinity, 1, 2, -.infinity, .infinity, 1, -0.0, 0, -0.0, 3, .nan, .infinity]
  var cases = [
    Case("reduce \(reduction) of strange", covers, [.values(rows, [5, 3])], isDifferentiable: false) {
      .apply(.reduce(reduction, axes: [1]), $0[0])
    },
    Case("reduce \(reduction) of strange columns", covers, [.values(rows, [3, 5])], isDifferentiable: false) {
      .apply(.reduce(reduction, axes: [0]), $0[0])
    },
    Case("reduce \(reduction) of something fused", covers, [operand(reduction, [5, 23])], tolerance: 8) {
      .apply(.reduce(reduction, axes: [1]), ($0[0] * 0.1).exp() + 0.5)
    },
    Case("fused after reduce \(reduction)", covers, [operand(reduction, [5, 9])], tolerance: 8) {
      let reduced = Tensor.apply(.reduce(reduction, axes: [1]), $0[0])
      return ($0[0] * 0.1 - reduced.expandingAxis(1) * 0.01).tanh()
    },
  ]
  if reduction == .max || reduction == .min {
    // Ties share the gradient: central differences have no limit there.
    cases.append(
      Case("reduce \(reduction) with ties", covers, [.ties([6, 9])], isDifferentiable: false) {
        .apply(.reduce(reduction, axes: [1]), $0[0])
      })
  }
  if reduction == .product {
    cases.append(
      Case("reduce product with zeros", covers, [.values([0, 2, 3, 4, 0, 0, 1, 2, 3], [3, 3])]) {
        $0[0].product(axes: [1])
      })
  }
  return cases
}

private func argCases(_ kind: ArgReduction) -> [Case] {
  let covers = Coverage(.argReduce, kind.rawValue)
  func arg(_ name: String, _ input: Input, _ axis: Int, dtypes: [DType] = DType.allCases) -> Case {
    Case("arg\(kind) \(name)", covers, [input], dtypes: dtypes, isDifferentiable: false) {
      .apply(.argReduce(kind, axis: axis), $0[0])
    }
  }
  return [
    arg("of rows", .distinct([5, 19], -90...90), 1), arg("of columns", .distinct([19, 5], -90...90), 0),
    arg("with ties", .ties([7, 21]), 1), arg("with ties in columns", .ties([21, 7]), 0),
    arg("of the middle", .ties([3, 6, 5]), 1), arg("of one", .spread([4, 1]), 1),
    arg("of nothing", .spread([0, 3]), 1),
    arg("of a long row", .ties([2, 1031], -60...60), 1),
    arg(
      "of strange", .values([.nan, 1, 2, 1, .nan, .nan, .infinity, 1, .infinity, -.infinity, -0.0, 0], [4, 3]), 1,
      dtypes: [.float32, .float64]),
    arg(
      "of equal infinities", .values([-.infinity, -.infinity, .infinity, .infinity], [2, 2]), 1, dtypes: [.float32]),
    Case("arg\(kind) of a transpose", covers, [.ties([7, 6], -4...4)], isDifferentiable: false) {
      .apply(.argReduce(kind, axis: 1), $0[0].transposed())
    },
  ]
}
