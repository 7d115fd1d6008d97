import ApusCore
import ApusTensor
import Testing

@Suite struct IndexingTests {
  /// 0, 1, … in a shape.
  private func counted(_ sizes: Int...) -> Tensor {
    Tensor.range(sizes.reduce(1, *)).reshaped(to: Shape(sizes))
  }

  private func expect(
    _ x: Tensor, _ shape: Shape, _ values: [Int32], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(x.shape == shape, sourceLocation: sourceLocation)
    #expect(x.scalars(Int32.self) == values, sourceLocation: sourceLocation)
  }

  @Test func positions() {
    let x = counted(3, 4)
    expect(x[0], [4], [0, 1, 2, 3])
    expect(x[-1], [4], [8, 9, 10, 11])
    expect(x[1, 2], [], [6])
    expect(x[-3, -4], [], [0])
  }

  @Test func ranges() {
    let x = counted(3, 4)
    expect(x[1...], [2, 4], [4, 5, 6, 7, 8, 9, 10, 11])
    expect(x[..<1], [1, 4], [0, 1, 2, 3])
    expect(x[...1, 1...2], [2, 2], [1, 2, 5, 6])
    expect(x[0..<3, 3], [3], [3, 7, 11])
    expect(x[1..<1], [0, 4], [])
    expect(x[TensorIndex.all, -2], [3], [2, 6, 10])
    expect(x[TensorIndex.range(start: -2, end: -1, stride: 1)], [1, 4], [4, 5, 6, 7])
  }

  @Test func steps() {
    let x = counted(3, 5)
    expect(x[TensorIndex.every(2), TensorIndex.every(3)], [2, 2], [0, 3, 10, 13])
    expect(x[0, TensorIndex.range(start: 1, end: nil, stride: 2)], [2], [1, 3])
    expect(x[0, TensorIndex.range(start: 1, end: 4, stride: 9)], [1], [1])
  }

  /// Places at the ends of what an Int holds.
  @Test func extremes() {
    let x = counted(6)
    expect(x[...(-1)], [6], [0, 1, 2, 3, 4, 5])
    expect(x[(-3)...(-1)], [3], [3, 4, 5])
    expect(x[...(-2)], [5], [0, 1, 2, 3, 4])
    expect(x[TensorIndex.every(.max)], [1], [0])
    expect(x[TensorIndex.every(.min)], [1], [5])
    var y = x
    y.fill(9, at: TensorIndex.every(.max))
    expect(y, [6], [9, 1, 2, 3, 4, 5])
    // −2⁶³ is −2 modulo 6, and 2⁶³ − 1 is 1.
    expect(x.rolled(.min, axis: 0), [6], [2, 3, 4, 5, 0, 1])
    expect(x.rolled(.max, axis: 0), [6], [5, 0, 1, 2, 3, 4])
    expect(x.rolled(-1, axis: 0), [6], [1, 2, 3, 4, 5, 0])
    #expect(Tensor.upperTriangularMask(2, 3, offset: .max).any().item() == 0)
    #expect(Tensor.lowerTriangularMask(2, 3, offset: .max).all().item() == 1)
    #expect(Tensor.upperTriangularMask(2, 3, offset: .min).all().item() == 1)
    #expect(Tensor.zeros([1 << 31, 1 << 31, 0]).sum().item() == 0)
  }

  @Test func newAxesAndEllipsis() {
    let x = counted(2, 3)
    expect(x[TensorIndex.newAxis, 1], [1, 3], [3, 4, 5])
    expect(x[1, TensorIndex.newAxis], [1, 3], [3, 4, 5])
    expect(x[TensorIndex.ellipsis, 0], [2], [0, 3])
    expect(x[TensorIndex.ellipsis, TensorIndex.newAxis], [2, 3, 1], [0, 1, 2, 3, 4, 5])
    expect(x[TensorIndex.ellipsis], [2, 3], [0, 1, 2, 3, 4, 5])
    expect(x[0, TensorIndex.ellipsis, 1], [], [1])
    let y = counted(2, 1, 2, 2)
    expect(y[1, TensorIndex.ellipsis, 0], [1, 2], [4, 6])
    expect(y[TensorIndex.ellipsis, 1, 0], [2, 1], [2, 6])
  }

  @Test func axesAreReordered() {
    let x = counted(2, 3)
    expect(x.transposed(), [3, 2], [0, 3, 1, 4, 2, 5])
    expect(x.swapping(0, -1), [3, 2], [0, 3, 1, 4, 2, 5])
    expect(x.reversed([-1]), [2, 3], [2, 1, 0, 5, 4, 3])
    expect(x.flattened(), [6], [0, 1, 2, 3, 4, 5])
    expect(counted(2, 1, 3).flattened(from: 1), [2, 3], [0, 1, 2, 3, 4, 5])
    expect(x.reshaped(to: [-1, 2]), [3, 2], [0, 1, 2, 3, 4, 5])
    expect(x.expandingAxis(-1), [2, 3, 1], [0, 1, 2, 3, 4, 5])
    expect(counted(1, 2, 1).squeezed(), [2], [0, 1])
    expect(counted(1, 2, 1).squeezed([0]), [2, 1], [0, 1])
  }

  @Test func joining() {
    let (x, y) = (counted(2, 2), counted(1, 2))
    expect(concatenate([x, y]), [3, 2], [0, 1, 2, 3, 0, 1])
    expect(stack([y, y], axis: -1), [1, 2, 2], [0, 0, 1, 1])
    #expect(counted(4, 2).split(2, axis: 0).map { $0.scalars(Int32.self) } == [[0, 1, 2, 3], [4, 5, 6, 7]])
    expect(y.padded([(1, 0), (0, 1)], value: 9), [2, 3], [9, 9, 9, 0, 1, 9])
    expect(x.padded([(-1, 0), (0, -1)]), [1, 1], [2])
  }

  @Test func creation() {
    #expect(Tensor.eye(2).scalars() == [1, 0, 0, 1])
    #expect(Tensor.linspace(0, 1, steps: 5).scalars() == [0, 0.25, 0.5, 0.75, 1])
    #expect(Tensor([2, 0] as [Int32]).oneHot(3).scalars() == [0, 0, 1, 1, 0, 0])
    #expect(Tensor.full(7, [2], dtype: .int64).scalars(Int.self) == [7, 7])
    let literal: Tensor = [[1, 2.5], [3, 4]]
    #expect(literal.shape == [2, 2] && literal.dtype == .float32 && literal.scalars() == [1, 2.5, 3, 4])
    let flags: Tensor = [true, false]
    #expect(flags.dtype == .bool && flags.scalars(Bool.self) == [true, false])
    let empty: Tensor = []
    #expect(empty.shape == [0])
  }

  @Test func scalarsKeepTheirBits() {
    let doubles: [Double] = [.pi, -0.0, .infinity, .leastNonzeroMagnitude]
    #expect(Tensor(doubles, dtype: .float64).scalars(Double.self).map(\.bitPattern) == doubles.map(\.bitPattern))
    #expect(Tensor([Int.max, Int.min, -1]).scalars(Int64.self) == [.max, .min, -1])
    #expect(Tensor([UInt32.max, 0]).scalars(UInt32.self) == [.max, 0])
    #expect(Tensor([1, 255] as [UInt8]).bytes == [1, 255])
    #expect(Tensor(bytes: [0, 0, 128, 63], shape: [1], dtype: .float32).item() == 1)
  }
}
