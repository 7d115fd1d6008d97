import ApusCPU
import ApusTensor
import Testing

/// Convolutions as a user calls them, against PyTorch 2.15.
@Suite struct ConvolutionAPITests {
  /// sin or cos of 0, 1, 2, … in PyTorch's layout, channels first.
  private func waves(_ shape: Shape, isSine: Bool) -> Tensor {
    let places = Tensor.range(shape.elementCount, dtype: .float32)
    return (isSine ? places.sin() : places.cos()).reshaped(to: shape)
  }

  private func isClose(_ tensor: Tensor, _ first: [Float], squares: Double) -> Bool {
    let values = tensor.scalars(Float.self)
    let sum = values.reduce(0) { $0 + Double($1) * Double($1) }
    return zip(values, first).allSatisfy { abs($0 - $1) < 2e-5 } && abs(sum - squares) < 1e-4 * squares
  }

  @Test func sequences() {
    let x = waves([2, 4, 7], isSine: true).transposed([0, 2, 1])
    let w = waves([6, 2, 3], isSine: false).transposed([2, 1, 0])
    let y = x.conv1D(w, stride: 2, padding: 2, dilation: 2, groups: 2)
    #expect(y.shape == [2, 4, 6])
    #expect(
      isClose(y, [-0.69093394, -0.68173766, -0.6182346, 0.4762012, 0.6232945, 0.7207365], squares: 14.0280122756958))
  }

  @Test func volumes() {
    let x = waves([2, 3, 3, 4, 5], isSine: true).transposed([0, 2, 3, 4, 1])
    let w = waves([4, 3, 2, 2, 2], isSine: false).transposed([2, 3, 4, 1, 0])
    let y = x.conv3D(w, stride: [1, 2, 1], padding: [1, 0, 1])
    #expect(y.shape == [2, 4, 2, 6, 4])
    #expect(isClose(y, [-1.6174374, 0.026319643, 1.639766, 1.3647889, -1.7633334, 0.09314719], squares: 1271.59375))
  }

  /// A transposed convolution with stride 2 and padding 1 is one of the spread input with the kernel reversed.
  @Test func transposedConvolution() {
    let x = waves([1, 2, 3, 3], isSine: true).transposed([0, 2, 3, 1])
    let w = waves([2, 3, 3, 3], isSine: false).transposed([2, 3, 0, 1])
    let y = x.convolution(w, padding: [(1, 1), (1, 1)], inputDilation: [2, 2], reversesKernel: true)
    #expect(y.shape == [1, 5, 5, 3])
    #expect(
      isClose(
        y, [0.37698224, -0.27485752, 0.123879746, -0.57316715, 0.15811843, 0.28503418], squares: 40.00592041015625))
  }

  @Test func mistakesNameTheShapes() {
    let x = Tensor.zeros([1, 5, 2])
    let wrongRank = #expect(throws: OpError.self) { try checked { x.conv1D(.zeros([2, 2])) } }
    #expect(
      wrongRank?.description
        == "conv1D: input [1, 5, 2] and kernel [2, 2], expected [batch, time, channels] and [size, channels / groups, outputs]"
    )
    let wrongCount = #expect(throws: OpError.self) {
      try checked { x.convolution(.zeros([2, 2, 3]), stride: [1, 1]) }
    }
    #expect(wrongCount?.description == "convolution: 2 values of stride for 1 spatial axes of [1, 5, 2]")
  }
}
