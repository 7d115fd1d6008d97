import ApusCore
import ApusTensor

/// Numbers for tests: SplitMix64 (Steele, Lea & Flood 2014) from a seed or a name.
struct Noise: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// FNV-1a of the name, so that no two cases see the same numbers and each always sees its own.
  init(_ name: String) { state = name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func uniform(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &self) }
  mutating func integer(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
  mutating func chance(_ probability: Double) -> Bool { uniform(0...1) < probability }
  mutating func pick<T>(_ choices: [T]) -> T { choices[integer(0...choices.count - 1)] }
  mutating func shuffled<T>(_ values: [T]) -> [T] { values.shuffled(using: &self) }
}

extension Tensor {
  /// A leaf whose memory holds these values: no operation of a device is involved.
  init(exactly values: [Double], _ type: TensorType) {
    func encoded<T>(_ elements: [T]) -> Tensor {
      elements.withUnsafeBytes { Tensor(copying: $0, shape: type.shape, dtype: type.dtype) }
    }
    self =
      switch type.dtype {
      case .bool: encoded(values.map { UInt8($0) })
      case .uint8: encoded(values.map { UInt8($0) })
      case .int32: encoded(values.map { Int32($0) })
      case .uint32: encoded(values.map { UInt32($0) })
      case .int64: encoded(values.map { Int64($0) })
      case .float32: encoded(values.map { Float($0) })
      case .float64: encoded(values)
      case .int8: encoded(values.map { Int8($0) })
      case .int16: encoded(values.map { Int16($0) })
      case .uint16: encoded(values.map { UInt16($0) })
      case .uint64: encoded(values.map { UInt64($0) })
      case .float16: encoded(values.map { Half.float16Bits($0) })
      case .bfloat16: encoded(values.map { Half.bfloat16Bits($0) })
      }
  }
}
