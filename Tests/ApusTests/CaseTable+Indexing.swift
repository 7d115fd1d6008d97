import ApusCore
import ApusTensor

private let all: [DType] = DType.allCases
private let floats: [DType] = [.float32, .float64]

/// Rows of a table: the lookup of an embedding.
private let rows = IndexDimensions(windowAxes: [1], collapsedAxes: [0], indexMap: [0], vectorAxis: 1)
/// Windows of a matrix by index vectors of two components.
private let windows = IndexDimensions(windowAxes: [1, 2], indexMap: [0, 1], vectorAxis: 1)
/// Single elements by index vectors, components first and out of order.
private let elements = IndexDimensions(windowAxes: [], collapsedAxes: [0, 1], indexMap: [1, 0], vectorAxis: 0)
/// One row of each matrix of a batch.
private let batched = IndexDimensions(
  windowAxes: [1], collapsedAxes: [1], operandBatchAxes: [0], indexBatchAxes: [0], indexMap: [1], vectorAxis: 1)

private func indices(_ values: [Double], _ shape: Shape? = nil) -> Input { .values(values, shape, dtype: .int32) }

private func gather(_ d: IndexDimensions, _ sizes: [Int]) -> @Sendable ([Tensor]) -> Tensor {
  { .apply(.gather(d, sizes: sizes), $0[0], $0[1]) }
}

private func scatter(
  _ kind: ScatterKind, _ d: IndexDimensions, clamps: Bool = false
) -> @Sendable ([Tensor]) -> Tensor {
  { .apply(.scatter(kind, d, clamps: clamps), $0[0], $0[1], $0[2]) }
}

private func along(_ axis: Int, rank: Int) -> IndexDimensions { .along(axis, rank: rank) }

private let gatherCases: [Case] = [
  Case(
    "gather rows", Coverage(.gather), [.spread([7, 5]), indices([3, 0, 6, 3])], dtypes: all, gather(rows, [1, 5])),
  Case("gather clamps", Coverage(.gather), [.spread([7, 5]), indices([-3, 9, 6])], gather(rows, [1, 5])),
  Case("gather nothing", Coverage(.gather), [.spread([7, 5]), indices([], [0])], gather(rows, [1, 5])),
  Case(
    "gather windows", Coverage(.gather), [.spread([6, 7]), indices([0, 0, 3, 2, 9, 9, -1, 4], [4, 2])],
    gather(windows, [2, 3])),
  Case(
    "gather elements", Coverage(.gather), [.spread([4, 5]), indices([0, 4, 2, 1, 3, 0], [2, 3])],
    gather(elements, [1, 1])),
  Case(
    "gather along an axis", Coverage(.gather),
    [.spread([3, 4, 2]), indices((0..<18).map { Double($0 % 4) }, [3, 3, 2])],
    gather(along(1, rank: 3), [1, 1, 1])),
  Case(
    "gather in a batch", Coverage(.gather), [.spread([3, 4, 5]), indices([2, 0, 3])], gather(batched, [1, 1, 5])),
  Case("gather of a view", Coverage(.gather), [.spread([5, 7]), indices([3, 0, 6, 3])]) {
    .apply(.gather(rows, sizes: [1, 5]), $0[0].transposed(), $0[1].reversed([0]))
  },
]

private let scatterCases: [Case] =
  ScatterKind.allCases.flatMap { kind -> [Case] in
    let covers = Coverage(.scatter, kind.rawValue)
    let dtypes = all.filter(kind.accepts)
    let small: ClosedRange<Double> = kind == .multiply ? 0.5...1.5 : -2...2
    return [
      Case(
        "scatter \(kind) rows", covers, [.distinct([6, 3], small), indices([4, 0, 2]), .distinct([3, 3], small)],
        tolerance: 2, scatter(kind, rows)),
      Case(
        "scatter \(kind) of every type", covers, [.ties([6, 3], 0...3), indices([4, 0, 4]), .ties([3, 3], 0...3)],
        dtypes: dtypes, isDifferentiable: false, scatter(kind, rows)),
      Case(
        "scatter \(kind) repeated", covers,
        [
          .distinct([5, 2], small), indices([1, 1, 4, 1]),
          .distinct([4, 2], kind == .multiply ? 0.55...1.45 : -1.9...1.95),
        ],
        tolerance: 4, scatter(kind, rows)),
      Case(
        "scatter \(kind) outside", covers,
        [
          .distinct([4, 3], small), indices([-1, 2, 4, 1]),
          .distinct([4, 3], kind == .multiply ? small : -1.87...2.13),
        ],
        tolerance: 2, scatter(kind, rows)),
      Case(
        "scatter \(kind) windows, clamped", covers,
        [.distinct([5, 5], small), indices([0, 0, 9, 3], [2, 2]), .distinct([2, 2, 2], small)], tolerance: 2,
        scatter(kind, windows, clamps: true)),
      Case(
        "scatter \(kind) along an axis", covers,
        [.distinct([3, 4], small), indices([0, 2, 3, 3, 1, 0], [3, 2]), .distinct([3, 2], small)], tolerance: 2,
        scatter(kind, along(1, rank: 2))),
      Case(
        "scatter \(kind) in a batch", covers,
        [.distinct([3, 4, 2], small), indices([2, 0, 3]), .distinct([3, 2], small)], tolerance: 2,
        scatter(kind, batched)),
      Case(
        "scatter \(kind) of nothing", covers, [.distinct([3, 2], small), indices([], [0]), .spread([0, 2])],
        isDifferentiable: false, scatter(kind, rows)),
    ]
  } + [
    Case(
      "scatter multiply with zeros", Coverage(.scatter, "multiply"),
      [.values([2, 0, 3, 4], [4, 1]), indices([0, 0, 1, 2, 3, 3]), .values([5, 0, 2, 3, 0, 0], [6, 1])],
      isSmooth: false, scatter(.multiply, rows)),
    Case("scatter into a broadcast", Coverage(.scatter, "add"), [.spread([1, 3]), indices([1, 1]), .spread([2, 3])]) {
      .apply(.scatter(.add, rows, clamps: false), $0[0].broadcast(to: [4, 3]), $0[1], $0[2])
    },
  ]

private let dynamicCases: [Case] = [
  Case("dynamic slice", Coverage(.dynamicSlice), [.spread([6, 7]), indices([2, 3])], dtypes: all) {
    .apply(.dynamicSlice(sizes: [3, 2]), $0[0], $0[1])
  },
  Case("dynamic slice clamps", Coverage(.dynamicSlice), [.spread([6, 7]), indices([5, -3])]) {
    .apply(.dynamicSlice(sizes: [3, 2]), $0[0], $0[1])
  },
  Case("dynamic slice of a view", Coverage(.dynamicSlice), [.spread([6, 7]), indices([1, 2])]) {
    .apply(.dynamicSlice(sizes: [4, 2]), $0[0].transposed(), $0[1])
  },
  Case(
    "dynamic update", Coverage(.dynamicUpdateSlice), [.spread([6, 7]), .spread([2, 3]), indices([2, 3])], dtypes: all
  ) { .apply(.dynamicUpdateSlice, $0[0], $0[1], $0[2]) },
  Case(
    "dynamic update clamps", Coverage(.dynamicUpdateSlice), [.spread([6, 7]), .spread([2, 3]), indices([9, -9])]
  ) { .apply(.dynamicUpdateSlice, $0[0] * 2, $0[1] + 1, $0[2]) },
  Case(
    "dynamic update of itself", Coverage(.dynamicUpdateSlice), [.spread([6, 7]), indices([1, 1])]
  ) {
    let x = $0[0].exp()
    return .apply(.dynamicUpdateSlice, x, x[2..<4, 0..<3], $0[1]) + x
  },
]

private let cumulativeCases: [Case] =
  Cumulative.allCases.flatMap { kind -> [Case] in
    let covers = Coverage(.cumulative, kind.rawValue)
    let input: (Shape) -> Input = { kind == .product ? .spread($0, 0.5...1.5) : .distinct($0) }
    func apply(_ axis: Int, _ isReversed: Bool) -> @Sendable ([Tensor]) -> Tensor {
      { .apply(.cumulative(kind, axis: axis, isReversed: isReversed), $0[0]) }
    }
    return [
      Case("cumulative \(kind)", covers, [input([4, 9])], tolerance: 8, apply(1, false)),
      Case("cumulative \(kind), reversed", covers, [input([4, 9])], tolerance: 8, apply(1, true)),
      Case("cumulative \(kind) down columns", covers, [input([9, 4])], tolerance: 8, apply(0, false)),
      Case("cumulative \(kind) in the middle", covers, [input([2, 5, 3])], tolerance: 8, apply(1, true)),
      Case("cumulative \(kind) of one", covers, [input([3, 1])], apply(1, false)),
      Case("cumulative \(kind) of nothing", covers, [input([0, 3])], isDifferentiable: false, apply(0, false)),
      Case(
        "cumulative \(kind) of every type", covers, [.ties([3, 7], 0...2)],
        dtypes: all.filter(kind.reduction.accepts), isDifferentiable: false, apply(1, false)),
      Case(
        "cumulative \(kind) of NaN", covers, [.values([1, 3, .nan, 2, 5])], isDifferentiable: false, apply(0, false)),
    ]
  } + [
    Case("cumulative product with zeros", Coverage(.cumulative, "product"), [.values([2, 3, 0, 5, 0, 7])]) {
      .apply(.cumulative(.product, axis: 0, isReversed: false), $0[0])
    }
  ]

private let sortCases: [Case] = [false, true].flatMap { isDescending -> [Case] in
  let name = isDescending ? "argsort, descending" : "argsort"
  func apply(_ axis: Int, _ count: Int) -> @Sendable ([Tensor]) -> Tensor {
    { .apply(.argSort(axis: axis, isDescending: isDescending, count: count), $0[0]) }
  }
  return [
    Case(name, Coverage(.argSort), [.distinct([3, 17], -9...9)], dtypes: all, isDifferentiable: false, apply(1, 17)),
    Case("\(name) of ties", Coverage(.argSort), [.ties([3, 40])], dtypes: all, isDifferentiable: false, apply(1, 40)),
    Case("\(name) of columns", Coverage(.argSort), [.ties([40, 3])], isDifferentiable: false, apply(0, 40)),
    Case("\(name), the first", Coverage(.argSort), [.distinct([2, 900])], isDifferentiable: false, apply(1, 5)),
    Case("\(name), a long line", Coverage(.argSort), [.distinct([5000])], isDifferentiable: false, apply(0, 5000)),
    Case(
      "\(name) of strange", Coverage(.argSort), [.values([1, .nan, -.infinity, 0, -0.0, .infinity, .nan, -1])],
      isDifferentiable: false, apply(0, 8)),
    Case("\(name) of nothing", Coverage(.argSort), [.spread([2, 0])], isDifferentiable: false, apply(1, 0)),
  ]
}

private let bitcastCases: [Case] =
  [
    (DType.float32, DType.int32), (.int32, .float32), (.float64, .int64), (.float32, .uint8), (.float16, .uint16),
    (.int8, .uint8),
  ].map { source, target in
    Case(
      "bitcast \(source) to \(target)", Coverage(.bitcastConvert), [.spread([3, 4], dtype: source)],
      isDifferentiable: false
    ) {
      .apply(.bitcastConvert(target), $0[0])
    }
  } + [
    Case(
      "bitcast to wider", Coverage(.bitcastConvert), [.spread([3, 4], 0...200, dtype: .uint8)], isDifferentiable: false
    ) {
      .apply(.bitcastConvert(.int32), $0[0])
    }
  ]

private let barrierCases: [Case] = [
  Case("barrier", Coverage(.barrier), [.spread([5]), .spread([3])]) {
    .apply(.barrier, $0[0] * 2, $0[1]) * $0[0]
  }
]

/// Calls that index, accumulate and sort.
let indexingCases: [Case] =
  gatherCases + scatterCases + dynamicCases + cumulativeCases + sortCases + bitcastCases + barrierCases
