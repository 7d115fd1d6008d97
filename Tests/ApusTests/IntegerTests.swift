import ApusCore
import ApusTensor
import Testing

/// Integers beside numbers that their types do not hold, as NumPy 2 computes.
@Suite struct IntegerTests {
  @Test func comparisonsWithNumbersOutsideTheType() {
    let small = Tensor([0, 5, 255] as [UInt8])
    for number in [-1, -300, Int.min] {
      #expect((small .> number).scalars(Bool.self) == [true, true, true])
      #expect((small .>= number).scalars(Bool.self) == [true, true, true])
      #expect((small .!= number).scalars(Bool.self) == [true, true, true])
      #expect((small .== number).scalars(Bool.self) == [false, false, false])
      #expect((small .< number).scalars(Bool.self) == [false, false, false])
      #expect((small .<= number).scalars(Bool.self) == [false, false, false])
    }
    for number in [256, 261, Int.max] {
      #expect((small .< number).scalars(Bool.self) == [true, true, true])
      #expect((small .<= number).scalars(Bool.self) == [true, true, true])
      #expect((small .== number).scalars(Bool.self) == [false, false, false])
      #expect((small .> number).scalars(Bool.self) == [false, false, false])
    }
    #expect((small .<= 255).scalars(Bool.self) == [true, true, true])
    #expect((small .>= 5).scalars(Bool.self) == [false, true, true])
    #expect((Tensor([5] as [Int32]) .< (1 << 40)).scalars(Bool.self) == [true])
    #expect((Tensor([UInt64.max]) .> -1).scalars(Bool.self) == [true])
    #expect((Tensor([true, false]) .== 2).scalars(Bool.self) == [false, false])
  }

  /// The sign stays, as in Swift.
  @Test func shiftsKeepTheSign() {
    #expect((Tensor([-6, 6, -1] as [Int8]) >> 1).scalars(Int8.self) == [-3, 3, -1])
    #expect((Tensor([-600, 7] as [Int16]) >> 2).scalars(Int16.self) == [-150, 1])
    #expect((Tensor([Int32.min, 7] as [Int32]) >> 31).scalars(Int32.self) == [-1, 0])
    #expect((Tensor([Int.min, -6]) >> 1).scalars(Int64.self) == [Int64.min >> 1, -3])
    #expect((Tensor([UInt8.max]) >> 1).scalars(UInt8.self) == [127])
    #expect((Tensor([UInt64.max]) >> 63).scalars(UInt64.self) == [1])
  }

  @Test func ranges() {
    #expect(
      Tensor.range(from: .min, to: .max, by: 1 << 61, dtype: .int64).scalars(Int.self)
        == Array(stride(from: Int.min, to: Int.max, by: 1 << 61)))
    #expect(Tensor.range(from: 5, to: 0, by: -1, dtype: .uint8).scalars(UInt8.self) == [5, 4, 3, 2, 1])
    #expect(Tensor.range(from: 0, to: .min, by: .min, dtype: .int64).scalars(Int.self) == [0])
    #expect(Tensor.range(from: 3, to: 3).shape == [0] && Tensor.range(from: 3, to: 0).shape == [0])
    #expect(Tensor.range(from: -3, to: 4, by: 3).scalars(Int32.self) == [-3, 0, 3])
    #expect(Tensor.range(from: 3, to: -4, by: -3).scalars(Int32.self) == [3, 0, -3])
  }

  /// Labels that 32 bits do not hold are none, whatever they would become in 32 bits.
  @Test func wideLabels() {
    let logits = Tensor([0.1, 0.2, 0.3] as [Float], shape: [1, 3])
    for label in [UInt64.max - 99, 0x1_0000_0000, 0x2_0000_0001] as [UInt64] {
      #expect(crossEntropy(logits, Tensor([label])).item().isNaN)
    }
    #expect(crossEntropy(logits, Tensor([UInt32.max - 99])).item().isNaN)
    #expect(crossEntropy(logits, Tensor([Int(-100)]), reduction: .none).item() == 0)
    #expect(crossEntropy(logits, Tensor([Int.min])).item().isNaN)
    // log Σ exp − 0.2
    #expect(abs(crossEntropy(logits, Tensor([1] as [UInt64])).item() - 1.1019428) < 1e-6)
  }
}
