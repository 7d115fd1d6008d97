import Apus
import ApusCPU
import ApusCore
import ApusRuntime
import Testing

/// A convolution with its gradients, as layers have it.
struct Layer2D: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let input: Shape
  let kernel: Shape
  var stride = 1
  var padding = 1
  var groups = 1
  var dilation = 1
  var isTransposed = false

  init(
    _ name: String, _ input: Shape, _ kernel: Shape, stride: Int = 1, padding: Int = 1, groups: Int = 1,
    dilation: Int = 1, isTransposed: Bool = false
  ) {
    testDescription = name
    (self.input, self.kernel) = (input, kernel)
    (self.stride, self.padding, self.groups) = (stride, padding, groups)
    (self.dilation, self.isTransposed) = (dilation, isTransposed)
  }

  func callAsFunction(_ x: Tensor, _ w: Tensor) -> Tensor {
    if isTransposed {
      let (strides, paddings) = ([stride, stride], [padding, padding])
      return x.transposedConvolution(
        w, stride: strides, padding: paddings, dilation: [dilation, dilation], groups: groups)
    }
    return x.conv2D(w, stride: Pair(stride), padding: .explicit(Pair(padding)), groups: groups)
  }

  /// The sum of the squared results, and its gradients.
  func results(_ inputs: [Tensor]) -> [Tensor] {
    let (_, gradients) = valueAndGradient(at: inputs) { self($0[0], $0[1]).squared().sum() }
    return [self(inputs[0], inputs[1])] + gradients
  }

  static let all = [
    Layer2D("by tiles", [4, 30, 31, 40], [3, 3, 40, 48]),
    Layer2D("by panels", [2, 14, 14, 260], [3, 3, 260, 272]),
    Layer2D("of one tile", [1, 4, 4, 64], [3, 3, 64, 64]),
    Layer2D("in many chunks", [16, 32, 32, 32], [3, 3, 32, 32]),
    Layer2D("5×5", [4, 27, 27, 40], [5, 5, 40, 48], padding: 2),
    Layer2D("strided", [2, 28, 28, 32], [3, 3, 32, 64], stride: 2),
    Layer2D("1×1, strided", [2, 28, 28, 32], [1, 1, 32, 64], stride: 2, padding: 0),
    Layer2D("11×11", [2, 63, 63, 3], [11, 11, 3, 32], stride: 4, padding: 2),
    Layer2D("in groups", [2, 20, 20, 64], [3, 3, 16, 64], groups: 4),
    Layer2D("in narrow groups", [2, 20, 20, 36], [3, 3, 3, 48], groups: 12),
    Layer2D("depthwise", [4, 28, 28, 70], [3, 3, 1, 70], groups: 70),
    Layer2D("depthwise, strided", [4, 28, 28, 70], [3, 3, 1, 70], stride: 2, groups: 70),
    Layer2D("transposed, 4×4", [4, 7, 7, 40], [4, 4, 40, 24], stride: 2, isTransposed: true),
    Layer2D("transposed to one channel", [4, 14, 14, 40], [4, 4, 40, 1], stride: 2, isTransposed: true),
    Layer2D("transposed, cut", [2, 9, 8, 16], [3, 3, 16, 20], stride: 3, padding: 3, isTransposed: true),
    Layer2D(
      "transposed, dilated", [2, 9, 8, 16], [3, 3, 16, 20], stride: 2, padding: 0, dilation: 3, isTransposed: true),
  ]
}

/// What convolutions of the sizes of layers become.
@Suite struct ConvolutionTests {
  @Test(arguments: Layer2D.all) func bitsDoNotDependOnThreads(_ layer: Layer2D) {
    var key = RandomKey(3)
    let inputs = [
      Tensor.normal(layer.input, key: &key).evaluated(), Tensor.normal(layer.kernel, key: &key).evaluated(),
    ]
    let bits = onThreadCounts { layer.results(inputs).map { $0.scalars().map(\.bitPattern) } }
    for other in bits.dropFirst() {
      for (place, name) in ["result", "gradient of the data", "gradient of the kernel"].enumerated() {
        #expect(bits[0][place] == other[place], "\(name)")
      }
    }
  }

  @Test(arguments: Layer2D.all) func gradientsHaveKernelsOfTheirOwn(_ layer: Layer2D) throws {
    let parameters = [layer.input, layer.kernel].map { Node.build(.parameter(TensorType($0, .float32))) }
    let results = layer.results(parameters.map(Tensor.init)).map(\.node)
    let (graph, _) = Graph.capture(results, parameters: parameters)
    let plan = try #require(try CPUBackend().compile(graph, donations: []) as? Plan)
    #expect(plan.stepLabels.filter { $0 == "convolution" }.count == 2)
    #expect(plan.stepLabels.filter { $0 == "convolution weight gradient" }.count == 1)
    #expect(!plan.stepLabels.contains("convolution (general)"))
  }

  /// Double precision is computed by the plain loops that take any layout.
  @Test(arguments: Layer2D.all) func valuesAreThoseOfThePlainLoops(_ layer: Layer2D) {
    var key = RandomKey(4)
    let inputs = [layer.input, layer.kernel].map { Tensor.normal($0, key: &key).evaluated() }
    let exact = layer.results(inputs.map { $0.cast(to: .float64) })
    for (single, double) in zip(layer.results(inputs), exact) {
      let (values, expected) = (single.scalars().map(Double.init), double.scalars(Double.self))
      let scale = expected.reduce(0) { max($0, $1.magnitude) }
      #expect(zip(values, expected).allSatisfy { abs($0 - $1) < 2e-5 * scale })
    }
  }
}
