import ApusCore
import ApusTensor
import Testing

/// Operations on axes without elements, with the shapes that NumPy gives.
@Suite struct ZeroSizeTests {
  @Test(arguments: [[0, 3], [3, 0], [0, 0]] as [Shape], [0, 1])
  func axesWithoutElementsAreSortedAndGathered(shape: Shape, axis: Int) {
    let x = Tensor.zeros(shape)
    let places = Tensor.zeros(shape, dtype: .int32)
    #expect(x.sorted(axis: axis).evaluated().shape == shape)
    #expect(x.argSort(axis: axis).evaluated().shape == shape)
    #expect(x.topK(0, axis: axis).values.evaluated().shape[axis] == 0)
    #expect(x.takeAlong(places, axis: axis).evaluated().shape == shape)
    #expect(grad { $0.sorted(axis: axis).squared().sum() }(x).evaluated().shape == shape)
    #expect(grad { $0.takeAlong(places, axis: axis).squared().sum() }(x).evaluated().shape == shape)
    #expect(jvp(at: x, tangent: x) { $0.sorted(axis: axis) }.tangent.evaluated().shape == shape)
    var taken = shape
    taken[axis] = 0
    let nothing = Tensor.zeros([0], dtype: .int32)
    #expect(x.take(nothing, axis: axis).evaluated().shape == taken)
    #expect(grad { $0.take(nothing, axis: axis).sum() }(x).evaluated().shape == shape)
    #expect(vmap { (row: Tensor) in row.sorted() }(x).evaluated().shape == shape)
  }

  @Test func vectorsWithoutElements() {
    let x = Tensor.zeros([0])
    for empty in [x.sorted(), x.diff(), x.cumulativeSum(), x.unique()] {
      #expect(empty.shape == [0] && empty.doubles() == [])
    }
    #expect(Tensor.zeros([2, 0]).diff().shape == [2, 0])
    #expect(Tensor([1, 4, 9] as [Float]).diff(order: 2).scalars() == [2])
    #expect(Tensor([1, 4, 9] as [Float]).diff(order: 5).doubles() == [])
    #expect(Tensor.zeros([0, 3]).median(axis: 1).doubles() == [])
    #expect(Tensor.zeros([0, 3]).quantile([0.25, 0.75], axis: 1).shape == [2, 0])
    for correction in [0, 1, 2] {
      #expect(x.standardDeviation(correction: correction).item().isNaN)
      #expect(x.variance(correction: correction).item().isNaN)
    }
    // As PyTorch: nothing is left to divide by.
    #expect(Tensor.zeros([1]).variance(correction: 2).item().isNaN)
  }

  @Test func masksAndIndicesWithoutElements() {
    let x = Tensor.zeros([2, 0, 3])
    #expect(x[TensorIndex.all, Tensor.zeros([0], dtype: .bool)].evaluated().shape == [2, 0, 3])
    #expect(x[0, Tensor.zeros([0], dtype: .int32)].evaluated().shape == [0, 3])
    let rows = vmap { (a: Tensor, i: Tensor) in a[i] }(.zeros([0, 3]), .zeros([0], dtype: .int32))
    #expect(rows.evaluated().shape == [0])
    let columns = vmap { (a: Tensor) in a[Tensor.zeros([0], dtype: .int32)] }(.zeros([2, 0]))
    #expect(columns.evaluated().shape == [2, 0])
  }
}
