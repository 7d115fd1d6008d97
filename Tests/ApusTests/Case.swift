import ApusCore
import ApusTensor
import Testing

/// An operand of a case: shape, element type and how it is drawn.
struct Input: Sendable {
  let shape: Shape
  /// Nil: the type in which the case is run.
  let dtype: DType?
  private let draw: @Sendable (inout Noise, DType, Int) -> [Double]

  private init(
    _ shape: Shape, _ dtype: DType?, _ draw: @escaping @Sendable (inout Noise, DType, Int) -> [Double]
  ) {
    self.shape = shape
    self.dtype = dtype
    self.draw = draw
  }

  /// Even over a range, no closer than `margin` to what is avoided.
  static func spread(
    _ shape: Shape, _ range: ClosedRange<Double> = -2...2, avoiding avoided: [Double] = [], margin: Double = 0.05,
    dtype: DType? = nil
  ) -> Input {
    Input(shape, dtype) { noise, dtype, count in
      (0..<count).map { _ in
        var value = noise.uniform(range)
        while dtype.isFloat, avoided.contains(where: { abs($0 - value) < margin }) { value = noise.uniform(range) }
        return value
      }
    }
  }

  /// All different, evenly spaced and shuffled: no ties for an extreme.
  static func distinct(_ shape: Shape, _ range: ClosedRange<Double> = -2...2, dtype: DType? = nil) -> Input {
    Input(shape, dtype) { noise, _, count in
      let step = (range.upperBound - range.lowerBound) / Double(Swift.max(1, count))
      return noise.shuffled((0..<count).map { range.lowerBound + (Double($0) + 0.5) * step })
    }
  }

  /// Few different values: ties.
  static func ties(_ shape: Shape, _ range: ClosedRange<Int> = -1...1, dtype: DType? = nil) -> Input {
    Input(shape, dtype) { noise, _, count in (0..<count).map { _ in Double(noise.integer(range)) } }
  }

  static func values(_ values: [Double], _ shape: Shape? = nil, dtype: DType? = nil) -> Input {
    Input(shape ?? [values.count], dtype) { _, _, _ in values }
  }

  static func bool(_ shape: Shape) -> Input { ties(shape, 0...1, dtype: .bool) }

  /// The elements, as the type holds them. Floating-point ones fit single precision, so that both widths see the same.
  func sample(_ noise: inout Noise, _ caseType: DType) -> [Double] {
    let dtype = dtype ?? caseType
    return draw(&noise, dtype, shape.elementCount).map { value in
      switch dtype {
      case .float32, .float64: Double(Float(value))
      case .float16: Half.float16(Half.float16Bits(value))
      case .bfloat16: Half.bfloat16(Half.bfloat16Bits(value))
      case .bool: value > 0 ? 1 : 0
      case .uint8: Swift.min(255, abs(value.rounded()))
      case .uint16: Swift.min(65535, abs(value.rounded()))
      case .uint32, .uint64: abs(value.rounded())
      case .int8: Swift.max(-128, Swift.min(127, value.rounded()))
      case .int16: Swift.max(-32768, Swift.min(32767, value.rounded()))
      case .int32, .int64: value.rounded()
      }
    }
  }
}

/// One interesting call.
struct Case: Sendable, CustomTestStringConvertible {
  let name: String
  /// What the call is there for; must appear in its graph.
  let covers: Coverage
  let inputs: [Input]
  /// Types to run the case in, put where an input leaves its own open.
  var dtypes: [DType]
  /// Times the tolerance of one rounded operation.
  var tolerance: Double
  /// Whether central differences have a limit at the inputs.
  var isDifferentiable: Bool
  /// Whether the gradient has one too.
  var isSmooth: Bool
  /// Whether there is a gradient at all: some rules refuse some attributes.
  var hasGradient = true
  let body: @Sendable ([Tensor]) -> Tensor

  init(
    _ name: String, _ covers: Coverage, _ inputs: [Input], dtypes: [DType] = [.float32, .float64],
    tolerance: Double = 1, isDifferentiable: Bool = true, isSmooth: Bool? = nil,
    _ body: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    self.name = name
    self.covers = covers
    self.inputs = inputs
    self.dtypes = dtypes
    self.tolerance = tolerance
    self.isDifferentiable = isDifferentiable
    self.isSmooth = isSmooth ?? isDifferentiable
    self.body = body
  }

  var testDescription: String { name }

  var withoutGradient: Case {
    var copy = self
    (copy.hasGradient, copy.isDifferentiable, copy.isSmooth) = (false, false, false)
    return copy
  }

  func inputTypes(_ dtype: DType) -> [TensorType] { inputs.map { TensorType($0.shape, $0.dtype ?? dtype) } }

  /// The operands' elements: always the same for a case.
  func samples(_ dtype: DType) -> [[Double]] {
    var noise = Noise(name)
    return inputs.map { $0.sample(&noise, dtype) }
  }

  func tensors(_ dtype: DType) -> [Tensor] {
    zip(samples(dtype), inputTypes(dtype)).map { Tensor(exactly: $0, $1) }
  }
}

extension Case {
  /// Elementwise, structural, reducing, multiplying and composite calls.
  static let all: [Case] =
    elementwiseCases + comparisonCases + structureCases + reductionCases + windowCases + productCases
    + convolutionCases + compositeCases + indexingCases + loopCases + namedBlockCases + blockKernelCases
    + optimizerStepCases
}
