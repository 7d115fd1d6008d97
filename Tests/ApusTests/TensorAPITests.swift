import ApusCore
import ApusRuntime
import ApusTensor
import Testing

/// Where the tests of the tensor API compute.
let tensorAPIDevice = cpu

/// Numbers that NumPy, PyTorch and JAX computed (`Tests/Fixtures/tensor_api.json`).
@Suite struct TensorAPITests {
  @Test(arguments: Fixture.load("tensor_api"))
  func isAsElsewhere(_ fixture: Fixture) throws {
    try Device.with(tensorAPIDevice) {
      let value = try #require(TensorAPICalls.value(fixture), "no call for \(fixture) \(fixture.attributes)")
      guard value.shape == fixture.output.type.shape else {
        Issue.record("\(fixture) \(fixture.attributes): shape \(value.shape), expected \(fixture.output.type.shape)")
        return
      }
      #expect(value.dtype.isFloat == fixture.output.type.dtype.isFloat, "\(fixture): \(value.dtype)")
      let tolerance = value.dtype.isFloat ? Tolerance(absolute: 1e-5, relative: 2e-5) : .exact
      let message = difference(value.doubles(), from: fixture.output.values, value.node.type, tolerance)
      if let message { Issue.record("\(fixture) \(fixture.attributes): \(message)") }
    }
  }

  @Test func thereAreCases() {
    #expect(Fixture.load("tensor_api").count >= 250)
  }

  /// JAX's table of types.
  @Test func typesMeetAsInJAX() throws {
    let rows = try #require(Fixture.document("tensor_api")?["promotion"]?.array)
    #expect(rows.count == 13 * 13 - 8)
    for row in rows {
      let types = try (row.array ?? []).map { name in
        try #require(DType.allCases.first { $0.description == name.string })
      }
      #expect(promotedType(types[0], types[1]) == types[2], "\(types[0]) and \(types[1])")
    }
    for signed in [DType.int8, .int16, .int32, .int64] {
      #expect(promotedType(signed, .uint64) == .float32 && promotedType(.uint64, signed) == .float32)
    }
  }

  @Test func typesArePromoted() {
    Device.with(tensorAPIDevice) {
      let counts = Tensor([1, 2, 3] as [Int32])
      let weights = Tensor([0.5, 1, 2] as [Float])
      #expect((counts * weights).scalars() == [0.5, 2, 6])
      #expect((weights - counts).dtype == .float32)
      #expect((counts + Tensor([1, 2, 3] as [Int64])).dtype == .int64)
      #expect((counts .< weights).scalars(Bool.self) == [false, false, false])
      #expect(concatenate([counts, weights]).scalars() == [1, 2, 3, 0.5, 1, 2])
      #expect(select(Tensor([true, false, true]), counts, weights).scalars() == [1, 1, 3])
      #expect(counts.matmul(weights).item() == 8.5)
      #expect((counts * 2).dtype == .int32 && (counts * 2.5).scalars() == [2.5, 5, 7.5])
      #expect((1.5 - counts).scalars() == [0.5, -0.5, -1.5])
      #expect((weights.cast(to: .float16) * 2.5).dtype == .float16)
      #expect(counts.mean().item() == 2 && counts.mean().dtype == .float32)
      var sum = counts
      sum += 1
      #expect(sum.scalars(Int32.self) == [2, 3, 4])
      #expect(Promotion.with(.strict) { counts * 2.0 }.dtype == .int32)
    }
  }

  /// Numbers beside tensors take on their types, and keep their precision on the way.
  @Test func numbersBesideTensors() {
    Device.with(tensorAPIDevice) {
      let x = Tensor([1, 2, 3] as [Int32])
      #expect((x + 1).dtype == .int32 && maximum(x, 2).dtype == .int32 && (x .> 1).dtype == .bool)
      #expect(select(x .> 1, x, 0).dtype == .int32)
      #expect((Tensor(1, dtype: .float64) * (Double.pi / 2)).item() == Double.pi / 2)
      var y = x
      y.fill(7, at: 0)
      y.fill(0, at: x .> 2)
      #expect(y.dtype == .int32 && y.scalars(Int32.self) == [7, 2, 0])
      y[x .> 1] = Tensor(5)
      #expect(y.dtype == .int32 && y.scalars(Int32.self) == [7, 5, 5])
      #expect(x.at(1...).replaced(by: 4).scalars(Int32.self) == [1, 4, 4])
    }
  }
}
