import ApusCore
import ApusTensor

/// Convolutions of one to three spatial axes with every attribute.
let convolutionCases: [Case] = plainCases + attributeCases + layoutCases + imageCases + transformedCases

private let covers = Coverage(.convolution)

private func convolve(
  _ name: String, _ input: Shape, _ kernel: Shape, stride: [Int]? = nil, low: [Int]? = nil, high: [Int]? = nil,
  spread: [Int]? = nil, dilation: [Int]? = nil, reversed: [Bool]? = nil, groups: Int = 1, batchGroups: Int = 1,
  isDifferentiable: Bool = true, range: ClosedRange<Double> = -2...2
) -> Case {
  let window = Window(
    size: Array(kernel.dropLast(2)), stride: stride, padLow: low, padHigh: high, baseDilation: spread,
    dilation: dilation)
  var dimensions = ConvolutionDimensions(channelsLast: window, groups: groups)
  dimensions.batchGroups = batchGroups
  if let reversed { dimensions.reversed = reversed }
  return Case(
    "convolution \(name)", covers, [.spread(input, range), .spread(kernel, range)], tolerance: 16,
    isDifferentiable: isDifferentiable
  ) { [dimensions] in .apply(.convolution(dimensions), $0[0], $0[1]) }
}

private let plainCases: [Case] = [
  convolve("1-D", [2, 9, 3], [3, 3, 4]), convolve("2-D", [2, 6, 5, 3], [3, 2, 3, 4]),
  convolve("3-D", [1, 4, 5, 4, 2], [2, 3, 2, 2, 3]), convolve("0-D", [3, 4], [4, 5]),
  convolve("1×1", [2, 4, 3, 5], [1, 1, 5, 6]), convolve("1×1 strided", [2, 5, 5, 2], [1, 1, 2, 3], stride: [2, 2]),
  convolve("of the whole", [2, 4, 4, 2], [4, 4, 2, 3]), convolve("of one channel", [1, 6, 6, 1], [3, 3, 1, 1]),
  convolve("5×5 of one channel", [2, 9, 9, 1], [5, 5, 1, 6]),
  convolve("of no batch", [0, 4, 4, 2], [3, 3, 2, 2], isDifferentiable: false),
  convolve("of no channels", [1, 4, 4, 0], [3, 3, 0, 2], isDifferentiable: false),
  convolve("with many outputs", [2, 8, 8, 5], [3, 3, 5, 37], isDifferentiable: false),
  convolve("with many channels", [1, 7, 7, 35], [3, 3, 35, 9], low: [1, 1], high: [1, 1], isDifferentiable: false),
]

private let attributeCases: [Case] = [
  convolve("strided", [2, 7, 8, 2], [3, 3, 2, 3], stride: [2, 3]),
  convolve("strided with a rest", [1, 8, 8, 2], [3, 3, 2, 3], stride: [2, 2]),
  convolve("stride past the kernel", [1, 9, 9, 2], [2, 2, 2, 2], stride: [3, 4]),
  convolve("padded", [2, 5, 5, 2], [3, 3, 2, 3], low: [1, 1], high: [1, 1]),
  convolve("padded unevenly", [1, 5, 6, 2], [3, 2, 2, 2], low: [2, 0], high: [0, 3]),
  convolve("padded past the kernel", [1, 3, 3, 1], [2, 2, 1, 2], low: [3, 2], high: [2, 4]),
  convolve("cropped", [1, 8, 7, 2], [3, 2, 2, 2], low: [-1, -2], high: [-2, 0]),
  convolve("cropped and padded, strided", [1, 9, 7, 1], [3, 3, 1, 2], stride: [2, 2], low: [-1, 2], high: [3, -1]),
  convolve("dilated", [1, 9, 8, 2], [3, 2, 2, 2], dilation: [2, 3]),
  convolve(
    "dilated, strided, padded", [1, 9, 9, 2], [3, 3, 2, 2], stride: [2, 1], low: [2, 1], high: [1, 2], dilation: [2, 2]),
  convolve("of a spread base", [1, 4, 5, 2], [3, 3, 2, 2], low: [2, 2], high: [2, 2], spread: [2, 3]),
  convolve(
    "of a spread base, strided and dilated", [1, 5, 4, 1], [2, 3, 1, 2], stride: [3, 2], low: [1, 0], high: [2, 3],
    spread: [2, 3], dilation: [3, 2]),
  convolve("reversed", [1, 6, 5, 2], [3, 2, 2, 2], reversed: [true, true]),
  convolve(
    "half reversed, padded", [1, 6, 5, 2], [3, 2, 2, 2], low: [1, 0], high: [0, 1], reversed: [true, false]),
  convolve("in groups", [2, 5, 5, 6], [3, 3, 2, 9], groups: 3),
  convolve(
    "in groups, strided and padded", [1, 7, 6, 4], [3, 3, 2, 6], stride: [2, 2], low: [1, 1], high: [1, 1], groups: 2),
  convolve("depthwise", [2, 6, 6, 5], [3, 3, 1, 5], groups: 5),
  convolve("depthwise with a multiplier", [1, 6, 6, 3], [3, 3, 1, 6], groups: 3),
  convolve("in batch groups", [4, 5, 5, 3], [3, 3, 3, 6], batchGroups: 2),
  convolve(
    "in batch groups, strided", [6, 6, 7, 2], [3, 2, 2, 3], stride: [2, 2], low: [1, 0], high: [0, 1], batchGroups: 3),
  convolve("1-D dilated in groups", [2, 12, 4], [3, 2, 4], low: [4], high: [0], dilation: [2], groups: 2),
  convolve(
    "3-D strided, padded", [1, 5, 4, 6, 2], [3, 2, 3, 2, 2], stride: [2, 1, 2], low: [1, 0, 1], high: [1, 1, 0]),
]

/// Other orders of the axes than channels-last, as gradients and other frameworks have them.
private let layoutCases: [Case] = [
  Case("convolution channels first", covers, [.spread([2, 3, 6, 5]), .spread([4, 3, 3, 2])], tolerance: 16) {
    var d = ConvolutionDimensions(channelsLast: Window(size: [3, 2], padLow: [1, 0], padHigh: [1, 0]))
    (d.inputFeature, d.inputSpatial) = (1, [2, 3])
    (d.outputFeature, d.outputSpatial) = (1, [2, 3])
    (d.kernelOutput, d.kernelInput, d.kernelSpatial) = (0, 1, [2, 3])
    return .apply(.convolution(d), $0[0], $0[1])
  },
  Case("convolution batch last", covers, [.spread([6, 5, 3, 2]), .spread([3, 4, 2, 2])], tolerance: 16) {
    var d = ConvolutionDimensions(channelsLast: Window(size: [2, 2], stride: [2, 1]))
    (d.inputBatch, d.inputFeature, d.inputSpatial) = (3, 2, [0, 1])
    (d.outputBatch, d.outputFeature, d.outputSpatial) = (2, 0, [3, 1])
    (d.kernelInput, d.kernelOutput, d.kernelSpatial) = (0, 1, [3, 2])
    return .apply(.convolution(d), $0[0], $0[1])
  },
  Case("convolution of views", covers, [.spread([2, 3, 6, 5]), .spread([3, 3, 3, 4])], tolerance: 16) {
    $0[0].transposed([0, 2, 3, 1]).reversed([1]).conv2D($0[1].reversed([0, 1]), padding: 1)
  },
]

private let imageCases: [Case] = [
  Case("conv2D same", covers, [.spread([1, 7, 6, 2]), .spread([3, 4, 2, 3])], tolerance: 16) {
    $0[0].conv2D($0[1], stride: 2, padding: .same)
  },
  Case("conv2D full", covers, [.spread([1, 4, 5, 2]), .spread([3, 2, 2, 3])], tolerance: 16) {
    $0[0].conv2D($0[1], padding: .full)
  },
  Case(
    "conv2D, bias, ReLU", covers, [.spread([2, 6, 6, 2]), .spread([3, 3, 2, 5], -0.2...0.2), .spread([5], 2...4)],
    tolerance: 16
  ) {
    ($0[0].conv2D($0[1], padding: 1) + $0[2]).relu()
  },
  Case(
    "conv2D, bias, ReLU, pool", covers, [.spread([2, 8, 8, 1]), .spread([5, 5, 1, 6]), .spread([6])], tolerance: 16,
    isDifferentiable: false
  ) {
    ($0[0].conv2D($0[1], padding: 2) + $0[2]).relu().maxPool2D(2)
  },
  Case(
    "conv2D of LeNet's size", covers, [.spread([3, 14, 14, 6]), .spread([5, 5, 6, 16])], tolerance: 16,
    isDifferentiable: false
  ) {
    $0[0].conv2D($0[1])
  },
]

/// 3 × 3 over enough channels for Winograd's transforms, with every kind of remainder. The operands are so small that
/// results are about one: the error of a sum goes with the size of what is added, not with what comes out.
private let transformedCases: [Case] = [
  transformed("", [2, 8, 8, 32], outputs: 32), transformed("of odd sizes", [1, 13, 11, 40], outputs: 24),
  transformed("of few rows", [3, 2, 9, 32], outputs: 48, pad: 1),
  transformed("without padding", [2, 9, 7, 33], outputs: 35, pad: 0),
  transformed("with wide padding", [1, 6, 6, 36], outputs: 20, pad: 3),
  transformed("cropped", [1, 12, 10, 32], outputs: 32, pad: -1),
  transformed("of a tile", [1, 4, 4, 64], outputs: 64), transformed("of tiny images", [9, 3, 3, 48], outputs: 40),
  transformed("of many channels", [1, 7, 7, 264], outputs: 270, range: -0.25...0.25),
  transformed("of many tiles", [2, 40, 40, 24], outputs: 32),
  transformed("reversed", [1, 10, 9, 32], outputs: 32, reversed: [true, true]),
  Case(
    "convolution transformed, bias, ReLU", covers,
    [.spread([2, 9, 9, 32], -0.5...0.5), .spread([3, 3, 32, 37], -0.5...0.5), .spread([37])], tolerance: 16,
    isDifferentiable: false
  ) {
    ($0[0].conv2D($0[1], padding: 1) + $0[2]).relu()
  },
  Case(
    "convolution transformed, tanh", covers,
    [.spread([2, 9, 9, 32], -0.5...0.5), .spread([3, 3, 32, 37], -0.5...0.5), .spread([37])], tolerance: 16,
    isDifferentiable: false
  ) {
    ($0[0].conv2D($0[1], padding: 1) + $0[2]).tanh()
  },
]

private func transformed(
  _ name: String, _ input: Shape, outputs: Int, pad: Int = 1, reversed: [Bool]? = nil,
  range: ClosedRange<Double> = -0.5...0.5
) -> Case {
  convolve(
    "transformed \(name)", input, [3, 3, input[3], outputs], low: [pad, pad], high: [pad, pad], reversed: reversed,
    isDifferentiable: false, range: range)
}
