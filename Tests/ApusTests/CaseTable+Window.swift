import ApusCore
import ApusTensor

/// Pooling of every kind and the gradient of max pooling.
let windowCases: [Case] = [Reduction.max, .min, .sum, .product].flatMap(poolCases) + scatterCases + publicPoolCases

private let images = Window(size: [1, 2, 2, 1], stride: [1, 2, 2, 1])
private let overlapping = Window(
  size: [1, 3, 3, 1], stride: [1, 2, 1, 1], padLow: [0, 1, 1, 0], padHigh: [0, 1, 2, 0])
private let dilated = Window(size: [1, 2, 3, 1], dilation: [1, 3, 2, 1])

private func poolCases(_ reduction: Reduction) -> [Case] {
  let covers = Coverage(.reduceWindow, reduction.rawValue)
  func input(_ shape: Shape) -> Input {
    switch reduction {
    case .max, .min: .distinct(shape, -50...50)
    case .product: .spread(shape, 0.6...1.5)
    case .sum, .and, .or: .spread(shape, -3...3)
    }
  }
  func pool(
    _ name: String, _ shape: Shape, _ window: Window, dtypes: [DType] = [.float32, .float64],
    isDifferentiable: Bool = true
  ) -> Case {
    Case(
      "\(reduction) pooling \(name)", covers, [input(shape)], dtypes: dtypes, tolerance: 4,
      isDifferentiable: isDifferentiable
    ) { .apply(.reduceWindow(reduction, window), $0[0]) }
  }
  let numbers = DType.allCases.filter { $0 != .bool }
  var cases = [
    pool("2×2", [2, 6, 4, 3], images, dtypes: numbers), pool("with a rest", [1, 5, 7, 2], images),
    pool("overlapping and padded", [2, 5, 6, 2], overlapping), pool("dilated", [1, 7, 8, 2], dilated),
    pool("of a vector", [11], Window(size: [3], stride: [2], padLow: [2], padHigh: [0])),
    pool("over channels", [2, 3, 6], Window(size: [1, 1, 3], stride: [1, 1, 3])),
    pool("over the batch", [4, 3], Window(size: [2, 2])),
    pool("of one window", [1, 3, 3, 1], Window(size: [1, 3, 3, 1])),
    pool("cropped", [9], Window(size: [2], stride: [2], padLow: [-2], padHigh: [-1])),
    pool("of nothing", [0, 4, 4, 1], images, isDifferentiable: false),
    pool("with many channels", [1, 4, 6, 37], images, isDifferentiable: false),
  ]
  if reduction == .sum || reduction == .product {
    cases.append(pool("of a spread base", [6], Window(size: [3], padLow: [1], padHigh: [1], baseDilation: [2])))
    cases.append(
      pool("strided, of a spread base", [2, 5], Window(size: [1, 3], stride: [1, 2], baseDilation: [1, 3])))
  } else {
    cases.append(
      pool("of a spread base", [6], Window(size: [3], padLow: [1], baseDilation: [2])).withoutGradient)
    let rows: [Double] = [.nan, 1, 2, .infinity, 1, -.infinity, -.infinity, 2]
    cases.append(
      Case("\(reduction) pooling of strange", covers, [.values(rows)], isDifferentiable: false) {
        .apply(.reduceWindow(reduction, Window(size: [2], stride: [2])), $0[0])
      })
  }
  return cases
}

private let scatterCases: [Case] = ArgReduction.allCases.flatMap { kind in
  let covers = Coverage(.selectAndScatter, kind.rawValue)
  func scatter(
    _ name: String, _ input: Input, _ source: Shape, _ window: Window, dtypes: [DType] = [.float32, .float64]
  ) -> Case {
    Case(
      "\(kind) select and scatter \(name)", covers, [input, .spread(source)], dtypes: dtypes, tolerance: 4
    ) { .apply(.selectAndScatter(kind, window), $0[0], $0[1]) }
  }
  return [
    scatter("2×2", .distinct([2, 6, 4, 3]), [2, 3, 2, 3], images),
    scatter("overlapping", .distinct([1, 5, 6, 2]), [1, 3, 7, 2], overlapping),
    scatter("dilated", .distinct([1, 7, 8, 2]), [1, 4, 4, 2], dilated),
    scatter("of a vector", .distinct([11]), [6], Window(size: [3], stride: [2], padLow: [2], padHigh: [0])),
    scatter("with many channels", .distinct([1, 4, 6, 37]), [1, 2, 3, 37], images),
    scatter("of nothing", .distinct([0, 4, 4, 1]), [0, 2, 2, 1], images),
    // The first of equals takes all; central differences would see the tie.
    Case(
      "\(kind) select and scatter with ties", covers, [.ties([2, 6, 6, 3]), .spread([2, 3, 3, 3])],
      isDifferentiable: false
    ) { .apply(.selectAndScatter(kind, images), $0[0], $0[1]) },
    Case(
      "\(kind) select and scatter of NaN", covers, [.values([1, .nan, .nan, 3, 4, 4]), .spread([3])],
      isDifferentiable: false
    ) { .apply(.selectAndScatter(kind, Window(size: [2], stride: [2])), $0[0], $0[1]) },
  ]
}

private let publicPoolCases: [Case] = [
  Case("maxPool2D", Coverage(.reduceWindow, "max"), [.distinct([2, 8, 8, 3])]) { $0[0].maxPool2D(2) },
  Case("maxPool2D same", Coverage(.reduceWindow, "max"), [.distinct([1, 7, 5, 2])]) {
    $0[0].maxPool2D(3, stride: 2, padding: .same)
  },
  Case("maxPool2D of ReLU", Coverage(.reduceWindow, "max"), [.distinct([2, 4, 4, 5], 0.1...3)]) {
    $0[0].relu().maxPool2D(2)
  },
  Case("minPool2D", Coverage(.reduceWindow, "min"), [.distinct([1, 6, 6, 1])]) { $0[0].minPool2D(Pair(3, 2)) },
  Case("averagePool2D", Coverage(.reduceWindow, "sum"), [.spread([1, 6, 6, 2])]) {
    $0[0].averagePool2D(3, stride: 2, padding: 1)
  },
  Case("averagePool2D without padding", Coverage(.reduceWindow, "sum"), [.spread([1, 6, 6, 2])]) {
    $0[0].averagePool2D(3, stride: 2, padding: 1, countsPadding: false)
  },
]
