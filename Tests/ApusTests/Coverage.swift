import ApusCore

/// A kind of primitive, `Op` without its attributes. A new case of `Op` does not compile here until it has a kind, and
/// a kind without a test case fails `CompletenessTests`.
enum Primitive: String, CaseIterable {
  case value, parameter, constant, iota, randomBits, identity, stopGradient, unary, binary, compare, select, convert
  case broadcastInDim, reshape, transpose, slice, pad, concatenate, reverse, reduce, argReduce, dotGeneral
  case convolution, reduceWindow, selectAndScatter, bitcastConvert, dynamicSlice, dynamicUpdateSlice, gather, scatter
  case cumulative, argSort, barrier, scan, whileLoop, conditional, custom, block, output

  init(_ op: Op) {
    self =
      switch op {
      case .value: .value
      case .parameter: .parameter
      case .constant: .constant
      case .iota: .iota
      case .randomBits: .randomBits
      case .identity: .identity
      case .stopGradient: .stopGradient
      case .unary: .unary
      case .binary: .binary
      case .compare: .compare
      case .select: .select
      case .convert: .convert
      case .broadcastInDim: .broadcastInDim
      case .reshape: .reshape
      case .transpose: .transpose
      case .slice: .slice
      case .pad: .pad
      case .concatenate: .concatenate
      case .reverse: .reverse
      case .reduce: .reduce
      case .argReduce: .argReduce
      case .dotGeneral: .dotGeneral
      case .convolution: .convolution
      case .reduceWindow: .reduceWindow
      case .selectAndScatter: .selectAndScatter
      case .bitcastConvert: .bitcastConvert
      case .dynamicSlice: .dynamicSlice
      case .dynamicUpdateSlice: .dynamicUpdateSlice
      case .gather: .gather
      case .scatter: .scatter
      case .cumulative: .cumulative
      case .argSort: .argSort
      case .barrier: .barrier
      case .scan: .scan
      case .whileLoop: .whileLoop
      case .conditional: .conditional
      case .custom: .custom
      case .block: .block
      case .output: .output
      }
  }
}

/// What a test case is there for: a primitive and, for those that are families, the member.
struct Coverage: Hashable, CustomStringConvertible {
  let primitive: Primitive
  let member: String

  init(_ primitive: Primitive, _ member: String = "") {
    self.primitive = primitive
    self.member = member
  }

  init(_ op: Op) {
    let member =
      switch op {
      case .unary(let op): op.rawValue
      case .binary(let op): op.rawValue
      case .compare(let comparison): comparison.rawValue
      case .reduce(let reduction, _): reduction.rawValue
      case .reduceWindow(let reduction, _): reduction.rawValue
      case .argReduce(let kind, _): kind.rawValue
      case .selectAndScatter(let kind, _): kind.rawValue
      case .convert(let dtype): dtype.description
      case .scatter(let kind, _, _): kind.rawValue
      case .cumulative(let kind, _, _): kind.rawValue
      case .block(let block): block.name
      default: ""
      }
    self.init(Primitive(op), member)
  }

  var description: String { member.isEmpty ? primitive.rawValue : "\(primitive.rawValue) \(member)" }

  /// Everything that must have a case; blocks are looked for in the sources.
  static var required: [Coverage] {
    Primitive.allCases.flatMap { primitive -> [Coverage] in
      switch primitive {
      case .unary: Unary.allCases.map { Coverage(.unary, $0.rawValue) }
      case .binary: Binary.allCases.map { Coverage(.binary, $0.rawValue) }
      case .compare: Comparison.allCases.map { Coverage(.compare, $0.rawValue) }
      case .reduce: Reduction.allCases.map { Coverage(.reduce, $0.rawValue) }
      case .reduceWindow: [Reduction.max, .min, .sum, .product].map { Coverage(.reduceWindow, $0.rawValue) }
      case .argReduce: ArgReduction.allCases.map { Coverage(.argReduce, $0.rawValue) }
      case .selectAndScatter: ArgReduction.allCases.map { Coverage(.selectAndScatter, $0.rawValue) }
      case .convert: DType.allCases.map { Coverage(.convert, $0.description) }
      case .scatter: ScatterKind.allCases.map { Coverage(.scatter, $0.rawValue) }
      case .cumulative: Cumulative.allCases.map { Coverage(.cumulative, $0.rawValue) }
      case .block: []
      default: [Coverage(primitive)]
      }
    }
  }
}
